"""拨付与对账：三人办理，逐行入账，一分不差。"""

from __future__ import annotations

from functools import partial

from sqlalchemy import select, text

from tests.loop.telling import (
    approve,
    approve_batch,
    batch_state,
    claims_of,
    evaluator,
    keys_of,
    person,
    ready,
    settle_for,
    states_of,
    told,
)
from tests.scene import (
    EV1,
    EV2,
    JIYUAN,
    LI_SI,
    LIMITS,
    NURSE,
    ZHANG_SAN,
    Scene,
    on,
)
from voucher.registry import accounts
from voucher.registry.importing.evaluators import EvaluatorsImporter
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.stages.settle import bank, payment, payment_download, review
from voucher.stages.settle.correct import correct_bounced
from voucher.stages.settle.models.payments import Payment, PaymentFile, PaymentLine
from voucher.stages.settle.queries import (
    find_owed_of_file,
    read_owed_still,
    reconcile,
    sum_differences,
)
from voucher.stages.settle.queries.banking import list_set_aside
from voucher.stages.settle.queries.desk import desk
from voucher.stages.settle.turn_down import turn_down
from voucher.stages.settle.withdraw import withdraw

ACCOUNT = "257712345678"


def file_evaluators(scene: Scene, count: int) -> list[tuple[str, str, str]]:
    """File many evaluators from one file."""
    filed = [evaluator(i) for i in range(1, count + 1)]
    rows = [
        {
            "名称": name, "统一社会信用代码": code, "类别": "社会培训评价组织", "地区": JIYUAN,
            "备案号": filing, "职业编码": NURSE, "等级": "五级",
            "有效期起": "2020-01-01", "有效期止": "2030-12-31",
        }
        for name, code, filing in filed
    ]  # fmt: skip
    scene.import_rows(EvaluatorsImporter, rows)
    return filed


def give_accounts(scene: Scene, codes: list[str], stem: str) -> None:
    """Propose and confirm an account for each institution, two people in two transactions."""
    proposed = scene.do(
        "制单员",
        lambda work: [
            accounts.propose_account(work, code, code, "中国银行济源分行", f"{stem}{i:06d}", "开户许可证").id
            for i, code in enumerate(codes)
        ],
    )
    scene.do(
        "付款复核员",
        lambda work: [
            accounts.confirm_account(work, each, f"{stem}{i:06d}") for i, each in enumerate(proposed)
        ],
    )


def test_一百笔拨付成功九十七笔退票三笔_更正账户后各付一次(scene: Scene) -> None:
    """AC-H12：系统已付等于 97 笔之和，差额表恰有 3 条；更正由两人，重付只有一次。"""
    scene.hire_everybody()
    filed = file_evaluators(scene, 100)
    scene.at = on("2024-01-10")
    budget = scene.open_budget()
    scene.certify(*(scene.certificate(person(i), evaluator=each) for i, each in enumerate(filed)))
    settled = scene.settle(budget)
    assert len(settled.verdicts) == 100
    approve_batch(scene, settled.batch_id)
    give_accounts(scene, [code for _, code, _ in filed], "2577")
    file = scene.make_file(budget)
    with scene.database.read() as session:
        lines = session.scalars(select(PaymentLine.reference).order_by(PaymentLine.position)).all()
        assert len(reconcile(session, [JIYUAN])) == 100, "released, and the bank has not answered"
    bounced = [lines[i] for i in (3, 50, 99)]
    report = scene.bank_answers(file, failing=bounced)
    assert (report.succeeded, report.failed, report.quarantined) == (97, 3, 0)
    assert scene.budget(budget).spent_fen == 97 * 200_00
    assert scene.budget(budget).reserved_fen == 3 * 200_00
    with scene.database.read() as session:
        differences = reconcile(session, [JIYUAN])
        assert sum_differences(session, [JIYUAN]) == (3, 600_00), "three lines, and what they come to"
    assert [each.reference for each in differences] == bounced
    assert {each.why for each in differences} == {"银行退票，未支出"}
    codes = [filed[i][1] for i in (3, 50, 99)]
    heard = told(scene, "制单员", lambda work: correct_bounced(work, codes[0]))
    assert heard.code == "account_not_corrected"
    give_accounts(scene, codes, "2588")
    for code in codes:
        assert scene.do("制单员", partial(correct_bounced, institution_code=code)) == 1
    with scene.database.read() as session:
        told_now = reconcile(session, [JIYUAN])
    assert {(each.why, each.released_fen) for each in told_now} == {
        ("银行退票，账户已更正，待重新制单签发", 200_00)
    }
    again = scene.make_file(budget)
    with scene.database.read() as session:
        assert [each.payment_file_number for each in reconcile(session, [JIYUAN])] == [again.number] * 3, (
            "what was sent again differs once, on its new line"
        )
    assert (again.line_count, again.total_fen) == (3, 600_00)
    scene.bank_answers(again)
    assert states_of(scene) == {"paid": 100}
    with scene.database.read() as session:
        assert reconcile(session, [JIYUAN]) == [], "what bounced and was paid again is no difference any more"
    assert scene.budget(budget).spent_fen == 100 * 200_00
    assert batch_state(scene, settled.batch_id) == "closed"
    assert told(scene, "制单员", lambda work: payment.prepare(work, budget)).code == "nothing_to_pay"
    with scene.database.read() as session:
        paid = session.scalars(select(Payment.claim_id).where(Payment.state == "succeeded")).all()
    assert len(paid) == len(set(paid)) == 100


def released(scene: Scene, people: list[tuple[str, str]]) -> tuple[PaymentFile, int]:
    """Have people's claims released to the bank by two evaluators; return file and budget."""
    ready(scene)
    scene.file_evaluator(EV2)
    budget = scene.open_budget()
    scene.certify(*(scene.certificate(each, evaluator=(EV1, EV2)[i % 2]) for i, each in enumerate(people)))
    approve_batch(scene, scene.settle(budget).batch_id)
    return scene.make_file(budget), budget


def answer(scene: Scene, file: PaymentFile, *rows: tuple[str, str, str]) -> bank.BankReport:
    """Import a result file with these lines: reference, yuan, word."""
    content = "参考号,金额,结果\n" + "".join(f"{','.join(row)}\n" for row in rows)
    return scene.do(
        "制单员",
        lambda work: bank.record_results(work, file.id, content.encode(), "回盘.csv", LIMITS),
    )


def test_回盘错一分_查无此号_前后矛盾的都隔离(scene: Scene) -> None:
    """AC-H12：认得的入账一次，认不得的隔离，什么都不猜。"""
    file, budget = released(scene, [ZHANG_SAN, LI_SI])
    one, two = f"{file.number}-00001", f"{file.number}-00002"
    report = answer(
        scene, file, (one, "200.01", "成功"), ("BF-000", "200.00", "成功"),
        (two, "200.00", "处理中"), (two, "二百", "成功"),
    )  # fmt: skip
    assert (report.matched, report.quarantined) == (0, 4)
    assert states_of(scene) == {"paying": 2}
    assert answer(scene, file, (one, "200.00", "成功"), (two, "200.00", "退票")).matched == 2
    assert states_of(scene) == {"paid": 1, "bounced": 1}
    same = answer(scene, file, (one, "200.00", "成功"), (two, "200.00", "退票"))
    assert (same.matched, same.repeated, same.quarantined) == (0, 2, 0)
    against = answer(scene, file, (one, "200.00", "失败"), (two, "200.00", "成功"))
    assert (against.matched, against.quarantined) == (0, 2)
    assert states_of(scene) == {"paid": 1, "bounced": 1}
    assert scene.budget(budget).spent_fen == 200_00
    with scene.database.read() as session:
        why = [each.line.why for each in list_set_aside(session, [JIYUAN], payment_file_id=file.id)]
    assert why == [
        "金额与拨付文件不一致", "本拨付文件中没有这个参考号", "结果不是“成功”或“失败”",
        "金额与拨付文件不一致", "与已入账的结果相矛盾", "与已入账的结果相矛盾",
    ]  # fmt: skip


def test_同一行在一个回盘文件里自相矛盾时后一行隔离(scene: Scene) -> None:
    file, budget = released(scene, [ZHANG_SAN])
    one = f"{file.number}-00001"
    report = answer(scene, file, (one, "200.00", "成功"), (one, "200.00", "失败"))
    assert (report.succeeded, report.failed, report.quarantined) == (1, 0, 1)
    assert scene.budget(budget).spent_fen == 200_00


def test_退票后不予拨付的释放占用并办结批次(scene: Scene) -> None:
    """LIFECYCLE：退票的可以由审批人不予拨付，资格放行，批次不悬着。"""
    file, budget = released(scene, [ZHANG_SAN, LI_SI])
    scene.bank_answers(file, failing=[f"{file.number}-00002"])
    bounced = next(each for each in claims_of(scene) if each.state == "bounced")
    assert (
        told(scene, "初审员", lambda work: turn_down(work, bounced.id, "机构已注销")).code == "role_missing"
    )
    scene.do("审批员", lambda work: turn_down(work, bounced.id, "机构已注销"))
    assert (states_of(scene), keys_of(scene)) == ({"paid": 1, "rejected": 1}, {"consumed": 1, "freed": 1})
    assert scene.budget(budget).reserved_fen == 0
    assert batch_state(scene, bounced.batch_id) == "closed"


def test_两次退票的只欠一次_记在最后退回的那一笔(scene: Scene) -> None:
    """AC-H12：一笔退两次，未了差额仍是一条一笔；先退的文件和流水不再说没有重付。"""
    first, budget = released(scene, [ZHANG_SAN, LI_SI])
    scene.bank_answers(first, failing=[f"{first.number}-00002"])
    payee = next(each.institution_id for each in claims_of(scene) if each.state == "bounced")
    with scene.database.read() as session:
        code = session.get_one(Institution, payee).code
    give_accounts(scene, [code], "2588")
    scene.do("制单员", partial(correct_bounced, institution_code=code))
    second = scene.make_file(budget)
    scene.bank_answers(second, failing=[f"{second.number}-00001"])

    def owed_once(state: str) -> None:
        with scene.database.read() as session:
            told_now = reconcile(session, [JIYUAN])
            assert [(each.reference, each.released_fen) for each in told_now] == [
                (f"{second.number}-00001", 200_00)
            ]
            assert sum_differences(session, [JIYUAN]) == (1, 200_00)
            assert find_owed_of_file(session, first.id) is None
            assert find_owed_of_file(session, second.id) == (200_00, state)
            lines = session.scalars(select(PaymentLine.id).order_by(PaymentLine.id)).all()
            assert read_owed_still(session, lines) == {told_now[0].line_id: (200_00, state)}

    owed_once("bounced")
    give_accounts(scene, [code], "2599")
    scene.do("制单员", partial(correct_bounced, institution_code=code))
    owed_once("approved")


def approved(scene: Scene) -> int:
    """Have one claim approved and its payee's account confirmed; return the budget."""
    ready(scene)
    budget = scene.open_budget()
    approve_batch(scene, settle_for(scene, [ZHANG_SAN], budget).batch_id)
    scene.open_accounts()
    return budget


def test_制单复核签发是三个人_签发人没有办过其中任何一条(scene: Scene) -> None:
    """H 组：按人比较；签发前可以作废，签发后才可下载，只能下载一次。"""
    budget = approved(scene)
    for login, role, number in (
        ("制单员2", Role.FINANCE_CHECKER, "310101199001010040"),
        ("付款复核员2", Role.FINANCE_RELEASER, "310101199001010050"),
        ("初审员2", Role.FINANCE_RELEASER, "310101199001010010"),
    ):
        scene.hire(login, role, number)
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert told(scene, "签发员", lambda work: payment.release(work, file.id)).code == "event_not_allowed"
    assert told(scene, "制单员2", lambda work: payment.check(work, file.id)).code == "same_hand"
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    release = partial(payment.release, payment_file_id=file.id)
    for login in ("付款复核员2", "初审员2"):
        assert told(scene, login, release).code == "same_hand"
    early = told(scene, "制单员", lambda work: payment_download.download(work, file.id))
    assert early.code == "payment_file_not_released"
    scene.do("签发员", lambda work: payment.release(work, file.id))
    name, content = scene.do("制单员", lambda work: payment_download.download(work, file.id))
    assert name == f"{file.number}.xlsx"
    assert content.startswith(b"PK")
    again = told(scene, "签发员", lambda work: payment_download.download(work, file.id))
    assert again.code == "payment_file_downloaded"
    late = told(scene, "制单员", lambda work: payment.void(work, file.id, "重做"))
    assert late.code == "event_not_allowed"


def test_已制单的申领先作废文件才能撤回(scene: Scene) -> None:
    """H 组：一条申领同时只在一个有效文件里；作废后照常重新制单。"""
    budget = approved(scene)
    claim_id = claims_of(scene)[0].id
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert told(scene, "制单员", lambda work: payment.prepare(work, budget)).code == "nothing_to_pay"
    heard = told(scene, "operator", lambda work: withdraw(work, [claim_id], "撤回"))
    assert heard.code == "claim_in_payment_file"
    assert file.number in heard.title
    scene.do("制单员", lambda work: payment.void(work, file.id, "撤回一条"))
    second = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert second.number != file.number
    scene.do("付款复核员", lambda work: payment.void(work, second.id, "撤回"))
    scene.do("operator", lambda work: withdraw(work, [claim_id], "撤回"))
    assert scene.budget(budget).available_fen == scene.budget(budget).granted_fen


def test_制单之后收款信息被改动的不能签发(scene: Scene) -> None:
    """H 组：文件按固定的行重新生成，与制单时的摘要比对。"""
    budget = approved(scene)
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    scene.do(
        "operator",
        lambda work: work.session.execute(text("UPDATE payee_account SET holder_name = '冒名公司'")),
    )
    heard = told(scene, "签发员", lambda work: payment.release(work, file.id))
    assert heard.code == "payment_file_changed"
    assert states_of(scene) == {"approved": 1}


def test_制单之后证书被撤销的不能签发(scene: Scene) -> None:
    """无证无价：签发前再问一次登记；先作废，不予拨付这一条，其余再制单。"""
    ready(scene)
    budget = scene.open_budget()
    fallen, standing = scene.certificate(ZHANG_SAN), scene.certificate(LI_SI)
    scene.certify(fallen, standing)
    settled = scene.settle(budget)
    approve_batch(scene, settled.batch_id)
    scene.open_accounts()
    assert _waits_for(scene, "制单员") == {"prepare": 2}
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert _waits_for(scene, "制单员") == {}, "已在文件里的不再叫制单员办"
    assert _waits_for(scene, "付款复核员") == {"check": 1}
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    scene.import_register([scene.registered(fallen, 状态="撤销")])
    heard = told(scene, "签发员", lambda work: payment.release(work, file.id))
    assert heard.code == "certificates_no_longer_valid"
    number = scene.line(settled, fallen).claim_id
    assert number is not None
    assert f"{number:08d}" in heard.title
    scene.do("签发员", lambda work: payment.void(work, file.id, "证书撤销"))
    scene.do("审批员", lambda work: turn_down(work, number, "证书已撤销，无证无价"))
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"rejected": 1, "paid": 1}
    assert scene.budget(budget).spent_fen == 200_00


def _waits_for(scene: Scene, login: str) -> dict[str, int]:
    actor = scene.actor(login)
    with scene.database.read() as session:
        return {each.key: each.count for each in desk(session, actor)}


def test_没有收款账户的先列出单位(scene: Scene) -> None:
    ready(scene)
    budget = scene.open_budget()
    approve_batch(scene, settle_for(scene, [ZHANG_SAN], budget).batch_id)
    heard = told(scene, "制单员", lambda work: payment.prepare(work, budget))
    assert heard.code == "payees_without_account"
    assert EV1[0] in heard.title
    proposed = scene.do(
        "制单员",
        lambda work: accounts.propose_account(
            work, EV1[1], EV1[0], "中国银行济源分行", ACCOUNT, "开户许可证"
        ),
    )
    scene.hire("制单员2", Role.FINANCE_CHECKER, "310101199001010040")
    alone = told(scene, "制单员2", lambda work: accounts.confirm_account(work, proposed.id, ACCOUNT))
    assert alone.code == "second_person_needed"
    still = told(scene, "制单员", lambda work: payment.prepare(work, budget))
    assert still.code == "payees_without_account"


def test_部分先审批的先拨付_其余随后(scene: Scene) -> None:
    """H 组：审批可以逐条；先批的先走，批次随最后一条办结。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN, LI_SI], budget).batch_id
    scene.review_and_post(batch)
    scene.close_notices()
    first = claims_of(scene)[0].id
    scene.do(
        "审批员", lambda work: review.sign(work, batch, Step.APPROVE, claim_ids=[first], opinion="先行拨付")
    )
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 1, "cleared": 1}
    approve(scene, batch)
    assert batch_state(scene, batch) == "released"
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 2}
    assert batch_state(scene, batch) == "closed"
