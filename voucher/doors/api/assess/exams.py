"""Exam batches: planned, sat by the right people, scored by one, published and corrected by another."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.people import read_newcomers
from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import EVALUATOR_STAFF
from voucher.doors.auth.networks import note_network
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.assess.exams import (
    AdmissionDone,
    Candidates,
    CandidatesAdded,
    CandidateState,
    ExamFilter,
    Exams,
    ExamState,
    NewAdmission,
    NewCancellation,
    NewCandidates,
    NewCorrection,
    NewExam,
    NewExamPublication,
    NewFailure,
    NewResults,
    NewSecondEntries,
    PublicationDone,
    ResultsEntered,
    ResultState,
    SecondEntriesDone,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.train.places import VoucherMoved
from voucher.plumbing.unit_of_work import Work
from voucher.rules.entries import Education, Entry, EntryWay
from voucher.rules.errors import Refusal
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.scores import ScoreMark
from voucher.stages.assess import corrections, plan, queries, readings, results
from voucher.stages.assess.admit import CANDIDATE_DIFFERS, admit, record_turned_away
from voucher.stages.assess.entries import FACTS, Direct
from voucher.stages.assess.lapse import fail_for_good
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import STAFF, find_newest_results, serves_batch
from voucher.stages.assess.scoring import Scores

exams = Room("exams", __name__, url_prefix="/api/v1", description="评价批次、考生和成绩")
CANDIDATES = {"voucher_ids": [42, 43]}


@exams.look("/exam-batches", query=ExamFilter, answer=Exams)
def list_exam_batches(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """评价批次，新的在前：人社部门见本辖区的，评价机构见本机构的。"""
    evaluators = institutions_served(EVALUATOR_STAFF) if asked["region"] is None else frozenset()
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: queries.list_batches(
            session,
            regions,
            evaluators,
            institution_id=asked["institution"],
            state=asked["state"],
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    return page | {"items": _states(session, page["items"])}


@exams.act(
    "/exam-batches",
    body=NewExam,
    answer=ExamState,
    example={
        "institution_id": 3,
        "certificate_kind": "skill_level",
        "trade_code": "4-10-01-05",
        "level": 5,
        "exam_on": "2024-05-18",
        "place": "济源职业技术学院 2 号楼",
        **CANDIDATES,
    },
)
def plan_exam(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """评价计划：职业、等级、日期、考点和考生名单；须在本机构备案范围内。"""
    new = plan.NewBatch(**{**given, "people": _read_direct(work, given["people"])})
    return _states(work.session, [plan.plan_batch(work, new)])[0]


def _read_direct(work: Work, people: list[dict[str, Any]]) -> list[Direct]:
    """Return people without a voucher in canonical form. Raises Refused body_invalid."""
    return [
        Direct(
            person,
            Entry(
                EntryWay(each["way"]),
                each["evidence"],
                Education(each["education"]) if each["education"] is not None else None,
                **{name: each[name] for name in FACTS},
            )
            if each["way"] is not None
            else None,
        )
        for person, each in zip(read_newcomers(people, work.today), people, strict=True)
    ]


@exams.look("/exam-batches/<int:exam_batch_id>", answer=ExamState)
def show_exam_batch(session: Session, _asked: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """一个评价批次和它的进度。"""
    return _states(session, [_get(session, exam_batch_id)])[0]


@exams.look("/exam-batches/<int:exam_batch_id>/candidates", query=Paging, answer=Candidates)
def list_candidates(session: Session, asked: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """考生名单：掩码后的人员、入场、成绩，待确认的更正。"""
    batch = _get(session, exam_batch_id)
    page = paged(
        asked,
        lambda after, limit: queries.list_candidates(
            session,
            the_door().keyring,
            batch.id,
            after_id=after or 0,
            limit=limit,
            reader_id=current_actor().person_id,
        ),
        lambda row: row.candidate_id,
    )
    newest = find_newest_results(session, [each.candidate_id for each in page["items"]])
    ids = {candidate_id: each.id for candidate_id, each in newest.items()}
    return page | {
        "items": [
            told(each, CandidateState) | {"result_id": ids.get(each.candidate_id)} for each in page["items"]
        ]
    }


@exams.act(
    "/exam-batches/<int:exam_batch_id>/candidates",
    body=NewCandidates,
    answer=CandidatesAdded,
    example=CANDIDATES,
)
def add_candidates(work: Work, given: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """增加考生：培训完成的券，或不用券的人员；全部列入或全部不列入。"""
    people = _read_direct(work, given["people"])
    made = plan.add_candidates(work, exam_batch_id, given["voucher_ids"], people)
    return {"exam_batch_id": exam_batch_id, "candidate_ids": [each.id for each in made]}


@exams.act(
    "/exam-batches/<int:exam_batch_id>/cancellations",
    body=NewCancellation,
    answer=ExamState,
    example={"why": "考点临时停电，改期另行安排"},
)
def cancel_exam(work: Work, given: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """取消未公布的评价批次；考生可以另行安排。"""
    return _states(work.session, [plan.cancel_batch(work, exam_batch_id, given["why"])])[0]


@exams.act(
    "/exam-batches/<int:exam_batch_id>/publications",
    body=NewExamPublication,
    answer=PublicationDone,
    example={},
)
def publish_results(work: Work, _given: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """公布成绩：由没有录入过本批次成绩的另一人办理，公布后锁定。"""
    done = results.publish(work, exam_batch_id)
    return told(done, PublicationDone) | {"exam_batch_id": exam_batch_id}


def _turned_away(_given: dict[str, Any], ids: dict[str, Any], refusal: Refusal) -> None:
    """Leave a trace of somebody who came in a candidate's place."""
    if refusal.code == CANDIDATE_DIFFERS.code:
        perform(lambda work: record_turned_away(work, ids["candidate_id"]))


@exams.act(
    "/candidates/<int:candidate_id>/admissions",
    body=NewAdmission,
    answer=AdmissionDone,
    example={"number": "41010519900315991X"},
    witness=_turned_away,
)
def admit_candidate(work: Work, given: dict[str, Any], candidate_id: int) -> dict[str, Any]:
    """入场核对：到场人员的证件与名单是同一人才能参考；不是的不得参考，并留痕。"""
    admitted = admit(work, candidate_id, given["number"])
    note_network(work.session.get_one(ExamBatch, admitted.batch_id).institution_id, admitted.id)
    return {"candidate_id": admitted.id, "admitted_at": admitted.admitted_at}


@exams.act(
    "/results",
    body=NewResults,
    answer=ResultsEntered,
    example={
        "exam_batch_id": 7,
        "scores": [{"candidate_id": 12, "theory_hundredths": 8_650, "skill_hundredths": 9_100}],
    },
)
def enter_scores(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """录入成绩（百分之一分）或缺考、作弊标记；公布前可以重新录入，每次都留痕。"""
    rows = [
        Scores(**each | {"mark": _mark(each), "reviews_told": "comprehensive_hundredths" in each})
        for each in given["scores"]
    ]
    count = results.enter_results(work, given["exam_batch_id"], rows)
    return {"exam_batch_id": given["exam_batch_id"], "count": count}


def _mark(given: dict[str, Any]) -> ScoreMark | None:
    return ScoreMark(given["mark"]) if given["mark"] is not None else None


@exams.act(
    "/second-entries",
    body=NewSecondEntries,
    answer=SecondEntriesDone,
    example={"exam_batch_id": 7, "scores": [{"candidate_id": 12, "skill_hundredths": 9_100}]},
)
def enter_second(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """技能成绩第二遍录入：由另一人办理，录完前看不到第一遍；两遍一致才能公布。"""
    rows = [readings.SecondScore(**each) for each in given["scores"]]
    done = readings.enter_again(work, given["exam_batch_id"], rows)
    return {"exam_batch_id": given["exam_batch_id"], "count": done.count, "differing": list(done.differing)}


@exams.act(
    "/results/<int:result_id>/corrections",
    body=NewCorrection,
    answer=ResultState,
    example={"step": "ask", "theory_hundredths": 8_650, "skill_hundredths": 5_900, "why": "技能阅卷合分有误"},
)
def correct_result(work: Work, given: dict[str, Any], result_id: int) -> ExamResult:
    """公布后的更正：一人就某一版成绩提出新的一版，另一人对新的一版确认后生效。"""
    if given["step"] == "confirm":
        return corrections.confirm_correction(work, result_id)
    found = work.session.get(ExamResult, result_id)
    candidate = work.session.get_one(Candidate, found.candidate_id) if found is not None else None
    if candidate is None or not serves_batch(work.session, work.actor, candidate.batch_id, *STAFF):
        raise corrections.RESULT_MISSING.refused()
    return corrections.ask_correction(
        work, candidate.id, given["theory_hundredths"], given["skill_hundredths"], given["why"], _mark(given),
        given["comprehensive_hundredths"],
    )  # fmt: skip


@exams.act(
    "/failures",
    body=NewFailure,
    answer=VoucherMoved,
    example={"voucher_id": 42, "why": "两次评价不合格，本人放弃补考"},
)
def fail_voucher(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """最终不合格：券无证失效，释放占用的资金和资格。"""
    voucher = fail_for_good(work, given["voucher_id"], given["why"])
    return {
        "voucher_id": voucher.id,
        "state": voucher.state,
        "state_name": STATE_NAMES[Thing.VOUCHER][voucher.state],
    }


def _get(session: Session, exam_batch_id: int) -> ExamBatch:
    return queries.get_batch(
        session, exam_batch_id, current_actor().regions, institutions_served(EVALUATOR_STAFF)
    )


def _states(session: Session, batches: list[ExamBatch]) -> list[dict[str, Any]]:
    """Return batches as lists show them: what they are, and what has come of them."""
    return [
        told(each.batch, ExamState) | told(each, ExamState) for each in queries.view_batches(session, batches)
    ]
