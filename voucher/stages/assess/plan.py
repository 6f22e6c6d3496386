"""Planning an exam (评价计划): trade, level, day and place within the filing, and who sits it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from voucher.ledger import audit, holds, states
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.people import Person
from voucher.rules.actor import ROLE_MISSING, Role, check_role
from voucher.rules.assessment import check_apart, check_exam_day, check_exam_kind
from voucher.rules.certificates import check_qualification_listed
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.entries import Entry
from voucher.rules.errors import Family, reason
from voucher.rules.examiners import check_plan_lead
from voucher.rules.levels import Level
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.assess.entries import Direct, check_entries, write_entries
from voucher.stages.assess.examiners import check_apart_from_examiners, release_examiners
from voucher.stages.assess.filing import choose_filing, list_filed_regions
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.newcomers import open_strangers
from voucher.stages.assess.reading import (
    SOURCE,
    check_planned,
    check_why,
    list_batch_candidates,
    lock_own_batch,
    may_bring_scores,
)
from voucher.stages.assess.retakes import read_attempts
from voucher.stages.assess.seating import release_rooms, seat_newcomers
from voucher.stages.assess.staff import check_staff
from voucher.stages.train.queries.trained import classes_of

BATCH_INCOMPLETE = reason("exam_batch_incomplete", "没有填写考点", "请填写考试的详细地点后重新保存", SOURCE)
CANDIDATE_TWICE = reason(
    "candidate_listed_already",
    "同一名考生在本批次中出现两次",
    "一名考生在一个评价批次中只列一次，请删去重复的一行",
    SOURCE,
    Family.CONFLICT,
)
CANDIDATE_ELSEWHERE = reason(
    "candidate_planned_elsewhere",
    "该考生已列入同一职业同一等级的另一个待评价批次",
    "请等待那一批次公布成绩或取消后再安排",
    f"{SOURCE}; S2-04o",
    Family.CONFLICT,
)
CANDIDATE_NOT_TRAINED = reason(
    "candidate_not_trained",
    "培训券 {number} 不在“培训完成”状态，不能参加评价",
    "请由培训机构先办理结业签字；已评价合格的不必再考",
    "LIFECYCLE 培训券; 豫办〔2021〕29号 第16项",
    Family.CONFLICT,
)
CANDIDATE_UNFIT = reason(
    "candidate_unfit",
    "培训券 {number} 的{what}与本批次不一致",
    "请将该考生列入与其所学职业、等级和证书类型一致的批次",
    "豫办〔2021〕29号 第16项 人证相符、证岗相符; S2-16d,e",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """An exam as its evaluator plans it; level 0 for an item; people without a voucher in canonical form."""

    institution_id: int
    certificate_kind: str
    trade_code: str
    level: int
    exam_on: date
    place: str
    voucher_ids: Sequence[int] = ()
    people: Sequence[Direct] = ()


def plan_batch(work: Work, new: NewBatch) -> ExamBatch:
    """Plan an exam with its candidates, under a filing that covers it on the day.

    Raises Refused role_missing, kind_not_examined, exam_level_unfit, exam_day_past, exam_batch_incomplete,
    evaluator_not_standing, evaluator_not_filed, evaluator_out_of_scope, evaluator_out_of_date,
    exam_planned_late, qualification_unlisted, and what `add_candidates` refuses. A voucher outside the
    regions the evaluator is filed in is a missing one.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    if not work.actor.serves(new.institution_id, Role.EVALUATOR_ADMIN):
        raise ROLE_MISSING.refused(needed="该评价机构管理员")
    check_exam_kind(new.certificate_kind, new.level)
    check_exam_day(new.exam_on, work.today)
    if not new.place.strip():
        raise BATCH_INCOMPLETE.refused()
    aliases = catalogue.read_aliases(work.session)
    level = Level(new.level) if new.level else None
    filing = choose_filing(work.session, new.institution_id, new.trade_code, level, new.exam_on, aliases)
    regions = catalogue.list_ancestry(work.session, filing.region_code)
    _check_lead(work, new.exam_on, regions)
    if new.certificate_kind == CertificateKind.QUALIFICATION:
        listed_occupations = tables.read_listed_occupations(work.session)
        check_qualification_listed(new.trade_code, new.exam_on, listed_occupations)
    listed, entries = _open_candidates(work, new.voucher_ids, new.people)
    batch = ExamBatch(
        institution_id=new.institution_id,
        filing_id=filing.id,
        region_code=filing.region_code,
        certificate_kind=new.certificate_kind,
        trade_code=new.trade_code,
        level=new.level,
        exam_on=new.exam_on,
        place=new.place.strip(),
        planned_by_person_id=work.actor.person_id,
        planned_at=work.at,
        **states.first_state(Thing.EXAM_BATCH, "plan"),
    )
    work.session.add(batch)
    work.session.flush()
    states.begin(work, Thing.EXAM_BATCH, [batch.id], "plan")
    _add(work, batch, listed, entries, aliases)
    return batch


def _check_lead(work: Work, exam_on: date, regions: Sequence[str]) -> None:
    days = tables.read_parameter_number(work.session, "exam_plan_days", exam_on, regions)
    check_plan_lead(exam_on, work.today, days, work.today + timedelta(days=days or 0))


def add_candidates(
    work: Work, batch_id: int, voucher_ids: Sequence[int], people: Sequence[Direct] = ()
) -> list[Candidate]:
    """Add trained vouchers, and people without a voucher, to a planned exam; all of them or none.

    Raises Refused role_missing, exam_batch_missing, exam_batch_closed, exam_day_past, voucher_missing,
    candidate_not_trained, candidate_unfit, on_hold, trained_by_evaluator, candidate_listed_already,
    candidate_planned_elsewhere, candidate_name_differs, subject_erased, retakes_exhausted,
    exam_rooms_full, examiner_taught, examiner_is_candidate, candidate_not_staff,
    candidate_insured_elsewhere, and what `check_entries` raises.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    listed, entries = _open_candidates(work, voucher_ids, people)
    batch = lock_own_batch(work, batch_id, Role.EVALUATOR_ADMIN)
    check_planned(batch, "增加考生")
    check_exam_day(batch.exam_on, work.today)
    return _add(work, batch, listed, entries, catalogue.read_aliases(work.session))


def cancel_batch(work: Work, batch_id: int, why: str) -> ExamBatch:
    """Cancel a planned exam; its candidates may be planned anew.

    Raises Refused role_missing, exam_batch_missing, assessment_why_missing, event_not_allowed.
    """
    batch = lock_own_batch(work, batch_id, Role.EVALUATOR_ADMIN)
    states.move(work, ExamBatch, [batch], "cancel", reason=check_why(why))
    release_examiners(work, batch)
    release_rooms(work, batch)
    return batch


def _open_candidates(
    work: Work, voucher_ids: Sequence[int], people: Sequence[Direct]
) -> tuple[list[tuple[int, Voucher | None]], dict[int, Entry | None]]:
    """Return each person with the voucher that pays for the exam, persons and then vouchers locked.

    Beside it the way into the exam of each who comes without one.
    """
    rows = work.session.execute(
        select(Voucher.id, Voucher.holder_person_id).where(Voucher.id.in_(sorted(set(voucher_ids))))
    )
    holders: dict[int, int] = dict(rows.all())
    if len(holders) < len(set(voucher_ids)):
        raise VOUCHER_MISSING.refused()
    strangers = open_strangers(work, [each.person for each in people])
    entries = {person_id: each.entry for person_id, each in zip(strangers, people, strict=True)}
    person_ids = [*(holders[each] for each in voucher_ids), *strangers]
    if len(set(person_ids)) < len(person_ids):
        raise CANDIDATE_TWICE.refused()
    # whoever lists the same person elsewhere at this moment waits here and then sees this batch
    work.session.execute(
        select(Person.id)
        .where(Person.id.in_(sorted(person_ids)))
        .order_by(Person.id)
        .with_for_update(key_share=True)
    ).all()
    locked = {each.id: each for each in lock_vouchers(work, Voucher.id.in_(sorted(holders)))}
    paid: list[tuple[int, Voucher | None]] = [(holders[each], locked[each]) for each in voucher_ids]
    return paid + [(each, None) for each in strangers], entries


def _add(
    work: Work,
    batch: ExamBatch,
    listed: Sequence[tuple[int, Voucher | None]],
    entries: Mapping[int, Entry | None],
    aliases: Mapping[str, str],
) -> list[Candidate]:
    _check_reached(work, batch, [voucher for _, voucher in listed if voucher is not None])
    present = {each.person_id for each in list_batch_candidates(work.session, batch.id)}
    if present & {person_id for person_id, _ in listed}:
        raise CANDIDATE_TWICE.refused()
    _check_nowhere_else(work, batch, [person_id for person_id, _ in listed], aliases)
    _check_vouchers(work, batch, [voucher for _, voucher in listed if voucher is not None], aliases)
    check_staff(work, batch, [person_id for person_id, _ in listed])
    check_entries(work, batch, entries)
    paid = {person_id: voucher.id if voucher is not None else None for person_id, voucher in listed}
    attempts = read_attempts(work, batch, paid, aliases)
    made = [
        Candidate(
            batch_id=batch.id,
            person_id=person_id,
            voucher_id=voucher_id,
            attempt=attempts[person_id].number,
            carried_theory_hundredths=attempts[person_id].theory_hundredths,
            carried_skill_hundredths=attempts[person_id].skill_hundredths,
            carried_comprehensive_hundredths=attempts[person_id].comprehensive_hundredths,
        )
        for person_id, voucher_id in paid.items()
    ]
    work.session.add_all(made)
    work.session.flush()
    write_entries(work, made, entries)
    check_apart_from_examiners(work, batch)
    seat_newcomers(work, batch)
    audit.record(
        work,
        [
            audit.Entry("candidate", each.id, "list", {"batch": batch.id, "voucher": each.voucher_id})
            for each in made
        ],
    )
    return made


def _check_reached(work: Work, batch: ExamBatch, vouchers: Sequence[Voucher]) -> None:
    """Answer a voucher neither issued nor taught where the evaluator is filed as a missing one.

    Nothing is told of vouchers elsewhere, and nobody keeps their holders from an exam of their own.
    """
    reached = list_filed_regions(work.session, batch.institution_id)
    classes = classes_of(work.session, [each.id for each in vouchers])
    for voucher in vouchers:
        taught = classes.get(voucher.id)
        if voucher.region_code not in reached and (taught is None or taught.region_code not in reached):
            raise VOUCHER_MISSING.refused()


def _check_nowhere_else(
    work: Work, batch: ExamBatch, person_ids: Iterable[int], aliases: Mapping[str, str]
) -> None:
    """Refuse people who wait for an exam of the same trade and level in another batch."""
    trade_code = canonical_occupation(batch.trade_code, aliases)
    others = work.session.execute(
        select(ExamBatch.trade_code, ExamBatch.level)
        .join(Candidate, Candidate.batch_id == ExamBatch.id)
        .where(
            Candidate.person_id.in_(sorted(set(person_ids))),
            ExamBatch.id != batch.id,
            may_bring_scores(work.today),
        )
    )
    if any(
        level == batch.level and canonical_occupation(code, aliases) == trade_code for code, level in others
    ):
        raise CANDIDATE_ELSEWHERE.refused()


def _check_vouchers(
    work: Work, batch: ExamBatch, vouchers: Sequence[Voucher], aliases: Mapping[str, str]
) -> None:
    """Refuse vouchers that are not trained, on hold, trained for something else, or trained here."""
    session = work.session
    regions = catalogue.list_ancestry(session, batch.region_code)
    apart = tables.read_flag(session, "exam_apart_from_training", batch.exam_on, regions)
    holds.check_no_hold(work, Thing.VOUCHER, [each.id for each in vouchers], "pass")
    classes = classes_of(session, [each.id for each in vouchers])
    trade_code = canonical_occupation(batch.trade_code, aliases)
    for voucher in vouchers:
        taught = classes.get(voucher.id)
        if voucher.state != "trained" or taught is None:
            raise CANDIDATE_NOT_TRAINED.refused(number=voucher.number)
        differences = {
            "职业": canonical_occupation(taught.trade_code, aliases) != trade_code,
            "等级": taught.level != batch.level,
            "证书类型": taught.certificate_kind != batch.certificate_kind,
        }
        wrong = [name for name, differs in differences.items() if differs]
        if wrong:
            raise CANDIDATE_UNFIT.refused(number=voucher.number, what="、".join(wrong))
        check_apart(apart, batch.institution_id, (taught.institution_id, taught.delivering_institution_id))
