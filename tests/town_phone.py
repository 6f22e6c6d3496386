"""A phone for the stories: a key that never leaves it, a counter, a beacon, and the codes it shows."""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import town_issue
from tests.scene import Scene
from voucher.ledger.credentials.beacons import beacon_of, slot_of
from voucher.ledger.credentials.keys import ensure_keys
from voucher.plumbing.secrets import Keyring
from voucher.rules.code_format import (
    Kind,
    Presentation,
    encode_presentation,
    parse_credential,
    signed_message,
)
from voucher.rules.presenting import binding_message
from voucher.stages.issue.devices import NewDevice, bind_device
from voucher.stages.issue.signing import fetch_credentials

Person = tuple[str, str]


_ECDSA = ECDSA(hashes.SHA256())


def sign(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Return r‖s over a message."""
    r, s = decode_dss_signature(key.sign(message, _ECDSA))
    return r.to_bytes(32) + s.to_bytes(32)


class Timed(Protocol):
    """Where a phone lives: a moment, and the keys its beacons come from."""

    at: datetime
    keyring: Keyring


@dataclass
class Screen:
    """What one phone can show; `skew` is how many seconds its clock is ahead."""

    world: Timed
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    device_id: int = 0
    counter: int = 0
    skew: int = 0
    online: bool = True
    held: dict[int, bytes] = field(default_factory=dict)

    @property
    def public(self) -> bytes:
        """Return the public key as it is bound."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def prove(self, beacon: bytes, holder_id: int) -> bytes:
        """Return what shows that the key is in this phone."""
        return sign(self.key, binding_message(beacon, holder_id, self.public))

    def copied(self) -> Self:
        """Return a second phone with everything of this one, its key included: a copied profile."""
        return copy(self)

    def present(self, voucher_id: int, kind: Kind = Kind.S, *, challenge: int = 0) -> Presentation:
        """Return a new code, its number counted up before anybody sees it."""
        self.counter += 1
        shown_at = int(self.world.at.timestamp()) + self.skew
        content = self.held[voucher_id]
        age = shown_at // 900 - slot_of(self.world.at) if self.online else 15
        age = age if 0 <= age < 15 else 15
        plain = Presentation(
            kind=kind,
            beacon_age=age,
            pin_entered=False,
            challenged=challenge != 0,
            shown_at=shown_at,
            counter=self.counter,
            challenge=challenge,
            vid=parse_credential(content)[0].vid,
            credential=content if kind is Kind.F else b"",
            signature=bytes(64),
        )
        beacon = bytes(16) if age == 15 else beacon_of(self.world.keyring, slot_of(self.world.at))
        message = signed_message(plain, hashlib.sha256(content).digest(), beacon)
        return replace(plain, signature=sign(self.key, message))

    def show(self, voucher_id: int, kind: Kind = Kind.S, *, challenge: int = 0) -> str:
        """Return the digits on the screen now."""
        return encode_presentation(self.present(voucher_id, kind, challenge=challenge))


@dataclass
class Phone(Screen):
    """A phone of one person of a scene, past the doors."""

    person: Person = ("", "")

    @property
    def scene(self) -> Scene:
        """Return the scene it lives in."""
        assert isinstance(self.world, Scene)
        return self.world

    @property
    def login(self) -> str:
        """Return the login of its holder."""
        return town_issue.worker(self.scene, self.person)

    def wanted(self, *, replaces: bool = False) -> NewDevice:
        """Return what binds this phone now."""
        beacon = beacon_of(self.world.keyring, slot_of(self.world.at))
        proof = self.prove(beacon, self.scene.actor(self.login).person_id)
        return NewDevice(self.public, proof, "我的手机", replaces)

    def bind(self, *, replaces: bool = False) -> Self:
        """Bind this phone to its holder and fetch what is signed into it."""
        wanted = self.wanted(replaces=replaces)
        self.device_id = self.scene.do(self.login, lambda work: bind_device(work, wanted)).id
        return self.fetch()

    def fetch(self) -> Self:
        """Fetch everything signed into this phone."""
        held = self.scene.do(self.login, lambda work: fetch_credentials(work, self.device_id))
        self.held = {each.credential.voucher_id: each.content for each in held}
        return self


def phone(scene: Scene, person: Person) -> Phone:
    """Return a person's phone, bound."""
    scene.do("operator", ensure_keys)
    return Phone(scene, person=person).bind()
