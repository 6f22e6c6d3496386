"""我的补贴: every subsidy claimed in this person's name, where it is, and one tap to stop it."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import Way, my_person_id, tell_way
from voucher.plumbing.unit_of_work import Work
from voucher.rules.vocabulary import PROBLEM_NAMES, Problem
from voucher.stages.settle import denying
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.denials import page_own_subsidies

PER_PAGE = 10
PROBLEMS = {str(problem): name for problem, name in PROBLEM_NAMES.items()}
# the way of the money, and what a state that is off it, or stands still, means for the holder
WAY: Way = (
    ("审核", ("returned", "manual", "submitted", "first_reviewed", "second_reviewed")),
    ("公示", ("noticed", "objected")),
    ("财政审批", ("cleared",)),
    ("拨付", ("approved", "paying", "bounced")),
    ("到账", ()),
)
MEANS = {
    "draft": "资金暂时不够，正在排队；有资金时按先后自动办理，您不用再申请",
    "returned": "材料退回申报机构补正，您不用办手续",
    "manual": "要由人社部门两人核定金额，您不用办手续",
    "objected": "公示期间有人提出异议，人社部门查清以后再办",
    "bounced": "银行退票，收款机构更正账户以后再付；不影响您",
    "rejected": "这一笔没有付钱；您的证书不受影响，想知道原因请问申报机构或拨打热线",
    "withdrawn": "申报机构撤回了这一笔，没有付钱",
    "recovering": "正在向收款方追回，不向您收钱",
    "recovered": "已从收款方追回，您不用办手续",
}


@worker.get("/my/subsidies")
def subsidies() -> ResponseReturnValue:
    """Show every claim in this person's name, with where its money is."""
    return _show()


@worker.post("/my/subsidies/<int:claim_id>/denials")
def deny_claim(claim_id: int) -> ResponseReturnValue:
    """Stop one claim: not me, or not received."""

    def call(work: Work) -> Done:
        problem = fields.one_of("problem", "什么问题", Problem)
        said = fields.text("said", "经过", required=False, limit=500)
        opened = denying.deny(work, claim_id, problem, said)
        what = denying.tell_held(opened, work.session.get_one(Claim, claim_id).state)
        words = f"已登记 {opened.number}：{what}，{denying.tell_day(opened)}"
        return Done(words, url_for("web.worker.subsidies"))

    return submit(call, _show)


@worker.post("/my/denials/<int:denial_id>/withdrawals")
def take_back_denial(denial_id: int) -> ResponseReturnValue:
    """Say that it was a mistake."""

    def call(work: Work) -> Done:
        denying.take_back(work, denial_id)
        return Done("已说明是您弄错了；人社部门两人核对以后继续办理", url_for("web.worker.subsidies"))

    return submit(call, _show)


def _show() -> str:
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        rows = page_own_subsidies(
            session, door.keyring, my_person_id(), door.today, before_id=before or None, limit=PER_PAGE + 1
        )
    return render_template(
        "worker/subsidies.html",
        rows=rows[:PER_PAGE],
        more=len(rows) > PER_PAGE,
        before=before,
        ways={each.claim.id: tell_way(WAY, each.claim.state, denying.PAID) for each in rows},
        means=MEANS,
        problems=PROBLEMS,
        over=denying.OVER,
        paid=denying.PAID,
        tell_held=denying.tell_held,
        tell_day=denying.tell_day,
    )
