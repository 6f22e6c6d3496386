"""What waits for a first or a second person at the end of the play: something at every desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from voucher.demo.province.cast import MAIN_LOGIN, NURSE, list_codes
from voucher.demo.province.opening import BANK
from voucher.demo.province.proving import Proving
from voucher.demo.province.singles import open_account_of
from voucher.demo.province.stage import Stage
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts, renaming
from voucher.registry.tariffs import agree_tariff, propose_tariff
from voucher.rules.approval import Step
from voucher.rules.levels import Level
from voucher.rules.tariffs import Subject, Tariff
from voucher.rules.vocabulary import CertificateKind, SubsidyKind
from voucher.rules.windows import add_months
from voucher.stages.assess import corrections
from voucher.stages.assess import queries as exams
from voucher.stages.certify.revoke import ask_reinstatement
from voucher.stages.issue.applications import deciding, filing
from voucher.stages.issue.models import Programme
from voucher.stages.issue.models_applications import ApplicationItem
from voucher.stages.issue.replacing import ask_replacement
from voucher.stages.settle import objection, review
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice
from voucher.stages.train import reverse
from voucher.stages.train.models.places import Redemption

NEW_ACCOUNT = "41900000000000990017"
CORRECTED = (61_00, 82_00)


def note_desks(stage: Stage, cohorts: Mapping[str, Proving]) -> None:
    """Put what waits at the desks into the diary; a cohort that does not play leaves nothing."""
    yesterday = stage.today - timedelta(days=1)
    for key, step in (
        ("noticed", _object),
        ("completion", _return_one_claim),
        ("settled", _ask_correction),
        ("evening", _ask_reversal),
        ("revoked", _ask_reinstatement),
        ("filed", _propose_name),
    ):
        if key in cohorts:
            stage.note(stage.today, partial(step, stage, cohorts[key]))
    for waiting in (_change_account, _ask_replacement, _propose_tariffs):
        stage.note(yesterday, partial(waiting, stage))
    stage.note(yesterday, partial(_apply, stage))
    if "training" in cohorts:
        stage.note(stage.today, partial(_ask_the_applicant, stage))


def _object(stage: Stage, noticed: Proving) -> None:
    """Have somebody who read the notice object to one of its lines."""
    with stage.house.database.read() as session:
        batch_id = noticed.paying.settlement_ids[0]
        notice_id = session.scalars(select(Notice.id).where(Notice.batch_id == batch_id)).one()
        claim_id = session.scalars(
            select(Claim.id).where(Claim.batch_id == batch_id).order_by(Claim.id)
        ).first()
    stage.house.act_unknown(
        lambda work: objection.lodge(
            work, notice_id, claim_id or 0, "此人培训那几天在外地打工，没有来上课", "13800000000"
        )
    )


def _return_one_claim(stage: Stage, completion: Proving) -> None:
    """Have the first reviewer send one line back to its institution."""
    batch_id = completion.paying.settlement_ids[0]
    with stage.house.database.read() as session:
        claim_ids = session.scalars(
            select(Claim.id).where(Claim.batch_id == batch_id).order_by(Claim.id).limit(1)
        ).all()
    defects = "到课记录与签到照片人数不一致，请核对后补正"
    stage.act(
        "first-review",
        lambda work: review.return_claims(work, batch_id, Step.FIRST_REVIEW, claim_ids, defects),
    )


def _ask_correction(stage: Stage, settled: Proving) -> None:
    """Have the score clerk ask for other marks of one who failed."""
    with stage.house.database.read() as session:
        listed = exams.list_candidates(session, stage.house.keyring, settled.batch_id)
    candidate_id = listed[max(settled.cohort.failing - 1, 0)].candidate_id
    stage.act(
        "scores",
        lambda work: corrections.ask_correction(
            work, candidate_id, *CORRECTED, "理论试卷第 3 页漏计 2 分，复查属实"
        ),
    )


def _ask_reversal(stage: Stage, evening: Proving) -> None:
    """Have the counter ask to take back a scan of the class that begins tonight."""
    with stage.house.database.read() as session:
        redemption_id = session.scalars(
            select(Redemption.id).where(Redemption.class_id == evening.training.class_id).limit(1)
        ).one()
    stage.act(
        "scanner", lambda work: reverse.ask_reversal(work, redemption_id, "学员报错班次，要求改到下一期")
    )


def _ask_reinstatement(stage: Stage, revoked: Proving) -> None:
    """Have one officer ask to put a revoked certificate back."""
    number = revoked.certified[0][1]
    stage.act("second-review", lambda work: ask_reinstatement(work, number, "评价机构申诉成立，登记已更正"))


def _propose_name(stage: Stage, filed: Proving) -> None:
    """Have the office propose another name for somebody who brought the household register."""
    person = filed.training.roster[0]
    new_name = f"{person.name[0]}新{person.name[-1]}"
    stage.act(
        "operator-jy",
        lambda work: renaming.propose_name(work, person.number, new_name, "户口簿变更页第 4 页"),
    )


def _change_account(stage: Stage) -> None:
    """Have two people of an institution propose another account for its subsidies."""
    body, code = next(each for each in list_codes() if each[0].key == "hope")
    suggested = stage.act(
        "institution",
        lambda work: accounts.propose_account(work, code, body.name, BANK, NEW_ACCOUNT, "开户许可证（新）"),
    ).id
    stage.act("registrar", lambda work: accounts.agree_account(work, suggested, NEW_ACCOUNT))


def _ask_replacement(stage: Stage) -> None:
    """Have one officer ask for a new voucher for somebody who lost theirs without fault."""
    with stage.house.database.read() as session:
        voucher_id = session.scalars(
            select(Voucher.id).where(Voucher.state == "expired").order_by(Voucher.id)
        ).first()
    if voucher_id is not None:
        why = "住院期间过期，非本人原因，住院证明已核"
        stage.act("second-review", lambda work: ask_replacement(work, voucher_id, why))


def _propose_tariffs(stage: Stage) -> None:
    """Have two officers agree on one tariff to come, and one propose another."""
    agreed, waiting = (_tariff(stage, months) for months in (3, 6))
    proposal_id = stage.act("second-review", lambda work: propose_tariff(work, agreed).id)
    stage.act("first-review", lambda work: agree_tariff(work, proposal_id))
    stage.act("second-review", lambda work: propose_tariff(work, waiting))


def _tariff(stage: Stage, months: int) -> Tariff:
    since = add_months(stage.today, months).replace(day=1)
    return Tariff(
        subject=Subject.STANDARD,
        since=since,
        until=None,
        document=f"示例人社〔{since.year}〕{months}号",
        kind=SubsidyKind.TRAINING,
        form=str(CertificateKind.SKILL_LEVEL),
        occupation_code=NURSE,
        level=Level.JUNIOR,
        region_code="419001",
        amount_fen=1_200_00 + months * 50_00,
    )


def _apply(stage: Stage) -> None:
    """Have two people apply for the voucher one has to apply for; the printed worker is the second."""
    stage.act(open_account_of(stage, next(stage.people)), partial(_file, stage=stage))
    if MAIN_LOGIN in stage.workers.values():
        stage.act(MAIN_LOGIN, partial(_file, stage=stage))


def _file(work: Work, stage: Stage) -> None:
    programme = work.session.get_one(Programme, stage.programmes["package"])
    wanted = filing.list_wanted(
        work.session, stage.house.keyring, programme, work.actor.person_id, work.today
    ).labels
    said = dict.fromkeys(range(1, len(wanted) + 1), "想学母婴护理，学完到本县月子中心上班，白天都有空")
    filing.apply(work, programme.id, said, declared=True)


def _ask_the_applicant(stage: Stage) -> None:
    """Have the office ask the printed worker what is unclear in the application."""
    with stage.house.database.read() as session:
        item = session.scalars(
            select(ApplicationItem).order_by(ApplicationItem.application_id.desc(), ApplicationItem.id)
        ).first()
    if item is not None:
        asked = {item.id: "准备到哪一家单位就业？有没有签意向书？"}
        stage.act(
            "first-review",
            partial(deciding.ask_clarification, application_id=item.application_id, questions=asked),
        )
