"""The way of vouchers, programme beside programme, and who got none at all and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Text as SqlText
from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.rules.lifecycle import Thing
from voucher.rules.shares import shown_share
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.queries.funnel import ENDED, WAY
from voucher.stages.issue.telling import title_of

# a refusal is kept as canonical text that begins with its code; so much of it tells one code from another
HEAD = len('{"code":"')
TELLING = 60
# a 签到 voucher that is completed has come to its end, not off the way
LOST = tuple(each for each in ENDED if each != "completed")


@dataclass(frozen=True, slots=True)
class ProgrammeFunnel:
    """How many vouchers of a programme ever came to each step, and how many people got none.

    `paid_share` is what of the vouchers issued has been paid, in ten-thousandths.
    """

    programme_id: int
    programme_number: str
    programme_name: str
    state: str
    counts: dict[str, int]
    ended: int
    waiting: int
    refused: int

    @property
    def paid_share(self) -> int:
        """Return the share of vouchers issued that have been paid."""
        issued = self.counts[WAY[0]]
        return shown_share(self.counts[WAY[-1]], issued)


@dataclass(frozen=True, slots=True)
class RefusedCount:
    """One reason for which people of a programme got no voucher, and how many did not."""

    code: str
    title: str
    count: int


def list_funnels(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int = 50
) -> list[ProgrammeFunnel]:
    """Return the newest published programmes of these regions with their numbers."""
    wanted = (
        select(Programme)
        .where(Programme.region_code.in_(sorted(regions)), Programme.published_at.is_not(None))
        .order_by(Programme.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        wanted = wanted.where(Programme.id < before_id)
    programmes = session.scalars(wanted).all()
    ids = [each.id for each in programmes]
    reached = _count_reached(session, ids)
    ended = _count_ended(session, ids)
    lines = _count_lines(session, ids)
    return [
        ProgrammeFunnel(
            programme_id=each.id,
            programme_number=each.number,
            programme_name=each.name,
            state=each.state,
            counts={state: reached.get((each.id, state), 0) for state in WAY},
            ended=ended.get(each.id, 0),
            waiting=lines.get((each.id, "waiting"), 0),
            refused=lines.get((each.id, "refused"), 0),
        )
        for each in programmes
    ]


def _count_reached(session: Session, ids: Collection[int]) -> dict[tuple[int, str], int]:
    rows = session.execute(
        select(Voucher.programme_id, StateEvent.to_state, func.count(func.distinct(StateEvent.object_id)))
        .join(Voucher, Voucher.id == StateEvent.object_id)
        .where(StateEvent.thing == str(Thing.VOUCHER), Voucher.programme_id.in_(ids))
        .group_by(Voucher.programme_id, StateEvent.to_state)
    )
    return {(programme_id, state): count for programme_id, state, count in rows}


def _count_ended(session: Session, ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(
        select(Voucher.programme_id, func.count())
        .where(Voucher.programme_id.in_(ids), Voucher.state.in_(LOST))
        .group_by(Voucher.programme_id)
    )
    return dict(rows.all())


def _count_lines(session: Session, ids: Collection[int]) -> dict[tuple[int, str], int]:
    rows = session.execute(
        select(Issue.programme_id, IssueLine.outcome, func.count())
        .join(Issue, Issue.id == IssueLine.issue_id)
        .where(Issue.programme_id.in_(ids), Issue.state != "filed")
        .group_by(Issue.programme_id, IssueLine.outcome)
    )
    return {(programme_id, outcome): count for programme_id, outcome, count in rows}


def list_refusals(session: Session, programme_id: int) -> list[RefusedCount]:
    """Return why people of a programme got no voucher, the most frequent reason first."""
    head = func.substr(cast(IssueLine.refusal, SqlText), 1, TELLING)
    rows = session.execute(
        select(head, func.count())
        .select_from(IssueLine)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .where(Issue.programme_id == programme_id, Issue.state != "filed", IssueLine.outcome == "refused")
        .group_by(head)
    )
    counts: dict[str, int] = {}
    for text, count in rows:
        code = str(text)[HEAD:].partition('"')[0]
        counts[code] = counts.get(code, 0) + count
    found = [RefusedCount(code, title_of(code), count) for code, count in counts.items()]
    return sorted(found, key=lambda each: (-each.count, each.code))
