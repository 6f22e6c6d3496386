"""Keys in a card (PKCS#11): they are made there, sign there, and never leave it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from voucher.plumbing.signing.public import SIGNATURE_BYTES, Alg, TrustedKey, from_base64url, of_public
from voucher.plumbing.signing.signers import SIGNER_KEY_MISSING, SIGNER_UNAVAILABLE

if TYPE_CHECKING:
    from pkcs11 import Session
    from pkcs11.types import SignMixin

POINT_BYTES = 65  # 04, x, y


class CardSigner:
    """One token of a card; calls take turns, because a card does one thing at a time.

    The card is opened at the first signature, and again after a fork: a child may not use what its
    parent has opened.
    """

    def __init__(self, module: Path, token: str, pin: str) -> None:
        self._module, self._token, self._pin = module, token, pin
        self._turn = Lock()
        self._process = 0
        self._session: Session | None = None
        self._keys: dict[str, SignMixin] = {}

    def __repr__(self) -> str:
        return f"<CardSigner {self._token}>"

    def make(self, alg: Alg = Alg.ES256) -> TrustedKey:
        """Make a P-256 key in the card and return its public part. Raises Refused signer_unavailable."""
        from pkcs11 import Attribute, KeyType
        from pkcs11.exceptions import PKCS11Error
        from pkcs11.util.ec import encode_named_curve_parameters

        if alg is not Alg.ES256:
            raise SIGNER_UNAVAILABLE.refused(detail="密码设备只用于 ES256")
        with self._turn:
            try:
                curve = self._open().create_domain_parameters(
                    KeyType.EC,
                    {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
                    local=True,
                )
                public, private = curve.generate_keypair(
                    store=True,
                    private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
                )
                made = of_public(_read_point(bytes(public[Attribute.EC_POINT])))
                for half in (public, private):
                    half[Attribute.ID] = from_base64url(made.kid)
                    half[Attribute.LABEL] = made.kid
            except PKCS11Error as error:
                raise self._failed(error) from None
        return made

    def sign(self, kid: str, message: bytes) -> bytes:
        """Return the signature the card makes. Raises Refused signer_key_missing, signer_unavailable."""
        from pkcs11 import Mechanism
        from pkcs11.exceptions import PKCS11Error

        digest = hashlib.sha256(message).digest()
        with self._turn:
            try:
                signature = bytes(self._find(kid).sign(digest, mechanism=Mechanism.ECDSA))
            except PKCS11Error as error:
                raise self._failed(error) from None
        if len(signature) != SIGNATURE_BYTES:
            raise SIGNER_UNAVAILABLE.refused(detail="签名长度不对")
        return signature

    def _find(self, kid: str) -> SignMixin:
        from pkcs11 import NoSuchKey, ObjectClass

        session = self._open()
        if kid not in self._keys:
            try:
                found = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=from_base64url(kid))
            except NoSuchKey:
                raise SIGNER_KEY_MISSING.refused(kid=kid) from None
            self._keys[kid] = cast("SignMixin", found)
        return self._keys[kid]

    def _open(self) -> Session:
        import pkcs11

        if self._session is None or self._process != os.getpid():
            try:
                library = pkcs11.lib(str(self._module))
                if self._session is not None:
                    library.reinitialize()
                token = library.get_token(token_label=self._token)
                try:
                    self._session = token.open(user_pin=self._pin, rw=True)
                except pkcs11.exceptions.UserAlreadyLoggedIn:
                    # a process gives its PIN once, whichever of its sessions did so
                    self._session = token.open(rw=True)
            except (pkcs11.exceptions.PKCS11Error, RuntimeError, OSError) as error:
                raise self._failed(error) from None
            self._process = os.getpid()
            self._keys.clear()
        return self._session

    def _failed(self, error: Exception) -> Exception:
        # a card that was pulled out is opened again at the next signature
        self._session = None
        self._keys.clear()
        return SIGNER_UNAVAILABLE.refused(detail=type(error).__name__)


def _read_point(encoded: bytes) -> EllipticCurvePublicKey:
    """Return the public key of a CKA_EC_POINT: the point, as most cards have it, in an OCTET STRING."""
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), encoded[-POINT_BYTES:])
