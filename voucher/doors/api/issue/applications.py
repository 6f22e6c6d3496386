"""Applications (领券申请): filed by the worker, decided by the office; facts verified by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.outside import ask_ahead
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.issue.applications import (
    ApplicationDetail,
    ApplicationFilter,
    Applications,
    ApplicationState,
    DemandsStated,
    NewAnswers,
    NewApplication,
    NewApplicationDecision,
    NewClarification,
    NewDemands,
    NewOutsideVerification,
    OutsideQuestions,
    OutsideVerified,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.values import Wish
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.verifying import list_open_questions, verify_by_hand
from voucher.rules.actor import Role
from voucher.rules.applications import Demand
from voucher.rules.outside import FactKind
from voucher.stages.issue import queries
from voucher.stages.issue.applications import deciding, filing

applications = Room("applications", __name__, url_prefix="/api/v1", description="领券申请")


@applications.look("/applications", query=ApplicationFilter, answer=Applications)
def list_applications(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """领券申请，新的在前：本人见自己的，人社部门见本辖区的。"""
    actor, keyring = current_actor(), the_door().keyring
    if actor.has(Role.WORKER):
        own = queries.list_own_applications(session, keyring, actor.person_id)
        kept = [each for each in own if asked["state"] in (None, each.state)]
        return {"items": kept, "next_cursor": None}
    return paged(
        asked,
        lambda before, limit: queries.list_applications(
            session, keyring, actor.regions, state=asked["state"], before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@applications.act(
    "/applications",
    body=NewApplication,
    answer=ApplicationState,
    example={"programme_id": 1, "declared": True, "items": [{"position": 1, "said": "见失业登记证明"}]},
    ahead=ask_ahead,
)
def file_application(work: Work, given: dict[str, Any]) -> Any:
    """申请领券：券种要求证明，或有事项没有核实到的；系统已掌握的不用再提供。"""
    said = {each["position"]: each["said"] for each in given["items"]}
    attached = {each["position"]: each["attachment_ids"] for each in given["items"]}
    made = filing.apply(work, given["programme_id"], said, declared=given["declared"], attached=attached)
    return _state(work, made.id)


@applications.look("/applications/<int:application_id>", answer=ApplicationDetail)
def show_application(session: Session, _asked: dict[str, Any], application_id: int) -> dict[str, Any]:
    """一份申请：逐项说明、问答、期限、办理意见。"""
    actor = current_actor()
    found = queries.get_application(
        session, the_door().keyring, application_id, regions=actor.regions, person_id=actor.person_id
    )
    return asdict(found.view) | {"items": found.items}


@applications.act(
    "/applications/<int:application_id>/clarifications",
    body=NewClarification,
    answer=ApplicationState,
    example={"questions": [{"item_id": 1, "question": "请写明证明的出具单位和日期"}]},
)
def ask_clarification(work: Work, given: dict[str, Any], application_id: int) -> Any:
    """要求补充说明：逐项一次写明，到期不答复的不再办理。"""
    asked = {each["item_id"]: each["question"] for each in given["questions"]}
    deciding.ask_clarification(work, application_id, asked)
    return _state(work, application_id)


@applications.act(
    "/applications/<int:application_id>/answers",
    body=NewAnswers,
    answer=ApplicationState,
    example={"answers": [{"question_id": 1, "answer": "市人社局，2024-01-15"}]},
)
def answer_clarification(work: Work, given: dict[str, Any], application_id: int) -> Any:
    """答复：本人对要求补充的逐项答复，办理期限重新起算。"""
    told = {each["question_id"]: each["answer"] for each in given["answers"]}
    attached = {each["question_id"]: each["attachment_ids"] for each in given["answers"]}
    filing.answer(work, application_id, told, attached)
    return _state(work, application_id)


@applications.act(
    "/applications/<int:application_id>/decisions",
    body=NewApplicationDecision,
    answer=ApplicationState,
    example={"decision": "approve", "opinion": "已电话核实"},
)
def decide_application(work: Work, given: dict[str, Any], application_id: int) -> Any:
    """办理：同意后本人可以领取；不予同意须写明理由。"""
    decide = deciding.approve if given["decision"] == "approve" else deciding.decline
    decide(work, application_id, given["opinion"])
    return _state(work, application_id)


@applications.act(
    "/applications/<int:application_id>/withdrawals",
    body=Wish,
    answer=ApplicationState,
    example={},
)
def withdraw_application(work: Work, _given: dict[str, Any], application_id: int) -> Any:
    """撤回：本人不再申请。"""
    filing.withdraw_application(work, application_id)
    return _state(work, application_id)


@applications.act(
    "/programmes/<int:programme_id>/demands",
    body=NewDemands,
    answer=DemandsStated,
    example={"demands": [{"label": "失业登记证明", "fact": "employment"}]},
)
def state_demands(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """要求的证明：草稿时写明；能由其他部门核实的注明事项，核实到的免交。"""
    demands = [
        Demand(each["label"], FactKind(each["fact"]) if each["fact"] else None) for each in given["demands"]
    ]
    filing.state_demands(work, programme_id, demands)
    return {"programme_id": programme_id, "count": len(demands)}


@applications.look("/outside-questions", query=Paging, answer=OutsideQuestions)
def list_outside_questions(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """没有核实到的部门数据，先问的在前，等待凭依据核实。"""
    return paged(
        asked,
        lambda after, limit: list_open_questions(
            session, the_door().keyring, current_actor().regions, after_id=after or 0, limit=limit
        ),
        lambda row: row.id,
    )


@applications.act(
    "/outside-questions/<int:question_id>/verifications",
    body=NewOutsideVerification,
    answer=OutsideVerified,
    example={"held": False, "amount": None, "evidence": "本人持身份证到窗口"},
)
def verify_outside(work: Work, given: dict[str, Any], question_id: int) -> dict[str, Any]:
    """人工核实：由审核人员凭依据记录，与系统答复同样计算有效期。"""
    verify_by_hand(work, question_id, held=given["held"], amount=given["amount"], evidence=given["evidence"])
    return {"id": question_id}


def _state(work: Work, application_id: int) -> Any:
    found = queries.get_application(
        work.session,
        work.keyring,
        application_id,
        regions=work.actor.regions,
        person_id=work.actor.person_id,
    )
    return found.view
