"""Flags as supervisors and the flagged institution read them; the precision of every rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import get_parameter
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import Thing
from voucher.rules.risk.catalogue import RULES, THRESHOLDS
from voucher.rules.risk.findings import RiskRule
from voucher.rules.shares import shown_share
from voucher.stages.oversee.risk.coverage import Coverage, read_coverage
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagRow, RiskRun
from voucher.stages.oversee.risk.reading import HANDLERS, RISK_FLAG_MISSING
from voucher.stages.oversee.risk.reading import LIVE as LIVE

STEP = 10**12
WATCHERS = (*HANDLERS, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one rule stands: flags open and concluded, thresholds of the day, which data it has since when."""

    rule: RiskRule
    open_count: int
    upheld: int
    dismissed: int
    thresholds: Mapping[str, int]
    coverage: Coverage

    @property
    def precision_bp(self) -> int | None:
        """Return how many of the concluded flags were upheld, in basis points; None of none."""
        concluded = self.upheld + self.dismissed
        return shown_share(self.upheld, concluded) if concluded else None


def list_flags(
    session: Session,
    regions: Collection[str],
    *,
    states: Collection[str] = LIVE,
    rule: str | None = None,
    institution_id: int | None = None,
    assigned_to: int | None = None,
    before: int | None = None,
    limit: int,
) -> list[RiskFlag]:
    """Return the flags of regions, most points first; `before` is the place of the last one shown."""
    query = select(RiskFlag).where(RiskFlag.region_code.in_(sorted(regions)), RiskFlag.state.in_(states))
    if rule is not None:
        query = query.where(RiskFlag.rule == rule)
    if institution_id is not None:
        query = query.where(RiskFlag.institution_id == institution_id)
    if assigned_to is not None:
        query = query.where(RiskFlag.assigned_to_person_id == assigned_to)
    if before:
        query = query.where(RiskFlag.score * STEP + RiskFlag.id < before)
    return list(session.scalars(query.order_by(RiskFlag.score.desc(), RiskFlag.id.desc()).limit(limit)))


def count_open(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many flags of regions wait for a conclusion, and since when the oldest does."""
    count, oldest = session.execute(
        select(func.count(), func.min(RiskFlag.raised_at)).where(
            RiskFlag.region_code.in_(sorted(regions)), RiskFlag.state.in_(LIVE)
        )
    ).one()
    return int(count), oldest


def place_of(flag: RiskFlag) -> int:
    """Return the place of a flag in the queue, to go on from."""
    return flag.score * STEP + flag.id


def count_states(session: Session, regions: Collection[str]) -> dict[str, int]:
    """Return how many flags of regions stand in each state."""
    rows = session.execute(
        select(RiskFlag.state, func.count())
        .where(RiskFlag.region_code.in_(sorted(regions)))
        .group_by(RiskFlag.state)
    )
    return dict(rows.all())


def look_at_flag(work: Work, flag_id: int) -> tuple[RiskFlag, list[RiskFlagRow]]:
    """Return a flag and the rows behind it, and leave a trace of the look: they speak of people.

    Raises Refused role_missing, risk_flag_missing (also for a foreign one).
    """
    check_role(work.actor, *WATCHERS)
    flag = work.session.get(RiskFlag, flag_id)
    if flag is None or flag.region_code not in work.actor.regions_as(*WATCHERS):
        raise RISK_FLAG_MISSING.refused()
    rows = work.session.scalars(
        select(RiskFlagRow).where(RiskFlagRow.flag_id == flag_id).order_by(RiskFlagRow.position)
    ).all()
    audit.record_one(work, str(Thing.RISK_FLAG), flag_id, "look", rows=len(rows))
    return flag, list(rows)


def list_asked(
    session: Session, houses: Collection[int], *, before_id: int | None = None, limit: int
) -> list[RiskFlag]:
    """Return the flags institutions were asked about, newest first; of the others they know nothing."""
    query = select(RiskFlag).where(
        RiskFlag.institution_id.in_(sorted(houses)), RiskFlag.asked_at.is_not(None)
    )
    if before_id:
        query = query.where(RiskFlag.id < before_id)
    return list(session.scalars(query.order_by(RiskFlag.id.desc()).limit(limit)))


def list_standings(
    session: Session, regions: Collection[str], thresholds: Mapping[str, int]
) -> list[Standing]:
    """Return how every rule stands in regions, and which data it has."""
    rows = session.execute(
        select(
            RiskFlag.rule,
            func.sum(case((RiskFlag.state.in_(LIVE), 1), else_=0)),
            func.sum(case((RiskFlag.state == "upheld", 1), else_=0)),
            func.sum(case((RiskFlag.state == "dismissed", 1), else_=0)),
        )
        .where(RiskFlag.region_code.in_(sorted(regions)))
        .group_by(RiskFlag.rule)
    )
    counted = {rule: (int(live), int(upheld), int(dismissed)) for rule, live, upheld, dismissed in rows}
    covered = read_coverage(session, regions)
    return [
        Standing(
            each, *counted.get(each.code, (0, 0, 0)), {name: thresholds[name] for name in each.thresholds},
            covered[each.code],
        )
        for each in RULES
    ]  # fmt: skip


def read_meanings(session: Session, on: date) -> dict[str, tuple[str, str]]:
    """Return unit and meaning of every threshold, as its dated row says them. Raises parameter_missing."""
    rows = {name: get_parameter(session, name, on, ["*"]) for name in THRESHOLDS}
    return {name: (each.unit, _meaning_of(each.source)) for name, each in rows.items()}


def _meaning_of(source: str) -> str:
    """Return what follows the number of the rule in the source of a threshold."""
    return (source.partition("：")[2] or source).partition(" ")[2]


def find_last_run(session: Session) -> RiskRun | None:
    """Return the newest run of the rules."""
    return session.scalars(select(RiskRun).order_by(RiskRun.ran_on.desc()).limit(1)).first()
