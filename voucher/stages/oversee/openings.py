"""Openings (打开记录): who of the staff opened the page of a voucher, person, claim or batch, and when.

One row per hand, page and day, of its first opening: what was masked is told apart from what was not, and is
kept for a time only. R23 measures how long a claim was open before it was signed, R28 asks whether a look
belonged to what its hand had to do; whose page it was sees it among the looks at them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import column, delete, func, select, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.types import Flag, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Actor
from voucher.rules.lifecycle import Thing, live_states
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.models_openings import PageOpening
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagRow

PERSON = "person"
# tables of other stages as they are read here
CLAIMS = table(
    "claim",
    column("id", Int64),
    column("person_id", Int64),
    column("region_code", Text),
    column("state", Text),
)
CALLS = table(
    "phone_draw_entry",
    column("id", Int64),
    column("voucher_id", Int64),
    column("is_drawn", Flag),
    column("concluded_at", UtcTime),
)
SEATS = table("enrolment", column("class_id", Int64), column("person_id", Int64))
CLASSES = table(
    "training_class", column("id", Int64), column("institution_id", Int64), column("region_code", Text)
)
INSPECTIONS = table(
    "inspection", column("id", Int64), column("class_id", Int64), column("closed_at", UtcTime)
)
# what was opened, in words of who reads the list
OPENED_NAMES: dict[str, str] = {
    PERSON: "人员",
    str(Thing.VOUCHER): "培训券",
    str(Thing.CLAIM): "申领",
    str(Thing.BATCH): "结算批次",
}
# a paid claim is done with, though it may still be recovered
DONE = frozenset({"paid"})
# what made the opening part of a duty, by the state of the house at that moment
MATTER_NAMES: dict[str, str] = {
    "claim": "有申领在办",
    "hold": "有待处置事项",
    "call": "电话抽查没有办结",
    "flag": "分给本人的风险线索",
    "complaint": "有投诉、申诉在办",
    "inspection": "所在班级有检查没有办结",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening as it is listed: who, when, what, and which matter was open there."""

    id: int
    at: datetime
    user_id: int
    user_name: str
    thing: str
    object_id: int
    matter: str | None


def was_opened(session: Session, actor: Actor, thing: str, object_id: int, on: date) -> bool:
    """Return whether this hand opened a page earlier that day."""
    query = select(PageOpening.id).where(
        PageOpening.opened_by_person_id == actor.person_id,
        PageOpening.thing == thing,
        PageOpening.object_id == object_id,
        PageOpening.opened_on == on,
    )
    return session.scalars(query).first() is not None


def note_opening(work: Work, thing: str, object_id: int, holder_person_id: int | None) -> None:
    """Write down that a page was opened, once a day; two openings at one time leave one row."""
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    told = {
        "thing": thing,
        "object_id": object_id,
        "holder_person_id": holder_person_id,
        "opened_by_person_id": work.actor.person_id,
        "opened_by_user_id": work.actor.user_id,
        "matter": _find_matter(work.session, work.actor, holder_person_id),
        "opened_on": work.today,
        "opened_at": work.at,
    }
    work.session.execute(build(PageOpening).on_conflict_do_nothing(), told)


def _find_matter(session: Session, actor: Actor, person_id: int | None) -> str | None:
    """Return what about a person is waiting in the actor's regions, or with the actor, at this moment."""
    if person_id is None:
        return None
    claims = select(CLAIMS.c.id).where(
        CLAIMS.c.person_id == person_id,
        CLAIMS.c.region_code.in_(sorted(actor.regions)),
        CLAIMS.c.state.in_(sorted(live_states(Thing.CLAIM) - DONE)),
    )
    vouchers = select(Voucher.id).where(
        Voucher.holder_person_id == person_id, Voucher.region_code.in_(sorted(actor.regions))
    )
    holds = select(Hold.id).where(
        Hold.thing == str(Thing.VOUCHER), Hold.object_id.in_(vouchers), Hold.closed_at.is_(None)
    )
    calls = select(CALLS.c.id).where(
        CALLS.c.voucher_id.in_(vouchers),
        CALLS.c.is_drawn.in_((True,)),
        CALLS.c.concluded_at.is_(None),
    )
    flags = (
        select(RiskFlag.id)
        .join(RiskFlagRow, RiskFlagRow.flag_id == RiskFlag.id)
        .where(
            RiskFlag.assigned_to_person_id == actor.person_id,
            RiskFlag.state.in_(sorted(live_states(Thing.RISK_FLAG))),
            RiskFlagRow.person_id == person_id,
        )
    )
    classes = (
        select(CLASSES.c.id, CLASSES.c.institution_id)
        .join(SEATS, SEATS.c.class_id == CLASSES.c.id)
        .where(SEATS.c.person_id == person_id, CLASSES.c.region_code.in_(sorted(actor.regions)))
        .subquery()
    )
    # who complained is anybody's matter there; who trains where somebody complained of is the handler's
    complaints = select(Complaint.id).where(
        Complaint.region_code.in_(sorted(actor.regions)),
        Complaint.state.in_(sorted(live_states(Thing.COMPLAINT))),
        (Complaint.complainant_person_id == person_id)
        | (
            (Complaint.handler_person_id == actor.person_id)
            & Complaint.institution_id.in_(select(classes.c.institution_id))
        ),
    )
    inspections = select(INSPECTIONS.c.id).where(
        INSPECTIONS.c.class_id.in_(select(classes.c.id)), INSPECTIONS.c.closed_at.is_(None)
    )
    asked = {
        "claim": claims,
        "hold": holds,
        "call": calls,
        "flag": flags,
        "complaint": complaints,
        "inspection": inspections,
    }
    return next((word for word, query in asked.items() if session.scalars(query.limit(1)).first()), None)


def list_openings(
    session: Session,
    regions: Collection[str],
    *,
    user_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[Opening]:
    """Return openings by accounts that serve these regions, the newest first."""
    codes = sorted(regions)
    houses = select(Institution.id).where(Institution.region_code.in_(codes))
    here = select(RoleGrant.user_id).where(
        RoleGrant.region_code.in_(codes) | RoleGrant.institution_id.in_(houses)
    )
    query = (
        select(
            PageOpening.id, PageOpening.opened_at, PageOpening.opened_by_user_id, UserAccount.display_name,
            PageOpening.thing, PageOpening.object_id, PageOpening.matter,
        )
        .join(UserAccount, UserAccount.id == PageOpening.opened_by_user_id)
        .where(PageOpening.opened_by_user_id.in_(here))
        .order_by(PageOpening.id.desc())
        .limit(limit)
    )  # fmt: skip
    if user_id is not None:
        query = query.where(PageOpening.opened_by_user_id == user_id)
    if before_id is not None:
        query = query.where(PageOpening.id < before_id)
    return [Opening(*each) for each in session.execute(query)]


def list_openings_of(session: Session, person_id: int, *, limit: int) -> Sequence[PageOpening]:
    """Return who opened a person's pages, the newest first; the person's own openings are not among them."""
    return session.scalars(
        select(PageOpening)
        .where(PageOpening.holder_person_id == person_id, PageOpening.opened_by_person_id != person_id)
        .order_by(PageOpening.id.desc())
        .limit(limit)
    ).all()


def count_openings_of(session: Session, person_id: int) -> int:
    """Return how often others opened a person's pages, as far as it is still kept."""
    query = select(func.count()).where(
        PageOpening.holder_person_id == person_id, PageOpening.opened_by_person_id != person_id
    )
    return session.scalar(query) or 0


def forget_openings(work: Work, before: datetime, most: int) -> int:
    """Delete the oldest openings, at most so many, and return how many."""
    oldest = (
        select(PageOpening.id)
        .where(PageOpening.opened_at < before)
        .order_by(PageOpening.opened_at)
        .limit(most)
    )
    gone = work.session.scalars(
        delete(PageOpening)
        .where(PageOpening.id.in_(oldest))
        .returning(PageOpening.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
