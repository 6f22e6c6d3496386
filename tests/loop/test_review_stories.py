"""审核：逐级办理，一人一单一个角色，退回的补正再来。"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from itertools import pairwise

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.loop.telling import (
    amber_left,
    approve,
    approve_batch,
    batch_state,
    claims_of,
    first_review,
    keys_of,
    person,
    post,
    ready,
    refused,
    second_review,
    settle_for,
    states_of,
    told,
)
from tests.scene import (
    EV1,
    LI_SI,
    TURNER,
    XINXIANG,
    ZHANG_SAN,
    Scene,
    on,
    staff_number,
)
from tests.town_certified import hire_at
from voucher.demo.signing import pass_all
from voucher.doors.web.timelines import list_batch_happenings
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import AmountBandRow
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle import queries, review
from voucher.stages.settle.clear import clear
from voucher.stages.settle.models.claims import Claim, SettlementBatch, Signature
from voucher.stages.settle.queries import (
    claim_timeline,
)
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.seen import AmberLeft, list_amber
from voucher.stages.settle.turn_down import turn_down
from voucher.stages.settle.withdraw import withdraw


def test_四级流转不可跳级每步有意见和时间(scene: Scene) -> None:
    """AC-H1."""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN], budget).batch_id
    claim_id = claims_of(scene)[0].id
    assert refused(lambda: second_review(scene, batch)).code == "nothing_to_sign"
    assert refused(lambda: post(scene, batch)).code == "lines_not_ready"
    assert refused(lambda: approve(scene, batch)).code == "nothing_to_sign"
    named = told(
        scene,
        "复核员",
        lambda work: review.sign(work, batch, Step.SECOND_REVIEW, claim_ids=[claim_id], opinion="通过"),
    )
    assert named.code == "line_not_waiting"
    blank = told(scene, "初审员", lambda work: review.sign(work, batch, Step.FIRST_REVIEW, opinion=" "))
    assert blank.code == "opinion_missing"
    first_review(scene, batch)
    assert refused(lambda: first_review(scene, batch)).code == "nothing_to_sign"
    second_review(scene, batch)
    assert refused(lambda: approve(scene, batch)).code == "nothing_to_sign"
    post(scene, batch)
    assert refused(lambda: approve(scene, batch)).code == "nothing_to_sign"
    scene.close_notices()
    approve(scene, batch)
    scene.bank_answers(scene.make_file(budget))
    with scene.database.read() as session:
        steps = claim_timeline(session, claim_id)
    heard = [(each.event_name, each.who) for each in steps]
    assert heard == [
        ("起草", "经办人员（命令行）"), ("申报", "经办人员（命令行）"), ("初审", "初审员"),
        ("复核", "复核员"), ("公示", "复核员"), ("结束公示", "系统定时任务"),
        ("审批", "审批员"), ("签发拨付", "签发员"),
        ("确认到账", "制单员"),
    ]  # fmt: skip
    assert [each.opinion for each in steps if each.event_name in ("初审", "复核", "审批")] == [
        "材料齐全", "复核无误", "同意拨付",
    ]  # fmt: skip
    assert all(one.at <= other.at for one, other in pairwise(steps))
    assert batch_state(scene, batch) == "closed"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_批次金额达到分档的须省级复核_差一分的不须_分档有起止日期(scene: Scene) -> None:
    """AC-H1：分档是有日期的行，省级复核加一道签署，缺这一道不能公示；同一人不能顶替。"""
    ready(scene)
    scene.hire("省级", Role.OFFICER_PROVINCE, "310101199001010360")
    set_band(scene, 400_01, "2024-01-01", None)
    set_band(scene, 400_00, "2024-02-01", "2024-02-29")
    budget = scene.open_budget()
    sign = partial(review.sign, step=Step.PROVINCE_REVIEW, opinion="同意")
    settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    below, reached = 1, 2
    scene.at = on("2024-02-01")
    settle_for(scene, [person(3), person(4)], budget)
    for batch in (below, reached):
        first_review(scene, batch)
        second_review(scene, batch)
    assert told(scene, "省级", partial(sign, batch_id=below)).code == "step_not_required"
    post(scene, below)
    assert refused(lambda: post(scene, reached)).title == "不能跳级：审批之前还须先办理省级复核"
    assert told(scene, "复核员", partial(sign, batch_id=reached)).code in {"role_missing", "region_foreign"}
    assert scene.do("省级", partial(sign, batch_id=reached)) == 2
    assert told(scene, "省级", partial(sign, batch_id=reached)).code in {"step_done", "same_hand_race"}
    post(scene, reached)


def set_band(scene: Scene, minimum_fen: int, since: str, until: str | None) -> None:
    """Add a dated row: from this amount on the province signs as well."""

    def act(work: Work) -> None:
        work.session.add(
            AmountBandRow(
                minimum_fen=minimum_fen,
                steps="submit first_review second_review province_review approve",
                document="【参】场景分档",
                since=date.fromisoformat(since),
                until=date.fromisoformat(until) if until else None,
            )
        )

    scene.do("operator", act)


def test_同一人不得初审又复核_换账号也不行(scene: Scene) -> None:
    """AC-H1：济源没有下辖县区，两次审核由同一机关的两个人办理，按人不按账号比较。"""
    ready(scene)
    scene.hire("初审员2", Role.OFFICER_CITY, "310101199001010010")
    batch = settle_for(scene, [ZHANG_SAN], scene.open_budget()).batch_id
    first_review(scene, batch)
    for login in ("初审员", "初审员2"):
        heard = refused(partial(second_review, scene, batch, login))
        assert heard.code == "fixed_role"
        assert "初审" in heard.title
    second_review(scene, batch)
    post(scene, batch)
    scene.close_notices()
    scene.hire("复核员2", Role.FINANCE_APPROVER, "310101199001010020")
    assert refused(lambda: approve(scene, batch, "复核员2")).code == "fixed_role"
    approve(scene, batch)
    with scene.database.read() as session:
        signed = session.execute(select(Signature.step, Signature.signer_person_id)).all()
    assert len({person_id for _, person_id in signed}) == 3


def test_申报人换个账号也不能审核自己的申报(scene: Scene) -> None:
    """AC-H1."""
    ready(scene)
    scene.hire("双岗", Role.OPERATOR, "310101199001010080")
    scene.hire("双岗2", Role.OFFICER_COUNTY, "310101199001010080")
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN))
    batch = scene.settle(budget, login="双岗").batch_id
    assert refused(lambda: first_review(scene, batch, "双岗2")).code == "fixed_role"
    assert first_review(scene, batch) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_领证的是自己_收款的是自己任职的机构_换账号也须回避(scene: Scene) -> None:
    """AC-H1：回避的只是这一条，其余照签。"""
    ready(scene)
    scene.hire("评价站李某", Role.OFFICER_COUNTY, "310101199001010190")
    hire_at(scene, "评价站李某2", Role.EVALUATOR_ADMIN, "310101199001010190", EV1)
    county = ("初审员", staff_number("310101199001010010"))
    batch = settle_for(scene, [county, ZHANG_SAN], scene.open_budget()).batch_id
    own, other = claims_of(scene)
    for login in ("初审员", "评价站李某"):
        heard = refused(partial(first_review, scene, batch, login))
        assert (heard.code, own.number in heard.title) == ("involved", True)
    left = [
        amber_left(scene, batch, Step.FIRST_REVIEW, each) for each in ("初审员", "评价站李某", "异议处理员")
    ]
    assert [(each.barred, len(each.mine)) for each in left] == [(1, 1), (2, 0), (0, 2)], "led to none of it"
    one = partial(review.sign, batch_id=batch, step=Step.FIRST_REVIEW, opinion="材料齐全")
    assert scene.do("初审员", partial(one, claim_ids=[other.id])) == 1
    assert first_review(scene, batch, "异议处理员") == 1


def test_没有权限或不在辖区的人办不了(scene: Scene) -> None:
    """AC-H1：经办人员什么都不签；外区人员连批次都看不见。"""
    ready(scene)
    scene.hire("新乡初审", Role.OFFICER_COUNTY, "310101199001010090", region=XINXIANG)
    batch = settle_for(scene, [ZHANG_SAN], scene.open_budget()).batch_id
    assert refused(lambda: first_review(scene, batch, "operator")).code == "role_missing"
    assert refused(lambda: first_review(scene, batch, "审批员")).code == "role_missing"
    assert refused(lambda: first_review(scene, batch, "新乡初审")).code == "batch_missing"


def happened(scene: Scene, batch_id: int) -> list[str]:
    """Return what the page of a batch tells of it, step by step."""
    with scene.database.read() as session:
        return [each.event_name for each in list_batch_happenings(session, batch_id)]


def test_退回三人补正而二十七人先行(scene: Scene) -> None:
    """AC-H2：补正后是同一申领单的第二次修订，另成一批，同键不算重复。"""
    ready(scene)
    budget = scene.open_budget()
    settled = settle_for(scene, [person(i) for i in range(30)], budget)
    batch = settled.batch_id
    sent_back = [each.id for each in claims_of(scene)[:3]]
    defects = "缺身份证复印件；缺考核成绩单"
    scene.do(
        "初审员",
        lambda work: review.return_claims(work, batch, Step.FIRST_REVIEW, sent_back, defects),
    )
    first_review(scene, batch)
    second_review(scene, batch)
    post(scene, batch)
    assert states_of(scene) == {"returned": 3, "noticed": 27}
    once = happened(scene, batch)
    assert "初审退回补正 3 条" in once
    again = scene.do("operator", lambda work: resubmit(work, sent_back))
    assert again.id != batch
    assert sorted(happened(scene, batch)) == sorted(once), "what happened in a batch stays told there"
    assert not [each for each in happened(scene, again.id) if "退回补正" in each]
    fixed = claims_of(scene, again.id)
    assert [each.id for each in fixed] == sent_back
    assert {(each.revision, each.state) for each in fixed} == {(2, "submitted")}
    assert keys_of(scene) == {"taken": 30}
    assert scene.budget(budget).reserved_fen == 30 * 200_00
    scene.close_notices()
    approve(scene, batch)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene, batch) == {"paid": 27}
    assert batch_state(scene, batch) == "closed"
    approve_batch(scene, again.id)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 30}
    assert keys_of(scene) == {"consumed": 30}
    assert scene.budget(budget).spent_fen == 30 * 200_00


def test_补正提交的人算作申报人(scene: Scene) -> None:
    """AC-H2：一人一单一个角色，代为补正的人也不能再审核这一单。"""
    ready(scene)
    scene.hire("补正员", Role.OPERATOR, "310101199001010080")
    scene.hire("补正员2", Role.OFFICER_COUNTY, "310101199001010080")
    batch = settle_for(scene, [ZHANG_SAN], scene.open_budget()).batch_id
    claim_id = claims_of(scene)[0].id
    scene.do(
        "初审员", lambda work: review.return_claims(work, batch, Step.FIRST_REVIEW, [claim_id], "缺照片")
    )
    again = scene.do("补正员", lambda work: resubmit(work, [claim_id]))
    assert batch_state(scene, batch) == "cancelled", "nothing is left of the first batch"
    assert refused(lambda: first_review(scene, again.id, "补正员2")).code == "fixed_role"
    assert first_review(scene, again.id, "初审员") == 1, "the same reviewer may look at the next revision"
    assert second_review(scene, again.id) == 1


def test_补正后证书已撤销的不能再申报(scene: Scene) -> None:
    """AC-H2：补正的每一条重新核定。"""
    ready(scene)
    row = scene.certificate(ZHANG_SAN)
    scene.certify(row)
    batch = scene.settle(scene.open_budget()).batch_id
    claim_id = claims_of(scene)[0].id
    scene.do(
        "初审员", lambda work: review.return_claims(work, batch, Step.FIRST_REVIEW, [claim_id], "缺照片")
    )
    scene.import_register([scene.registered(row, 状态="撤销")])
    heard = told(scene, "operator", lambda work: resubmit(work, [claim_id]))
    assert heard.code == "still_refused"
    assert "已被撤销" in heard.title
    scene.do("operator", lambda work: withdraw(work, [claim_id], "证书已撤销"))
    assert (states_of(scene), keys_of(scene)) == ({"withdrawn": 1}, {"freed": 1})
    assert batch_state(scene, batch) == "cancelled"


def test_不予通过的一条不影响其余(scene: Scene) -> None:
    """AC-H1：逐条办理；不予通过的放行资格、释放占用。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN, LI_SI], budget).batch_id
    first = claims_of(scene)[0].id
    first_review(scene, batch)
    scene.do("复核员", lambda work: review.reject(work, batch, Step.SECOND_REVIEW, [first], "查无考试记录"))
    second_review(scene, batch)
    assert (states_of(scene), keys_of(scene)) == (
        {"rejected": 1, "second_reviewed": 1},
        {"freed": 1, "taken": 1},
    )
    assert scene.budget(budget).reserved_fen == 200_00


def test_撤回一条之后其余照常走完(scene: Scene) -> None:
    """AC-H1：先审一条、撤回另一条，批次不会停在半路。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN, LI_SI], budget).batch_id
    first, second = (each.id for each in claims_of(scene))
    scene.do(
        "初审员",
        lambda work: review.sign(work, batch, Step.FIRST_REVIEW, claim_ids=[first], opinion="齐全"),
    )
    assert batch_state(scene, batch) == "filed"
    scene.do("operator", lambda work: withdraw(work, [second], "重复上传"))
    assert batch_state(scene, batch) == "first_reviewed"
    second_review(scene, batch)
    post(scene, batch)
    scene.close_notices()
    approve(scene, batch)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 1, "withdrawn": 1}
    assert batch_state(scene, batch) == "closed"


def test_转人工由两人按同一金额核定(scene: Scene) -> None:
    """G、H 组：不高于标准，不是申报人，两人不同、金额一致，确认时才占用预算。"""
    ready(scene)
    scene.hire("初审员2", Role.OFFICER_CITY, "310101199001010010")
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, TURNER, "三级", method="破格"))
    scene.settle(budget)
    claim_id = claims_of(scene)[0].id

    def cleared(login: str, fen: int, opinion: str = "破格晋升文件示例号") -> bool:
        return scene.do(login, lambda work: clear(work, claim_id, fen, opinion))

    assert refused(lambda: cleared("初审员", 280_01)).code == "clearing_out_of_range"
    assert refused(lambda: cleared("初审员", 280_00, " ")).code == "opinion_missing"
    assert refused(lambda: cleared("operator", 280_00)).code == "role_missing"
    assert cleared("初审员", 140_00) is False
    assert scene.budget(budget).reserved_fen == 0
    assert refused(lambda: cleared("初审员2", 140_00)).code == "second_person_needed"
    assert refused(lambda: cleared("复核员", 280_00)).code == "clearing_differs"
    assert cleared("复核员", 140_00) is True
    claim = claims_of(scene)[0]
    assert (claim.state, claim.amount_fen, claim.reserved_fen) == ("submitted", 140_00, 140_00)
    assert claim.explanation == "人工核定 140.00：破格晋升文件示例号"


def test_转人工不予通过的放行资格(scene: Scene) -> None:
    """LIFECYCLE：转人工可以不予通过；申报人自己不能决定。"""
    ready(scene)
    scene.hire("双岗", Role.OPERATOR, "310101199001010080")
    scene.hire("双岗2", Role.OFFICER_COUNTY, "310101199001010080")
    scene.certify(scene.certificate(ZHANG_SAN, TURNER, "三级", method="竞赛"))
    batch = scene.settle(scene.open_budget(), login="双岗").batch_id
    claim_id = claims_of(scene)[0].id
    assert told(scene, "双岗2", lambda work: turn_down(work, claim_id, "没有依据")).code == "same_hand"
    scene.do("初审员", lambda work: turn_down(work, claim_id, "没有依据"))
    assert (states_of(scene), keys_of(scene)) == ({"rejected": 1}, {"freed": 1})
    assert batch_state(scene, batch) == "cancelled"


def test_改期申报的人也不能核定_核定的人也不能代为申报_审核过的不能换岗不予拨付(scene: Scene) -> None:
    """LIFECYCLE Hands：按人比对，一单的每一次修订都算；库里也拦。"""
    ready(scene)
    scene.hire("补正员", Role.OPERATOR, "310101199001010080")
    scene.hire("补正员2", Role.OFFICER_CITY, "310101199001010080")
    scene.hire("核定兼操作", Role.OPERATOR, "310101199001010070")
    scene.hire("初审兼审批", Role.FINANCE_APPROVER, "310101199001010010")
    scene.certify(scene.certificate(ZHANG_SAN, method="竞赛"), scene.certificate(LI_SI))
    settled = scene.settle(scene.open_budget())
    manual = next(each.claim_id for each in settled.with_outcome(Outcome.MANUAL))
    plain = next(each.claim_id for each in settled.with_outcome(Outcome.PAYABLE))
    assert manual is not None
    assert plain is not None
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, manual, 200_00, "竞赛文件已核验"))
    scene.do(
        "初审员",
        lambda work: review.return_claims(
            work, settled.batch_id, Step.FIRST_REVIEW, [manual], "请补竞赛文件"
        ),
    )
    own = told(scene, "核定兼操作", lambda work: resubmit(work, [manual]))
    assert own.code == "cleared_it", "who set the amount does not file it again"
    filed = f"INSERT INTO claim_hand VALUES ({manual}, {scene.actor('核定兼操作').person_id}, 'submit')"
    words = "does not file the claim again"
    with pytest.raises(DBAPIError, match=words), scene.database.engine.begin() as connection:
        connection.execute(text(filed))
    scene.do("补正员", lambda work: resubmit(work, [manual]))
    assert told(scene, "补正员2", lambda work: clear(work, manual, 200_00, "已补")).code == "same_hand"
    for sin, words in (
        ("UPDATE clearing SET proposed_by_person_id = {0}", "no hand in its amount"),
        (("INSERT INTO clearing (id, claim_id, revision, amount_fen, opinion, submitter_person_id,"
         " proposed_by_person_id, proposed_at) SELECT 99, claim_id, 2, 1, '-', submitter_person_id, {0},"
         " proposed_at FROM clearing"), "no hand in its amount"),
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match=words), scene.database.engine.begin() as connection:
            connection.execute(text(sin.format(scene.actor("补正员").person_id)))

    scene.review_and_post(settled.batch_id)
    scene.close_notices()
    scene.do("审批员", lambda work: pass_all(work, settled.batch_id, Step.APPROVE, "同意"))
    assert told(scene, "初审兼审批", lambda work: turn_down(work, plain, "不付")).code == "fixed_role"
    scene.do("审批员", lambda work: turn_down(work, plain, "不付"))
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, manual, 150_00, "补交的竞赛文件已核验"))
    with scene.database.read() as session:
        stands = [
            (line.amount_fen, queries.summarise(session, batch_id).cleared.amount_fen)
            for batch_id in (settled.batch_id, settled.batch_id + 1)
            for line in queries.list_lines(session, scene.keyring, batch_id, claim_id=manual)
        ]
        state = session.get_one(Claim, manual).state
        amber = [list_amber(session, settled.batch_id + more, state) for more in (0, 1)]
    assert stands == [(0, 0), (150_00, 150_00)], "what was filed again is cleared where it stands now"
    assert amber == [frozenset(), {manual}], "and is looked at one by one where it stands now"


def cleared_claim(scene: Scene) -> tuple[int, int]:
    """Return batch and claim of a competition certificate whose amount two officers have set."""
    scene.certify(scene.certificate(ZHANG_SAN, method="竞赛"), scene.certificate(LI_SI))
    settled = scene.settle(scene.open_budget())
    claim_id = next(each.claim_id for each in settled.with_outcome(Outcome.MANUAL))
    assert claim_id is not None
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, claim_id, 200_00, "竞赛文件已核验"))
    return settled.batch_id, claim_id


def test_核定过金额的人不再审批(scene: Scene) -> None:
    """核定的人可以审核，不能再审批：管钱的决定要由没有参与核定的人作出。"""
    ready(scene)
    scene.hire("兼任审批员", Role.FINANCE_APPROVER, "310101199001010070")
    batch_id, _ = cleared_claim(scene)
    scene.review_and_post(batch_id)
    scene.close_notices()
    heard = told(scene, "兼任审批员", lambda work: pass_all(work, batch_id, Step.APPROVE, "同意"))
    assert heard.code == "cleared_it"
    assert amber_left(scene, batch_id, Step.APPROVE, "兼任审批员").barred == 1
    assert amber_left(scene, batch_id, Step.APPROVE, "复核员") == AmberLeft((), 0, 0), "signed it before"
    scene.do("审批员", lambda work: pass_all(work, batch_id, Step.APPROVE, "同意"))


def test_核定后被退回的补正后仍转人工(scene: Scene) -> None:
    """退回后再次申报的竞赛证书没有现成金额：释放占用，再由两人核定。"""
    ready(scene)
    batch_id, claim_id = cleared_claim(scene)
    with scene.database.read() as session:
        payees = {session.get_one(Claim, claim_id).institution_id}
    scene.at += timedelta(hours=1)
    scene.do(
        "初审员",
        lambda work: review.return_claims(work, batch_id, Step.FIRST_REVIEW, [claim_id], "请补竞赛文件"),
    )
    again = scene.do("operator", lambda work: resubmit(work, [claim_id]))
    with scene.database.read() as session:
        claim = session.get_one(Claim, claim_id)
    assert (claim.state, claim.revision, claim.amount_fen, claim.reserved_fen) == ("manual", 2, 0, 0)
    assert again.declared_count == 0
    with scene.database.read() as session:
        declared = queries.sum_declared(session, {batch_id, again.id}, payees)
    assert declared == {batch_id: (2, 400_00)}, "what was cleared once is nothing of the new batch"
    scene.at += timedelta(hours=1)
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, claim_id, 150_00, "竞赛文件已补"))
    with scene.database.read() as session:
        declared = queries.sum_declared(session, {batch_id, again.id}, payees)
        whole = session.get_one(SettlementBatch, again.id)
    assert declared == {batch_id: (2, 400_00), again.id: (1, 150_00)}, "and a payee reads it once"
    assert declared[again.id] == (whole.declared_count, whole.declared_total_fen)
