"""What no system answered, verified by an officer with evidence; what is left for that, and every call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.models import OutsideAnswer, OutsideCall, OutsideQuestion
from voucher.registry.people import read_people
from voucher.rules.actor import Role, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.outside import BY_HAND, FACT_NAMES, FactKind
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.words import check_why

OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
SOURCE = "【设】部门数据没有核到的转人工，由审核人员凭依据核实 (DESIGN 5-23)"
CALL_OUTCOMES: dict[str, str] = {
    "answered": "已答复",
    "unknown": "对方没有此人的记录",
    "unreachable": "联系不上",
    "refused": "对方不予受理",
    "malformed": "答复无法识别",
    "resting": "暂停联系（连续失败）",
}

QUESTION_MISSING = reason(
    "outside_question_missing",
    "没有找到这条待核事项，或已经核实",
    "请刷新待核列表后再办理",
    SOURCE,
    Family.MISSING,
)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A fact nobody has answered yet; `last_outcome` is what came of the last call, if any was made."""

    id: int
    kind: str
    kind_name: str
    masked_name: str
    masked_number: str
    asked_at: datetime
    tries: int
    tried_at: datetime | None
    last_outcome: str | None


@dataclass(frozen=True, slots=True)
class CallView:
    """One call of the log, the person masked."""

    id: int
    kind_name: str
    system: str
    way: str
    masked_name: str
    asked_at: datetime
    milliseconds: int
    outcome: str
    outcome_name: str
    detail: str | None


def verify_by_hand(work: Work, question_id: int, *, held: bool, amount: int | None, evidence: str) -> None:
    """Record what an officer has verified of a person, as an answer of its own, and close the question.

    Raises Refused role_missing, outside_question_missing (also for a foreign one), why_missing,
    second_person_needed where the officer is the person.
    """
    check_role(work.actor, *OFFICERS)
    said = check_why(evidence)
    question = work.session.scalars(
        select(OutsideQuestion)
        .where(OutsideQuestion.id == question_id, OutsideQuestion.done_at.is_(None))
        .with_for_update()
    ).first()
    if question is None or question.region_code not in _reach(work):
        raise QUESTION_MISSING.refused()
    check_two_people(question.person_id, work.actor.person_id)
    question.done_at = work.at
    work.session.add(
        OutsideAnswer(
            person_id=question.person_id,
            kind=question.kind,
            held=held,
            amount=amount if question.kind == FactKind.INSURANCE else None,
            system=BY_HAND,
            as_of=work.today,
            told_at=work.at,
            verified_by_person_id=work.actor.person_id,
            evidence=said,
        )
    )
    work.session.flush()
    audit.record_one(
        work, "person", question.person_id, "verify_outside", kind=question.kind, held=held, evidence=said
    )


def _reach(work: Work) -> frozenset[str]:
    return frozenset().union(*(work.actor.reach.get(role, frozenset()) for role in OFFICERS))


def list_open_questions(
    session: Session, keyring: Keyring, regions: Iterable[str], *, after_id: int = 0, limit: int = 50
) -> list[OpenQuestion]:
    """Return what was asked of people in these regions and nobody answered, the oldest first, masked."""
    rows = session.scalars(
        select(OutsideQuestion)
        .where(
            OutsideQuestion.region_code.in_(sorted(regions)),
            OutsideQuestion.done_at.is_(None),
            OutsideQuestion.tries > 0,
            OutsideQuestion.id > after_id,
        )
        .order_by(OutsideQuestion.id)
        .limit(limit)
    ).all()
    people = read_people(session, keyring, [each.person_id for each in rows])
    last = _last_outcomes(session, rows)
    return [
        OpenQuestion(
            id=each.id,
            kind=each.kind,
            kind_name=FACT_NAMES[FactKind(each.kind)],
            masked_name=mask_name(people[each.person_id].name),
            masked_number=mask_identity(people[each.person_id].number or ""),
            asked_at=each.asked_at,
            tries=each.tries,
            tried_at=each.tried_at,
            last_outcome=last.get((each.person_id, each.kind)),
        )
        for each in rows
    ]


def count_open_questions(session: Session, regions: Iterable[str]) -> tuple[int, datetime | None]:
    """Return how many facts of people in regions nobody answered, and since when the oldest waits."""
    count, oldest_at = session.execute(
        select(func.count(), func.min(OutsideQuestion.asked_at)).where(
            OutsideQuestion.region_code.in_(sorted(regions)),
            OutsideQuestion.done_at.is_(None),
            OutsideQuestion.tries > 0,
        )
    ).one()
    return count, oldest_at


def _last_outcomes(session: Session, rows: Sequence[OutsideQuestion]) -> dict[tuple[int, str], str]:
    calls = session.execute(
        select(OutsideCall.person_id, OutsideCall.kind, OutsideCall.outcome)
        .where(OutsideCall.person_id.in_(sorted({each.person_id for each in rows})))
        .order_by(OutsideCall.id)
    )
    return {(person_id, kind): CALL_OUTCOMES[outcome] for person_id, kind, outcome in calls}


def list_calls(
    session: Session,
    keyring: Keyring,
    regions: Iterable[str],
    *,
    before_id: int | None = None,
    limit: int = 50,
) -> list[CallView]:
    """Return the newest calls to other systems about people of these regions, the person masked."""
    mine = OutsideCall.region_code.in_(sorted(regions))
    wanted = select(OutsideCall).where(mine).order_by(OutsideCall.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(OutsideCall.id < before_id)
    rows = session.scalars(wanted).all()
    people = read_people(session, keyring, [each.person_id for each in rows])
    return [
        CallView(
            id=each.id,
            kind_name=FACT_NAMES[FactKind(each.kind)],
            system=each.system,
            way=each.way,
            masked_name=mask_name(people[each.person_id].name),
            asked_at=each.asked_at,
            milliseconds=each.milliseconds,
            outcome=each.outcome,
            outcome_name=CALL_OUTCOMES[each.outcome],
            detail=each.detail,
        )
        for each in rows
    ]
