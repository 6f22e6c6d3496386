"""Whether a credential is the issuer's and a code the phone's: nobody is believed before both are asked.

    verify_credential       a key that is trusted and current, its signature, its dates
    verify_presentation     the phone's signature over this credential and beacon, and how old the code is

Nothing but declared reasons is raised, whatever bytes come in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from voucher.plumbing import signing
from voucher.rules.code_format import (
    BEACON_BYTES,
    CODE_MALFORMED,
    Algorithm,
    Credential,
    Presentation,
    Window,
    beacon_slot,
    check_window,
    credential_message,
    parse_credential,
    signed_message,
)
from voucher.rules.errors import Family, reason

SOURCE = "豫办〔2021〕29号 第16项 实名、不得转让; 【设】券凭证 TV1; S2-16d"

CREDENTIAL_KEY_UNKNOWN = reason(
    "credential_key_unknown",
    "这张券凭证的签发密钥不在可信名单中",
    "请先更新可信名单后重新扫描；仍不行的，不要办理，请向发券机关核实",
    SOURCE,
    Family.FORBIDDEN,
)
CREDENTIAL_KEY_WITHDRAWN = reason(
    "credential_key_withdrawn",
    "这张券凭证的签发密钥已停用或尚未启用",
    "请让持券人联网打开“我的券”，更新后重新出示",
    SOURCE,
    Family.FORBIDDEN,
)
CREDENTIAL_ALGORITHM = reason(
    "credential_algorithm",
    "这张券凭证的签名算法在这里不能核验",
    "请联网扫描屏幕码，或请持券人到能核验的窗口办理",
    SOURCE,
    Family.UNAVAILABLE,
)
CREDENTIAL_FORGED = reason(
    "credential_forged",
    "这张券凭证不是发券机关签发的",
    "不要办理；请留存扫描记录并向发券机关报告",
    SOURCE,
    Family.FORBIDDEN,
)
CREDENTIAL_NOT_YET = reason(
    "credential_not_yet",
    "这张券凭证还没有到可以使用的时间",
    "请持券人在有效期内出示；刚领取的，请稍候刷新",
    SOURCE,
    Family.CONFLICT,
)
CREDENTIAL_EXPIRED = reason(
    "credential_expired",
    "这张券凭证已过有效期",
    "请让持券人联网打开“我的券”，更新后重新出示",
    SOURCE,
    Family.CONFLICT,
)
CODE_FORGED = reason(
    "code_forged",
    "这个码不是持券人本人的手机出示的",
    "不要办理；请持券人用绑定的手机重新出示，换了手机的先在“我的手机”重新绑定",
    SOURCE,
    Family.FORBIDDEN,
)
BEACON_UNKNOWN = reason(
    "beacon_unknown",
    "这个码所用的时段校验数在这里查不到",
    "请持券人联网刷新后重新出示；离线扫码的，请先联网同步一次",
    SOURCE,
    Family.CONFLICT,
)
CHALLENGE_GONE = reason(
    "challenge_gone",
    "这个码不是对本机构验证码的应答，或验证码已失效",
    "请重新显示本机构的验证码，让持券人扫描后再出示",
    SOURCE,
    Family.CONFLICT,
)

Verifier = Callable[[bytes, bytes], bool]
BeaconOf = Callable[[int], bytes | None]


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key that was or is trusted; `verifies` takes message and signature, `until` may be open."""

    kid: bytes
    algorithm: Algorithm
    verifies: Verifier
    since: datetime
    until: datetime | None = None

    def is_current(self, at: datetime) -> bool:
        """Return whether the key is trusted at this moment."""
        return self.since <= at and (self.until is None or at < self.until)


Trust = Callable[[bytes], Sequence[TrustedKey]]


def check_issuer(data: bytes, trust: Trust, at: datetime) -> Credential:
    """Return a credential whose issuer's key is trusted and current and has signed it, dates not looked at.

    Four bytes of a key's name are shared by chance: every trusted key with them is tried.

    Raises Refused code_malformed, credential_key_unknown, credential_algorithm, credential_key_withdrawn,
    credential_forged.
    """
    credential, body, signature = parse_credential(data)
    named = [key for key in trust(credential.kid) if key.kid == credential.kid]
    able = [key for key in named if key.algorithm is credential.algorithm]
    if not able:
        # no key of ours makes SM2; where a device does, its verifier comes in with the trusted keys
        unable = credential.algorithm is Algorithm.SM2
        raise (CREDENTIAL_ALGORITHM if unable else CREDENTIAL_KEY_UNKNOWN).refused()
    current = [key for key in able if key.is_current(at)]
    if not current:
        raise CREDENTIAL_KEY_WITHDRAWN.refused()
    message = credential_message(body)
    if not any(key.verifies(message, signature) for key in current):
        raise CREDENTIAL_FORGED.refused()
    return credential


def check_dates(credential: Credential, at: datetime) -> None:
    """Refuse a credential before its first second and from its last one on.

    Raises Refused credential_not_yet, credential_expired.
    """
    if at < datetime.fromtimestamp(credential.not_before, UTC):
        raise CREDENTIAL_NOT_YET.refused()
    if at >= datetime.fromtimestamp(credential.expires, UTC):
        raise CREDENTIAL_EXPIRED.refused()


def verify_credential(data: bytes, trust: Trust, at: datetime) -> Credential:
    """Return the credential these bytes are, signed by a trusted, current key and inside its dates.

    Raises Refused code_malformed, credential_key_unknown, credential_algorithm, credential_key_withdrawn,
    credential_forged, credential_not_yet, credential_expired.
    """
    credential = check_issuer(data, trust, at)
    check_dates(credential, at)
    return credential


def check_holder(presentation: Presentation, credential_data: bytes, beacon_of: BeaconOf) -> None:
    """Refuse a code that the phone named in this credential has not signed over the beacon it claims.

    Raises Refused code_malformed, beacon_unknown, code_forged.
    """
    credential, _, _ = parse_credential(credential_data)
    if presentation.vid != credential.vid or presentation.credential not in (b"", credential_data):
        raise CODE_MALFORMED.refused(problem="出示码与券凭证不是同一张券")
    slot = beacon_slot(presentation)
    beacon = bytes(BEACON_BYTES) if slot is None else beacon_of(slot)
    if beacon is None:
        raise BEACON_UNKNOWN.refused()
    message = signed_message(presentation, hashlib.sha256(credential_data).digest(), beacon)
    if not _phone_key(credential.holder_key).verifies(message, presentation.signature):
        raise CODE_FORGED.refused()


# the same phone is met when it is checked, enrolled and redeemed; its root is a quarter of a verification
@lru_cache(maxsize=4096)
def _phone_key(point: bytes) -> signing.TrustedKey:
    # a phone's key has no name of its own: it is the one that stands in the credential
    return signing.TrustedKey(
        "", signing.Alg.ES256, EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    )


def check_moment(presentation: Presentation, at: datetime, window: Window, challenge: int | None) -> None:
    """Refuse a code that is not of now: by the clock, or by the number asked where one was, which needs none.

    Raises Refused challenge_gone, code_expired, phone_clock_wrong.
    """
    if presentation.challenged or challenge is not None:
        if challenge is None or presentation.challenge != challenge:
            raise CHALLENGE_GONE.refused()
        return
    check_window(presentation.shown_at, at, window)


def verify_presentation(
    presentation: Presentation,
    credential_data: bytes,
    beacon_of: BeaconOf,
    at: datetime,
    window: Window,
    challenge: int | None = None,
) -> None:
    """Refuse a code not signed by the phone of this credential, or not of now.

    The credential itself is verified apart. `challenge` is the number this verifier asked, good still.

    Raises Refused code_malformed, beacon_unknown, code_forged, challenge_gone, code_expired,
    phone_clock_wrong.
    """
    check_holder(presentation, credential_data, beacon_of)
    check_moment(presentation, at, window, challenge)
