"""Revoking several certificates at once: what falls with them, and that it is still what was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第16项 无证无价; S2-16f; S2-04p; AC-I1; 【设】批量撤销由两人办理"
SINCE = date(2021, 10, 28)

REVOCATION_STALE = reason(
    "revocation_stale",
    "提出以后情况有变：当时牵连 {shown}，现在牵连 {now}",
    "请重新查看现在的后果；仍要撤销的，作废这次提出，按现在的情况重新提出",
    SOURCE,
    Family.CONFLICT,
)
REVOCATION_UNSEEN = reason(
    "revocation_unseen",
    "确认的不是页面上列出的后果",
    "请重新查看现在的后果再确认",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Fallen:
    """One thing that stands on a certificate: a voucher, a claim or a payment, how it stands, its fen.

    `step` is how often it has moved: back in the same state it is not the same as before.
    """

    thing: str
    object_id: int
    state: str
    step: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a certificate stands: whose it is, its number and state, and how often it has moved."""

    holder_id: int
    number: str
    state: str
    step: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """What revoking comes to, in people and fen; `digest` is over every single thing it counts."""

    certificates: int
    people: int
    vouchers: int
    claims_unpaid: int
    unpaid_fen: int
    claims_under_way: int
    under_way_fen: int
    claims_paid: int
    paid_fen: int
    digest: str

    def as_json(self) -> dict[str, object]:
        """Return them as they are kept beside what was asked."""
        return asdict(self)


UNDER_WAY, PAID = frozenset({"paying"}), frozenset({"paid"})


@rule(number="REV-01", stage="持证", source=SOURCE, since=SINCE)
def add_up_consequences(certificates: Mapping[int, Standing], fallen: Iterable[Fallen]) -> Consequences:
    """Return what falls with certificates, each given by its id with how it stands.

    An unpaid claim is never paid, one at the bank waits for its answer, a paid one becomes a receivable.
    """
    things = sorted(fallen, key=lambda each: (each.thing, each.object_id))
    claims = [each for each in things if each.thing == "claim"]
    under_way = [each.amount_fen for each in claims if each.state in UNDER_WAY]
    paid = [each.amount_fen for each in claims if each.state in PAID]
    unpaid = [each.amount_fen for each in claims if each.state not in UNDER_WAY | PAID]
    told = [
        [[key, *astuple(certificates[key])] for key in sorted(certificates)],
        [list(astuple(each)) for each in things],
    ]
    return Consequences(
        certificates=len(certificates),
        people=len({each.holder_id for each in certificates.values()}),
        vouchers=sum(each.thing == "voucher" for each in things),
        claims_unpaid=len(unpaid),
        unpaid_fen=sum(unpaid),
        claims_under_way=len(under_way),
        under_way_fen=sum(under_way),
        claims_paid=len(paid),
        paid_fen=sum(paid),
        digest=hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest(),
    )


@rule(number="REV-02", stage="持证", source=SOURCE, since=SINCE)
def say_consequences(found: Consequences) -> str:
    """Return in one line what falls: certificates, people, vouchers, and the money by how far it is."""
    return (
        f"{found.certificates} 本证书、{found.people} 人、{found.vouchers} 张券；"
        f"未付 {found.claims_unpaid} 笔 {format_yuan(found.unpaid_fen)} 元，"
        f"在途 {found.claims_under_way} 笔 {format_yuan(found.under_way_fen)} 元，"
        f"已付应追回 {found.claims_paid} 笔 {format_yuan(found.paid_fen)} 元"
    )


@rule(number="REV-04", stage="持证", source=SOURCE, since=date(2026, 11, 22))
def check_as_seen(now: Consequences, seen: str) -> None:
    """Check that who revokes a certificate has seen what falls with it now. Raises revocation_unseen."""
    if seen != now.digest:
        raise REVOCATION_UNSEEN.refused()


@rule(number="REV-03", stage="持证", source=SOURCE, since=SINCE)
def check_as_shown(shown: Consequences, now: Consequences, seen: str) -> None:
    """Check that what is confirmed is what was shown to both people, to the last claim and its state.

    Raises revocation_stale, revocation_unseen.
    """
    if shown.digest != now.digest:
        raise REVOCATION_STALE.refused(shown=say_consequences(shown), now=say_consequences(now))
    if seen != shown.digest:
        raise REVOCATION_UNSEEN.refused()
