"""The keys vouchers of a programme would take, and who has one in hand that would take the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.people import lock_people
from voucher.rules.duplicates import entitlement_key
from voucher.rules.entitlement_periods import entitlement_period
from voucher.rules.levels import Level
from voucher.rules.vocabulary import CertificateKind, SubsidyKind
from voucher.stages.issue.models import Programme

# from enrolment on the key itself is taken, and is what stands in the way
WITHOUT_KEY = ("issued", "accepted")
ANYBODY = 0


class _Keys(Mapping[int, tuple[str, ...]]):
    """The keys vouchers of a fixed trade would take, made for those people only whose keys are asked for."""

    def __init__(
        self, programme: Programme, person_ids: Sequence[int], *, kinds: Sequence[SubsidyKind], **named: Any
    ) -> None:
        self._level = Level(programme.level) if programme.level else None
        self._certificate_kind = CertificateKind(programme.certificate_kind)
        self._people, self._kinds, self._named = frozenset(person_ids), kinds, named

    def __getitem__(self, person_id: int) -> tuple[str, ...]:
        if person_id not in self._people:
            raise KeyError(person_id)
        return tuple(
            entitlement_key(
                kind, person_id, certificate_kind=self._certificate_kind, level=self._level, **self._named
            )
            for kind in self._kinds
        )

    def __iter__(self) -> Iterator[int]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)


def keys_of(
    session: Session, programme: Programme, person_ids: Sequence[int]
) -> Mapping[int, tuple[str, ...]]:
    """Return the keys vouchers of a fixed trade would take; where the holder chooses there are none yet."""
    if programme.trade_code is None or programme.cap_fen == 0:
        return {}
    kind = CertificateKind(programme.certificate_kind)
    if entitlement_period(kind, programme.training_kind, programme.from_on) is not None:
        # what is had once a period takes its key with the class, whose end says which
        return {}
    caps_fen = {
        SubsidyKind.TRAINING: programme.training_cap_fen,
        SubsidyKind.EVALUATION: programme.evaluation_cap_fen,
    }
    item = session.get(catalogue.SpecialItem, programme.trade_code)
    return _Keys(
        programme,
        person_ids,
        kinds=[subsidy for subsidy, cap_fen in caps_fen.items() if cap_fen],
        occupation_code=programme.trade_code if item is None else None,
        item_code=programme.trade_code if item is not None else None,
        project_code=session.get_one(catalogue.Project, programme.project_id).code,
        aliases=catalogue.read_aliases(session),
    )


def lock_takers(work: Work, programme: Programme, person_ids: Sequence[int]) -> None:
    """Lock the people of a fixed trade until the act ends, before `find_alike` asks what they hold.

    Two programmes that issue to one person at the same moment hold different programmes: only the person
    is common to both.
    """
    if keys_of(work.session, programme, [ANYBODY]):
        lock_people(work, person_ids)


def find_alike(
    session: Session, programme: Programme, person_ids: Sequence[int], keys: Mapping[int, tuple[str, ...]]
) -> dict[int, str]:
    """Return, by person, the number of a voucher of another programme that would take one of the same keys.

    `keys` are those of the programme asked about; where the holder chooses the trade there are none.
    """
    if not keys:
        return {}
    rows = session.execute(
        select(Voucher, Programme)
        .join(Programme, Programme.id == Voucher.programme_id)
        .where(
            among(session, Voucher.holder_person_id, person_ids),
            Voucher.state.in_(WITHOUT_KEY),
            Programme.id != programme.id,
            Programme.trade_code.is_not(None),
        )
        .order_by(Voucher.id.desc())
    )
    own = set(keys_of(session, programme, [ANYBODY])[ANYBODY])
    alike: dict[int, bool] = {}
    held: dict[int, str] = {}
    for voucher, other in rows:
        if other.id not in alike:
            theirs = keys_of(session, other, [ANYBODY])
            alike[other.id] = bool(theirs) and not own.isdisjoint(theirs[ANYBODY])
        if alike[other.id]:
            held[voucher.holder_person_id] = voucher.number
    return held
