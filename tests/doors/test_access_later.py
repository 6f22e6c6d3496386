"""Who reaches what from the exam to the bank: every role × route × own, foreign, other people's, missing.

One world per database: whoever may not touch an object asks first and must leave it as it was; only then do
its own people act on it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests import town_issue, town_train
from tests.conftest import FOUNDED_AT
from tests.doors.tenants import Probe, act, ask, count_everything, see, told
from tests.doors.world import PASSWORD, Client, World
from tests.scene import EV1, EV2, LI_SI, NURSE, SUN_BA, XINXIANG, ZHANG_SAN, Scene
from tests.town_certified import EVALUATOR, REGISTRAR, certified, settle_down
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import DESK, EVALUATOR_STAFF, INSTITUTION_STAFF, OFFICERS, Entry
from voucher.doors.auth.matrix.api import API
from voucher.doors.auth.matrix.issue import ISSUE
from voucher.doors.auth.matrix.train import TRAIN
from voucher.ledger import holds
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.accounts import propose_account
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.rules import entries
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing
from voucher.rules.seats import RoomKind
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.assess import plan, sites
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.examiners import NewExaminer, file_examiner
from voucher.stages.assess.models import Candidate, ExamResult
from voucher.stages.settle.clawback import open_clawback
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.objection import lodge
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.train.inspecting import open_inspection

OFFICE, FAR, EXAMS, HOUSE, OTHERS, HOLDER, WORKER = "office", "far", "exams", "house", "others", "zhang", "li"
NOBODY, NO_CODE, NO_NUMBER = 999_999, "91410100MATE5T999X", "S000041010001239999999"
WHY: dict[str, Any] = {"why": "核查需要"}
OPINION: dict[str, Any] = {"opinion": "核查需要"}
# the step of a batch and who signs it: another one is refused for the role before anything else
SIGNERS: tuple[tuple[str, *tuple[Role, ...]], ...] = (
    ("first_review", Role.OFFICER_COUNTY, Role.OFFICER_CITY),
    ("province_review", Role.OFFICER_PROVINCE),
    ("approve", Role.FINANCE_APPROVER),
)
ACCOUNT: dict[str, Any] = {
    "holder_name": EV2[0],
    "bank_name": "中国银行",
    "account": "257700000000999",
    "evidence": "许可证",
}

# read right, so that nothing but the number may be refused
READ: dict[str, Any] = {
    "identity_number": ZHANG_SAN[1],
    "name": ZHANG_SAN[0],
    "trade_code": NURSE,
    "level": 2,
    "issued_on": "2024-01-10",
    "evaluator_code": EV1[1],
    "status": "有效",
    "evidence": "查询回执",
}

# row by row past every kind of visitor: on the other database by `make long`
BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
# what names no object that could be somebody else's, and why
OF_NOBODY = {
    "pulse.healthz": "人人可见",
    "pulse.metrics": "人人可见",
    "api-docs.openapi_json": "人人可见",
    "sessions.open_session": "登录",
    "sessions.show_session": "只有本人的会话",
    "sessions.close_session": "只有本人的会话",
    "budgets.open_budget": "只点名地区：外地 403",
    "batches.settle_batch": "只点名地区：外地 403",
    "bonuses.list_standards": "人人同样的标准",
    "bonuses.apply_for": "外地的单位和没有的一样：test_bonus_stories",
    "batches.preview_batch": "只点名地区：外地 403：test_desk_api",
    **{
        f"{room}.{name}": "外地的、别人的和没有的一样：test_desk_api"
        for room, names in (
            ("bank_quarantine", ("list_quarantine", "explain_line", "settle_line")),
            ("statements", ("show_statement",)),
            ("delegations", ("list_own_delegations", "list_delegable_roles")),
            ("delegations", ("make_delegation", "finish_delegation")),
        )
        for name in names
    },
    **{
        f"ledger_exports.{name}": "只有本账号的，别人的和没有的一样：test_desk_api"
        for name in ("list_exports", "ask_export", "show_export", "take_export")
    },
    "examiners.list_examiners": "只有本机构的：另行逐人查",
    "exam_sites.list_exam_sites": "只有本机构的：test_later",
    "register_uploads.list_register_uploads": "只有本机构的：test_later",
    "register_uploads.make_register_upload": "只点名本机构：test_later",
    "register_uploads.open_register_upload": "别人的和没有的一样：test_later",
    **{
        f"employments.{name}": "只有本单位的，别人的和没有的一样：test_later"
        for name in ("list_employments", "state_employment", "end_employment", "check_insurance")
    },
    **{
        f"retention.{name}": "外地的和没有的一样：test_retention_api"
        for name in (
            *("ask_run", "confirm_run", "drop_run", "list_lines", "list_runs", "show_run", "record_told"),
            *("list_preservations", "preserve", "lift_preservation"),
        )
    },
    **{
        f"awards.{name}": "外地的看不到，外地的文件和没有的一样：test_awards_api"
        for name in (
            *("list_results", "list_honours", "list_award_files"),
            *("list_award_lines", "send_award_file", "decide_award_file"),
        )
    },
    "joins.list_audit_joins": "外地的看不到：web/test_join_pages",
    "joins.list_audit_hits": "外地的和没有的一样：web/test_join_pages",
    "notices.list_notices": "人人可见",
    "notices.show_notice": "人人可见",
    "notices.list_notice_lines": "人人可见",
    "notices.lodge_objection": "人人可办",
    "notices.show_objection": "凭编号",
    "certificates.check_certificate": "凭编号和姓名",
    "certificates.record": "逐行说明问题，另有一测",
    **{
        f"corrections.{name}": "外地的人和没有的一样：registry/test_corrected_numbers"
        for name in (
            "list_names",
            "propose_name",
            "decide_name",
            "list_numbers",
            "propose_number",
            "decide_number",
        )
    },
    **{
        f"mass_revocations.{name}": "外地的和没有的一样：test_later"
        for name in (
            "list_mass_revocations",
            "show_mass_revocation",
            "preview_mass_revocation",
            "ask_mass_revocation",
            "confirm_mass_revocation",
            "drop_mass_revocation",
        )
    },
    **{
        f"number_ranges.{name}": "外地的备案号和没有的一样：test_numbering"
        for name in ("list_number_ranges", "give_numbers")
    },
    **{
        f"claim_drafts.{name}": "别人的和没有的一样：test_claim_drafts"
        for name in (
            *("list_claim_drafts", "show_claim_draft", "save_claim_draft"),
            *("replace_claim_draft", "drop_claim_draft", "submit_claim_draft"),
        )
    },
    **{
        f"denials.{name}": "外地的、别人的和没有的一样：test_money_api"
        for name in (
            "answer_denial",
            "deny_claim",
            "lift_denial",
            "list_denials",
            "list_own_subsidies",
            "sign_denial",
            "take_back_denial",
        )
    },
    **{
        f"closings.{name}": "外地的和没有的一样：test_money_api"
        for name in (
            "ask_month_close",
            "ask_year_end",
            "carry_year_end",
            "close_month",
            "drop_year_end",
            "list_month_closes",
            "show_year_end",
        )
    },
    "restored_payments.show_restored_payments": "外地的地区不收：test_money_api",
    "restored_payments.confirm_restored_payments": "外地的地区不收：test_money_api",
    "endings.release_entitlement": "外地的申领和没有的一样：test_release_stories",
    "sessions.ask_code": "登录",
    "sessions.open_phone_session": "登录",
    "standings.ask_standing": "凭证件号码，人员不属于哪个地区；本人只能问自己",
    **{
        f"applications.{name}": "外人的申请和外地的一样是没有：test_applications"
        for name in (
            "answer_clarification",
            "ask_clarification",
            "decide_application",
            "file_application",
            "list_applications",
            "list_outside_questions",
            "show_application",
            "state_demands",
            "verify_outside",
            "withdraw_application",
        )
    },
    **{
        f"phone_checks.{name}": "外地的和没有的一样：test_phone_checks"
        for name in ("list_draws", "show_draw", "draw_class", "begin_call", "tell_result")
    },
    "timetables.ask_change": "别家的班级和没有的一样：test_timetable_changes",
    "timetables.list_changes": "外地看不到：test_timetable_changes",
    "timetables.review_change": "外地的和没有的一样：test_timetable_changes",
    "class_changes.list_moves": "外地看不到：test_class_changes",
    "class_changes.review_move": "外地的和没有的一样：test_class_changes",
    "class_changes.decide_correction": "别家的和没有的一样：test_class_changes",
    "intake_denials.list_own_intakes": "只看本人的",
    "intake_denials.list_intake_denials": "只看本辖区的：test_intakes",
    "intake_denials.disown_entry": "别人的和没有的一样：test_intakes",
    "intake_denials.take_back_intake_denial": "别人的和没有的一样：test_intakes",
    "intake_denials.answer_intake_denial": "外地的和没有的一样：test_intakes",
    "intake_denials.strike_person": "外地的班和没有的一样：test_intakes",
    "inspections.draw_inspections": "只点名地区：外地 403",
    "inspections.commit_seed": "只点名地区：外地 403",
    "inspections.list_inspection_seeds": "人人可见",
    "inspections.answer": "有了检查结果才能说明：test_inspections",
    "inspections.add_photo": "外地的和没有的一样：test_inspections",
    "ratings.show_rating": "平均数，人人可见",
    **{
        f"talents.{name}": "人人可见，或只有本人、本辖区的：web/test_public_pages"
        for name in (
            "ask_equivalences",
            "ask_place",
            "list_next_steps",
            "list_region_streets",
            "list_talents",
            "show_figures",
            "show_levels",
            "show_occupation",
        )
    },
    **{
        f"archives.{name}": "只有本人的；别人的、外地的和没有的一样：test_archives"
        for name in (
            "answer_objection",
            "end_share",
            "list_objections",
            "list_own_shares",
            "list_own_signed",
            "look",
            "object_to",
            "recall_signed",
            "share",
            "show_archive",
            "sign",
        )
    },
    **{
        f"appeals.{name}": "本人的、对本机构的、本辖区的；其余和没有的一样：test_appeals"
        for name in (
            "accept_appeal",
            "answer_appeal",
            "decide_appeal",
            "end_appeal",
            "escalate_appeal",
            "file_appeal",
            "list_appeals",
            "list_subjects",
            "settle_appeal",
            "show_appeal",
            "withdraw_appeal",
        )
    },
    **{
        f"attachments.{name}": "别人的、外地的附件和不存在一样：test_attachments"
        for name in ("open_attachment", "show_attachment", "take_back", "upload")
    },
}


@dataclass
class Town:
    """A place where a voucher has been paid for, and where something is at every desk after training."""

    world: World
    ids: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    everybody: dict[str, tuple[str, Role]] = field(default_factory=dict)
    one_each: bool = False

    def who_may(self, roles: frozenset[Role]) -> Iterator[tuple[str, str]]:
        """Yield login and group of whoever has one of the roles.

        One per group is enough on the second database: what the matrix says is the same on both.
        """
        seen: set[str] = set()
        for login, (group, role) in self.everybody.items():
            if role in roles and not (self.one_each and group in seen):
                seen.add(group)
                yield login, group

    def __getitem__(self, login: str) -> Client:
        """Return the client of a login; a code is good once per account, so nobody has to wait."""
        if login not in self.clients:
            client = self.world.visit()
            answer = client.open_session(login, PASSWORD, self.world.code(login))
            assert answer.status_code == 201, (login, answer.json)
            client.token = answer.json["csrf_token"]
            self.world.let_sign(login)
            self.clients[login] = client
        return self.clients[login]


@pytest.fixture
def town(database: Database, keyring: Keyring, tmp_path: Path) -> Town:
    """Return the town with an account for every role on every side."""
    scene = Scene(database, keyring, tmp_path, FOUNDED_AT)
    ids = _fill_desks(scene)
    world = World(database, keyring, tmp_path, at=scene.at.astimezone(UTC))
    town = Town(world, ids, one_each=not database.is_sqlite)
    for group, region in ((OFFICE, "419001"), (FAR, XINXIANG)):
        for role in sorted(DESK):
            _enter(town, f"{group}-{role}", group, role)
            world.staff(f"{group}-{role}", role, region=region)
    houses = (
        (EXAMS, EVALUATOR_STAFF),
        (HOUSE, INSTITUTION_STAFF),
        (OTHERS, EVALUATOR_STAFF | INSTITUTION_STAFF),
    )
    for group, roles in houses:
        for role in sorted(roles):
            _enter(town, f"{group}-{role}", group, role)
            world.colleague(f"{group}-{role}", ids[group], role)
    for login, (name, number) in ((HOLDER, ZHANG_SAN), (WORKER, LI_SI)):
        _enter(town, login, login, Role.WORKER)
        world.worker(login, name, number)
    return town


def _enter(town: Town, login: str, group: str, role: Role) -> None:
    town.everybody[login] = (group, role)


def _fill_desks(scene: Scene) -> dict[str, Any]:
    """Have a training subsidy paid and recovered, an evaluation claimed and objected to, an exam planned."""
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN, LI_SI)
    first, second = done.voucher_ids
    paid = scene.do(REGISTRAR, lambda work: file_claims(work, SubsidyKind.TRAINING, [first], PLEDGED)).batch
    file = scene.pay(paid, budget)
    claimed = scene.do(
        EVALUATOR, lambda work: file_claims(work, SubsidyKind.EVALUATION, [first], PLEDGED)
    ).batch
    with scene.database.read() as session:
        claims = {
            each.kind: each.id for each in session.scalars(select(Claim).where(Claim.voucher_id == first))
        }
        codes = {each.code: each.id for each in session.scalars(select(Institution))}
        accounts = {each.institution_id: each.id for each in session.scalars(select(PayeeAccount))}
        sat = session.scalars(select(Candidate).where(Candidate.voucher_id == first)).one()
        result = session.scalars(select(ExamResult).where(ExamResult.candidate_id == sat.id)).one()
    clawback = scene.do("初审员", lambda work: open_clawback(work, claims["training"], "抽查不符"))
    scene.review_and_post(claimed.batch_id)
    with scene.database.read() as session:
        notice = session.scalars(select(Notice).where(Notice.batch_id == claimed.batch_id)).one()
    objection = scene.do(
        "operator", lambda work: lodge(work, notice.id, claims["evaluation"], "不在场", None)
    )
    claim_hold = scene.do("初审员", lambda w: holds.open_hold(w, Thing.CLAIM, claims["evaluation"], "核查"))
    voucher_hold = scene.do("初审员", lambda w: holds.open_hold(w, Thing.VOUCHER, second, "核查"))
    exam = scene.do(EVALUATOR, lambda work: plan.plan_batch(work, _new_exam(scene, codes[EV1[1]])))
    card = NewExaminer(codes[EV1[1]], town_issue.newcomer(LI_SI), "KP1", date(2021, 1, 1), None)
    filed = scene.do(EVALUATOR, lambda work: file_examiner(work, card))
    site = scene.do(EVALUATOR, lambda work: sites.file_site(work, codes[EV1[1]], "本部", "学苑路"))
    room = scene.do(EVALUATOR, lambda work: sites.add_room(work, site.id, "一号", RoomKind.HALL, 30))
    with scene.database.read() as session:
        listed = session.scalars(select(Candidate).where(Candidate.batch_id == exam.id)).one()
    house = codes[EV2[1]]
    proposed = scene.do("制单员", lambda work: propose_account(work, EV2[1], **ACCOUNT))
    visited = scene.do(
        "初审员", lambda work: open_inspection(work, done.class_id, scene.at.date(), True, "群众反映")
    )
    return {
        "budget": budget, "voucher": first, "certified": second, "class": done.class_id,
        "paid_batch": paid.batch_id, "paid_claim": claims["training"], "file": file.id,
        "batch": claimed.batch_id, "claim": claims["evaluation"], "clawback": clawback.id,
        "objection": objection.id, "claim_hold": claim_hold.id, "voucher_hold": voucher_hold.id,
        "exam": exam.id, "candidate": listed.id, "sat": sat.batch_id, "result": result.id,
        "examiner": filed.id, "site": site.id, "room": room.id,
        "certificate": str(done.certificates[0]["证书编号"]), "account": accounts[house],
        "proposed": proposed.id, "code": EV2[1],
        "inspection": visited.id,
        EXAMS: codes[EV1[1]], HOUSE: house,
        OTHERS: town_train.train_institution(scene, region=XINXIANG),
    }  # fmt: skip


def _new_exam(scene: Scene, evaluator_id: int) -> plan.NewBatch:
    return plan.NewBatch(
        institution_id=evaluator_id,
        certificate_kind="skill_level",
        trade_code=NURSE,
        level=2,
        exam_on=scene.at.date() + timedelta(days=30),
        place="考场",
        people=[
            Direct(town_issue.newcomer(SUN_BA), entries.Entry(entries.EntryWay.WORK, "社保缴费记录", years=6))
        ],
    )


def probes_of(ids: Mapping[str, Any]) -> list[Probe]:
    """Return every probe, those that end something last."""
    claims: dict[str, Any] = {"claim_ids": ["#"]}
    officers = frozenset({Role.OPERATOR})
    houses, evaluators = (
        frozenset({Role.INSTITUTION_ADMIN, Role.REGISTRAR}),
        frozenset({Role.EVALUATOR_ADMIN}),
    )
    scores = [{"candidate_id": ids["candidate"], "theory_hundredths": 7_000, "skill_hundredths": 7_000}]
    return [
        see("budgets.list_budget_movements", "/budgets/#/movements", "budget", OFFICE),
        see("batches.show_batch", "/batches/#", "paid_batch", OFFICE, HOUSE),
        see("batches.show_batch", "/batches/#", "batch", OFFICE, EXAMS),
        see("batches.list_batch_lines", "/batches/#/lines", "paid_batch", OFFICE, HOUSE),
        see("batches.list_batch_lines", "/batches/#/lines", "batch", OFFICE, EXAMS),
        see("claims.show_claim", "/claims/#", "paid_claim", OFFICE, HOUSE),
        see("claims.show_claim", "/claims/#", "claim", OFFICE, EXAMS),
        see("payments.show_payment_file", "/payment-files/#", "file", OFFICE, HOUSE),
        see("payments.list_payment_lines", "/payment-files/#/lines", "file", OFFICE, HOUSE),
        see("payees.show_account", "/payee-accounts/#", "account", OFFICE, HOUSE),
        see("exams.show_exam_batch", "/exam-batches/#", "exam", OFFICE, EXAMS),
        see("exams.list_candidates", "/exam-batches/#/candidates", "exam", OFFICE, EXAMS),
        see("exam_arrivals.list_arrivals", "/exam-batches/#/arrivals", "exam", OFFICE, EXAMS),
        see("certificates.show_certificate", "/certificates/#", "certificate", OFFICE, EXAMS, HOLDER),
        see("inspections.show_inspection", "/inspections/#", "inspection", OFFICE, HOUSE),
        see("class_changes.list_corrections", "/classes/#/corrections", "class", OFFICE, HOUSE),
        see("timetables.list_class_changes", "/classes/#/timetable-changes", "class", OFFICE, HOUSE),
        act("class_changes.ask_split", "/classes/#/splits", "class", HOUSE,
            to_class_id=ids["class"], voucher_ids=[ids["voucher"]], **WHY),
        act("class_changes.ask_merger", "/classes/#/mergers", "class", HOUSE,
            to_class_id=ids["class"], **WHY),
        act("class_changes.ask_correction", "/classes/#/corrections", "class", HOUSE,
            voucher_id=ids["voucher"], hours_attended=39, exam_hundredths=8_000, **WHY),
        act("inspections.open_inspection", "/inspections", "class", OFFICE,
            class_id="#", planned_on="2030-01-01", announced=True, **WHY),
        act("inspections.close", "/inspections/#/closings", "inspection", OFFICE, words="办结"),
        act("inspections.conclude", "/inspections/#/reports", "inspection", OFFICE,
            people_present=1, marks=[{"item": "teacher", "mark": "met"}], conclusion="in_order"),
        act("ratings.rate_class", "/ratings", "voucher", HOLDER, voucher_id="#", stars=5),
        act("holds.open_hold", "/holds", "voucher", OFFICE, voucher_id="#", **WHY),
        act("holds.open_hold", "/holds", "claim", OFFICE, claim_id="#", **WHY),
        act("holds.close_hold", "/holds/#/closings", "voucher_hold", OFFICE, conclusion="查无实据"),
        act("holds.close_hold", "/holds/#/closings", "claim_hold", OFFICE, conclusion="查无实据"),
        act("exams.plan_exam", "/exam-batches", EXAMS, EXAMS, institution_id="#",
            certificate_kind="skill_level", trade_code=NURSE, level=2, exam_on="2030-01-01", place="考场"),
        act("exams.add_candidates", "/exam-batches/#/candidates", "exam", EXAMS,
            voucher_ids=[ids["certified"]]),
        act("examiners.file_examiner", "/examiners", EXAMS, EXAMS, institution_id="#", card_number="KP2",
            since="2024-01-01", person={"name": SUN_BA[0], "number": SUN_BA[1]}),
        act("examiners.assign_examiners", "/exam-batches/#/examiners", "exam", EXAMS,
            examiner_ids=[ids["examiner"]]),
        act("examiners.end_examiner", "/examiners/#/endings", "examiner", EXAMS, **WHY),
        act("exam_sites.file_exam_site", "/exam-sites", EXAMS, EXAMS, institution_id="#", name="分部",
            address="学苑路"),
        act("exam_sites.add_exam_room", "/exam-sites/#/rooms", "site", EXAMS, name="二号", kind="hall",
            seats=9),
        act("exam_sites.choose_exam_rooms", "/exam-batches/#/rooms", "exam", EXAMS,
            room_ids=[ids["room"]], begins="09:00"),
        see("exam_sites.list_seats", "/exam-batches/#/seats", "exam", OFFICE, EXAMS),
        act("exam_sites.print_slips", "/exam-batches/#/slips", "exam", EXAMS),
        act("exam_sites.end_exam_room", "/exam-rooms/#/endings", "room", EXAMS, **WHY),
        act("exams.admit_candidate", "/candidates/#/admissions", "candidate", EXAMS, number=ZHANG_SAN[1]),
        act("exam_arrivals.arrive", "/exam-batches/#/arrivals", "exam", EXAMS,
            shown="2024000001000000014", last4="0000"),
        act("exams.enter_scores", "/results", "exam", EXAMS, exam_batch_id="#", scores=scores),
        act("exams.enter_second", "/second-entries", "exam", EXAMS, exam_batch_id="#",
            scores=[{"candidate_id": ids["candidate"], "skill_hundredths": 6_500}]),
        act("exams.publish_results", "/exam-batches/#/publications", "exam", EXAMS),
        act("exams.correct_result", "/results/#/corrections", "result", EXAMS,
            step="ask", theory_hundredths=6_000, skill_hundredths=6_500, **WHY),
        act("exams.correct_result", "/results/#/corrections", "result", EXAMS, roles=evaluators,
            step="confirm"),
        act("exams.fail_voucher", "/failures", "voucher", EXAMS, voucher_id="#", **WHY),
        act("exams.cancel_exam", "/exam-batches/#/cancellations", "exam", EXAMS, **WHY),
        act("certificates.verify_again", "/verifications", "certificate", (OFFICE, EXAMS), numbers=["#"]),
        act("certificates.issue_completion", "/completion-certificates", "class", HOUSE, class_id="#"),
        act("claims.file_voucher_claims", "/claims", "certified", (OFFICE, HOUSE), roles=officers | houses,
            kind="training", voucher_ids=["#"], pledged=True),
        act("claims.preview_voucher_claims", "/claims/previews", "certified", (OFFICE, EXAMS),
            roles=officers | evaluators, kind="evaluation", voucher_ids=["#"]),
        act("claims.file_voucher_claims", "/claims", "certified", (OFFICE, EXAMS),
            roles=officers | evaluators, kind="evaluation", voucher_ids=["#"], pledged=True),
        act("claims.clear_claim", "/claims/#/decisions", "claim", OFFICE, amount_fen=1, **OPINION),
        act("claims.resubmit_claims", "/claims/resubmissions", "claim", (OFFICE, EXAMS),
            roles=officers | evaluators, **claims),
        act("claims.resubmit_claims", "/claims/resubmissions", "paid_claim", (OFFICE, HOUSE),
            roles=officers | houses, **claims),
        *(
            act("batches.sign_batch", "/batches/#/signatures", "batch", OFFICE, roles=frozenset(signers),
                step=step, decision="pass", **OPINION)
            for step, *signers in SIGNERS
        ),
        act("notices.post_batch", "/notices", "batch", OFFICE, batch_id="#"),
        act("notices.decide_objection", "/objections/#/decisions", "objection", OFFICE,
            decision="dismiss", conclusion="核实"),
        act("claims.turn_down_claim", "/claims/#/rejections", "claim", OFFICE, roles=OFFICERS, **OPINION),
        act("claims.withdraw_claims", "/claims/withdrawals", "claim", (OFFICE, EXAMS),
            roles=officers | evaluators, **claims, **WHY),
        act("claims.withdraw_claims", "/claims/withdrawals", "paid_claim", (OFFICE, HOUSE),
            roles=officers | houses, **claims, **WHY),
        act("budgets.grant_budget", "/budgets/#/movements", "budget", OFFICE,
            act="grant", amount_fen=100, document="追加"),
        act("payments.prepare_file", "/payment-files", "budget", OFFICE, budget_id="#"),
        act("payments.sign_file", "/payment-files/#/signatures", "file", OFFICE,
            roles=frozenset({Role.FINANCE_CHECKER}), step="check"),
        act("payments.sign_file", "/payment-files/#/signatures", "file", OFFICE,
            roles=frozenset({Role.FINANCE_RELEASER}), step="release"),
        act("payments.void_file", "/payment-files/#/voidings", "file", OFFICE, **WHY),
        act("payments.download_file", "/payment-files/#/content", "file", OFFICE),
        act("payments.book_results", "/bank-results", "file", OFFICE, file=True, payment_file_id="#"),
        act("payments.claw_back", "/clawbacks", "paid_claim", OFFICE, claim_id="#", **WHY),
        act("payments.book_repayment", "/repayments", "clawback", OFFICE,
            clawback_id="#", amount_fen=100, document="缴款书"),
        act("payees.correct_account", "/payee-accounts/#/corrections", "code", (OFFICE, HOUSE), **ACCOUNT),
        act("payees.confirm_correction", "/payee-accounts/#/confirmations", "proposed", OFFICE,
            decision="refuse", **WHY),
        act("payees.reinstate_bounced", "/payee-accounts/#/reinstatements", "code", OFFICE),
        act("endings.reinstate_voucher", "/reinstatements", "voucher", OFFICE,
            step="ask", voucher_id="#", **WHY),
        act("endings.reinstate_voucher", "/reinstatements", "voucher", OFFICE,
            step="confirm", voucher_id="#"),
        act("endings.decide_higher_certificate", "/higher-certificates", "voucher", OFFICE,
            step="confirm", voucher_id="#"),
        act("endings.decertify_voucher", "/decertifications", "certified", OFFICE, voucher_id="#", **WHY),
        act("certificates.revoke_certificate", "/certificate-revocations", "certificate", OFFICE,
            number="#", seen="0" * 64, **WHY),
        act("certificates.verify_by_hand", "/hand-verifications", "certificate", OFFICE, number="#", **READ),
        act("certificates.reinstate_certificate", "/certificate-reinstatements", "certificate", OFFICE,
            step="ask", number="#", **WHY),
    ]  # fmt: skip


# endpoint, address, the object that is in it, and who sees it there
LISTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("budgets.list_budgets", "/budgets", "budget", (OFFICE,)),
    ("inspections.list_inspections", "/inspections", "inspection", (OFFICE, HOUSE)),
    ("batches.list_batches", "/batches", "paid_batch", (OFFICE, HOUSE)),
    ("batches.list_batches", "/batches", "batch", (OFFICE, EXAMS)),
    ("claims.list_claims", "/claims", "paid_claim", (OFFICE, HOUSE)),
    ("claims.list_claims", "/claims", "claim", (OFFICE, EXAMS)),
    ("payments.list_payment_files", "/payment-files", "file", (OFFICE, HOUSE)),
    ("payments.list_clawbacks", "/clawbacks", "clawback", (OFFICE, HOUSE)),
    ("notices.list_objections", "/objections", "objection", (OFFICE,)),
    ("payees.list_accounts", "/payee-accounts", "account", (OFFICE, HOUSE)),
    ("holds.list_holds", "/holds", "voucher_hold", (OFFICE,)),
    ("holds.list_holds", "/holds?thing=claim", "claim_hold", (OFFICE,)),
    ("exams.list_exam_batches", "/exam-batches", "exam", (OFFICE, EXAMS)),
    ("certificates.list_certificates", "/certificates", "certificate", (OFFICE, EXAMS, HOLDER)),
)


def missing(probe: Probe) -> object:
    """Return what names nothing of this kind."""
    return {"code": NO_CODE, "certificate": NO_NUMBER}.get(probe.about, NOBODY)


def pairs(town: Town) -> Iterator[tuple[Probe, str, str]]:
    """Yield every probe with everybody whose role the route lets in."""
    for probe in probes_of(town.ids):
        who = MATRIX[probe.endpoint].who
        assert not isinstance(who, Entry), probe.endpoint
        for login, group in town.who_may(who & probe.roles):
            yield probe, login, group


def test_every_route_of_the_later_stages_is_probed_or_says_why_not() -> None:
    probed = {each.endpoint for each in probes_of(defaultdict(int))} | {endpoint for endpoint, *_ in LISTS}
    assert probed & set(OF_NOBODY) == set()
    assert set(API) - set(ISSUE) - set(TRAIN) == probed | set(OF_NOBODY)


@BOTH
def test_everybody_sees_and_moves_what_is_ones_own_and_all_else_is_missing(town: Town) -> None:
    for login in town.everybody:
        town[login].get("/sessions/current")  # everybody is in before anything is counted
    before = count_everything(town.world.database)
    assert find_wrong_lists(town) == []
    assert find_wrong_refusals(town) == []
    check_own_part(town)
    check_examiners_are_ones_own(town)
    check_regions_named(town)
    assert count_everything(town.world.database) == before
    assert find_wrong_welcomes(town) == []


def find_wrong_lists(town: Town) -> list[tuple[Any, ...]]:
    """Return the lists that hide what is one's own, show what is not, or let a foreign region be named."""
    wrong: list[tuple[Any, ...]] = []
    for endpoint, path, about, own in LISTS:
        who = MATRIX[endpoint].who
        assert not isinstance(who, Entry)
        joined = "&" if "?" in path else "?"
        asked: set[str] = set()
        for login, group in town.who_may(who):
            items = town[login].get(f"{path}{joined}limit=200").json["items"]
            named = [each["number" if about == "certificate" else "id"] for each in items]
            if (town.ids[about] in named) != (group in own):
                wrong.append((path, about, login, named))
            if group not in asked:
                asked.add(group)
                elsewhere = town[login].get(f"{path}{joined}region=419001")
                if (elsewhere.status_code == 403) != (group != OFFICE):
                    wrong.append((path, "region", login, elsewhere.json))
    return wrong


def find_wrong_refusals(town: Town) -> list[tuple[Any, ...]]:
    """Return the answers that tell somebody else's object from one that is not there."""
    wrong: list[tuple[Any, ...]] = []
    absents: dict[tuple[int, str], Any] = {}  # asked once a group, and again where it looks different
    probes = list(pairs(town))
    for probe, login, group in probes:
        if group in probe.own:
            continue
        wanted, nothing = town.ids[probe.about], missing(probe)
        key = (id(probe), group)
        foreign = ask(town[login], probe, wanted)
        if key not in absents or not _is_same(foreign, absents[key], nothing, wanted):
            absents[key] = ask(town[login], probe, nothing)
        absent = absents[key]
        same = _is_same(foreign, absent, nothing, wanted)
        by_role = foreign.status_code == 403 and foreign.json["code"] == "role_missing"
        if not same or not (foreign.status_code == 404 or by_role):
            wrong.append((probe.endpoint, probe.about, login, foreign.json, absent.json))
    return wrong


def _is_same(foreign: Any, absent: Any, nothing: object, wanted: object) -> bool:
    return told(foreign) == told(absent).replace(str(nothing), str(wanted))


def find_wrong_welcomes(town: Town) -> list[tuple[Any, ...]]:
    """Return the answers that keep somebody from one's own."""
    wrong: list[tuple[Any, ...]] = []
    for probe, login, group in pairs(town):
        if group not in probe.own:
            continue
        answer = ask(town[login], probe, town.ids[probe.about])
        refused = answer.is_json and answer.json.get("code") in ("role_missing", "region_foreign")
        if refused or answer.status_code in (401, 404) or answer.status_code >= 500:
            wrong.append((probe.endpoint, probe.about, login, answer.json))
    return wrong


def check_own_part(town: Town) -> None:
    """See that a payee is told its own part of what it shares, and the office the whole."""
    admin = town[f"{HOUSE}-{Role.INSTITUTION_ADMIN}"]
    shared = admin.get(f"/batches/{town.ids['paid_batch']}").json
    assert (shared["declared_count"], shared["declared_total_display"]) == (1, "1,200.00")
    assert shared["outcomes"] == {"payable": 1}
    file = admin.get(f"/payment-files/{town.ids['file']}").json
    assert (file["line_count"], file["total_display"], file["sha256"]) == (1, "1,200.00", None)
    lines = admin.get(f"/payment-files/{town.ids['file']}/lines").json["items"]
    assert [(each["institution_name"], each["amount_fen"], each["outcome"]) for each in lines] == [
        (EV2[0], 1200_00, "succeeded")
    ]
    assert "*" in admin.get(f"/payee-accounts/{town.ids['account']}").json["account_masked"]
    whole = town[f"{OFFICE}-{Role.AUDITOR}"].get(f"/payment-files/{town.ids['file']}").json
    assert len(whole["sha256"]) == 64


def check_examiners_are_ones_own(town: Town) -> None:
    """See that nobody is told of the examiners of another evaluator."""
    who = MATRIX["examiners.list_examiners"].who
    assert not isinstance(who, Entry)
    for login, group in town.who_may(who):
        assert bool(town[login].get("/examiners").json["items"]) == (group == EXAMS), login


def check_regions_named(town: Town) -> None:
    """See that a region named in a body must be one's own, and that a foreign budget is missing."""
    far = town[f"{FAR}-{Role.OPERATOR}"]
    budget = {"region_code": "419001", "year": 2024, "source": "fiscal", "amount_fen": 100}
    period = {"kind": "evaluation", "from_on": "2024-01-01", "until_on": "2024-01-31"}
    for path, body in (
        ("/budgets", budget),
        ("/batches", {**period, "region_code": "419001", "budget_id": town.ids["budget"]}),
    ):
        answer = far.post(path, body)
        assert (answer.status_code, answer.json["code"]) == (403, "region_foreign"), path
    answers = [
        far.post("/batches", {**period, "region_code": XINXIANG, "budget_id": each})
        for each in (town.ids["budget"], NOBODY)
    ]
    assert [(each.status_code, each.json["code"]) for each in answers] == [(404, "budget_missing")] * 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_planted_leak_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sin: whoever works for any payee sees the money of this one."""
    house = frozenset({town.ids[HOUSE]})
    for room in ("batches", "claims", "payments", "payees"):
        monkeypatch.setattr(sys.modules[f"voucher.doors.api.settle.{room}"], "own_payees", lambda *_: house)
    stranger = f"{OTHERS}-{Role.REGISTRAR}"
    town.everybody = {stranger: town.everybody[stranger]}
    refusals = {about for _, about, *_ in find_wrong_refusals(town)}
    assert refusals == {"paid_batch", "paid_claim", "file", "account"}
    lists = {about for _, about, *_ in find_wrong_lists(town)}
    assert lists >= {"paid_batch", "paid_claim", "file", "clawback"}
