"""Deciding on the lines of a batch: what is chosen is shown with count and sum, confirmed, then signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.settle.batches import show_batch
from voucher.doors.web.office.settle.steps import (
    SIGNED_STEPS,
    Touched,
    count_claims,
    list_held,
    waiting_state,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import STEP_NAMES, Step
from voucher.rules.errors import Refused
from voucher.rules.money import format_yuan
from voucher.stages.settle import notice, queries, resubmit, review, withdraw
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.claims import find_next_waiting
from voucher.stages.settle.seen import (
    AMBER_ONE_BY_ONE,
    BARS,
    AmberLeft,
    check_version,
    is_amber,
    list_amber,
    list_barred,
    read_amber_left,
    version_of,
)

PASS, RETURN, REJECT = "pass", "return", "reject"
DECISIONS = {PASS: "通过", RETURN: "退回补正", REJECT: "不予通过"}
LINES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """What the form asks: a step, a decision, and the lines named; none named means every line waiting.

    `left_out` counts the lines with a caution, passed one by one and not with all the others; `held` those
    that a hold stops; `left` says how many are for somebody else, and why.
    """

    step: Step
    word: str
    claim_ids: list[int] | None
    left_out: int = 0
    held: int = 0
    left: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        """Return the decision as a person says it: 初审通过, 退回补正."""
        return f"{STEP_NAMES[self.step]}{DECISIONS[self.word]}"

    @property
    def state(self) -> str:
        """Return the state the lines must be in."""
        return waiting_state(self.step)


def _read_decision() -> Decision:
    step, word = request.form.get("step", ""), request.form.get("decision", "")
    if step not in {str(each) for each in SIGNED_STEPS} or word not in DECISIONS:
        raise FIELD_UNREADABLE.refused(field="decision", label="办理事项", problem="没有选择")
    chosen = fields.wholes("claim", "条目")
    if not chosen and word != PASS:
        raise FIELD_UNREADABLE.refused(
            field="claim", label="条目", problem=f"没有勾选：{DECISIONS[word]}须逐条选定"
        )
    return Decision(Step(step), word, chosen or None)


@office.post("/batches/<int:batch_id>/decisions")
def decide(batch_id: int) -> ResponseReturnValue:
    """Ask for confirmation with the count and the sum; once confirmed, sign."""
    try:
        decision = _read_decision()
        if request.form.get("confirmed") != "1":
            return _ask(batch_id, decision)
        return _sign(batch_id, decision)
    except Refused as refused:
        return refuse(refused.refusal, lambda: show_batch(batch_id))


def _ask(batch_id: int, decision: Decision) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        batch = queries.get_batch(session, batch_id, actor.regions)
        decision = _leave_out(session, batch_id, decision)
        touched = count_claims(session, batch_id, decision.state, decision.claim_ids)
        if not touched.count or (decision.claim_ids and touched.count != len(decision.claim_ids)):
            raise review.NOTHING_TO_SIGN.refused(step=STEP_NAMES[decision.step])
        lines = queries.list_lines(session, door.keyring, batch_id, state=decision.state, limit=500)
        if decision.claim_ids is not None:
            lines = [line for line in lines if line.claim_id in decision.claim_ids]
        return render_template(
            "office/confirm.html",
            batch=batch,
            decision=decision,
            touched=touched,
            version=version_of(session, batch_id, decision.state, decision.claim_ids),
            lines=lines[:LINES_SHOWN],
            one_by_one=request.form.get("one_by_one") == "1",
        )


def _leave_out(session: Session, batch_id: int, decision: Decision) -> Decision:
    """Return a decision that passes nothing stopped, and nothing with a caution among others.

    Raises Refused amber_one_by_one.
    """
    if decision.word != PASS:
        return decision
    if decision.claim_ids is not None:
        amber = list_amber(session, batch_id, decision.state).intersection(decision.claim_ids)
        if amber and len(decision.claim_ids) > 1:
            raise AMBER_ONE_BY_ONE.refused(count=len(amber))
        return decision
    waiting = _list_waiting(session, batch_id, decision.state)
    barred = list_barred(
        session, batch_id, decision.state, decision.step, current_actor().person_id, the_door().today
    )
    held = list_held(session, batch_id).intersection(waiting) - barred.keys()
    amber = list_amber(session, batch_id, decision.state) - held - barred.keys()
    if not held and not barred and (not amber or len(waiting) == 1):
        return decision
    green = [each for each in waiting if each not in amber and each not in held and each not in barred]
    if not green and amber:
        raise AMBER_ONE_BY_ONE.refused(count=len(amber))
    why = Counter(barred.values())
    left = tuple((words, why[key]) for key, words in BARS.items() if key in why)
    # where nothing is left the act itself refuses, by the first of the reasons
    return replace(decision, claim_ids=green or waiting, left_out=len(amber), held=len(held), left=left)


def _list_waiting(session: Session, batch_id: int, state: str) -> list[int]:
    claims = select(Claim.id).where(Claim.batch_id == batch_id, Claim.state == state).order_by(Claim.id)
    return list(session.scalars(claims))


def _sign(batch_id: int, decision: Decision) -> ResponseReturnValue:
    confirmed = Touched(fields.whole("count", "条数"), fields.whole("amount_fen", "金额"))
    version = fields.text("version", "页面版本", limit=64)

    def call(work: Work) -> Done:
        opinion = fields.text("opinion", "意见", limit=1000)
        queries.get_batch(work.session, batch_id, work.actor.regions)
        check_version(work.session, batch_id, version, decision.state, decision.claim_ids)
        one_by_one = request.form.get("one_by_one") == "1" and bool(decision.claim_ids)
        cautioned = one_by_one and is_amber(work.session, decision.claim_ids or [])
        count = _perform(work, batch_id, decision, opinion)
        words = f"{decision.name}：{count:,} 条，{format_yuan(confirmed.amount_fen)} 元"
        if one_by_one:
            return _go_on(work, batch_id, decision, words, cautioned=cautioned)
        return Done(words, url_for("web.office.batch", batch_id=batch_id))

    try:
        return act(call)
    except Refused as refused:
        if refused.refusal.facts.get("field") != "opinion":
            raise
        return refuse(refused.refusal, lambda: _ask(batch_id, decision))


def _go_on(work: Work, batch_id: int, decision: Decision, words: str, *, cautioned: bool) -> Done:
    """Return the next line for whoever decides one by one, those with a caution first; else the batch."""
    left = read_amber_left(
        work.session, batch_id, decision.state, decision.step, work.actor.person_id, work.today
    )
    seen = max(decision.claim_ids or [0])
    coming = next((each for each in left.mine if each > seen), None)
    if coming is not None:
        words += f"。还有 {len(left.mine):,} 条有提示的待办，这是下一条"
        return Done(words, url_for("web.office.claim", claim_id=coming))
    if cautioned:
        words += f"；{_tell_left(left)}"
    elif (following := find_next_waiting(work.session, batch_id, decision.state, seen)) is not None:
        return Done(f"{words}。这是本批下一条", url_for("web.office.claim", claim_id=following))
    return Done(words, url_for("web.office.batch", batch_id=batch_id))


def _tell_left(left: AmberLeft) -> str:
    """Return what is still open of the lines with a caution once none comes after the last one decided."""
    others = [f"另有 {left.held:,} 条停住"] if left.held else []
    others += [f"另有 {left.barred:,} 条须由他人办理或者等电话抽查办结"] if left.barred else []
    if left.mine:
        done = f"后面没有了，前面还有 {len(left.mine):,} 条有提示的没有办理"
    else:
        done = "有提示的、能由您办理的已逐条办完" if others else "本批有提示的已逐条办完"
    return "，".join([done, *others])


def _perform(work: Work, batch_id: int, decision: Decision, opinion: str) -> int:
    named: Sequence[int] = decision.claim_ids or []
    if decision.word == PASS:
        return review.sign(work, batch_id, decision.step, claim_ids=decision.claim_ids, opinion=opinion)
    if decision.word == RETURN:
        return review.return_claims(work, batch_id, decision.step, named, opinion)
    return review.reject(work, batch_id, decision.step, named, opinion)


@office.post("/batches/<int:batch_id>/notices")
def post_notice(batch_id: int) -> ResponseReturnValue:
    """Post the batch to the public and lead to its notice."""

    def call(work: Work) -> Done:
        posted = notice.post_notice(work, batch_id)
        words = f"已公示，公示期 {posted.from_on.isoformat()} 至 {posted.until_on.isoformat()}"
        return Done(words, url_for("web.office.batch", batch_id=batch_id))

    return submit(call, lambda: show_batch(batch_id))


@office.post("/batches/<int:batch_id>/resubmissions")
def resubmit_claims(batch_id: int) -> ResponseReturnValue:
    """File the chosen returned lines again, in a batch of their own."""

    def call(work: Work) -> Done:
        made = resubmit.resubmit(work, _read_named())
        words = f"已补正重报，转入批次 {made.number}"
        return Done(words, url_for("web.office.batch", batch_id=made.id))

    return submit(call, lambda: show_batch(batch_id))


@office.post("/batches/<int:batch_id>/withdrawals")
def withdraw_claims(batch_id: int) -> ResponseReturnValue:
    """Take the chosen lines back, with the reason."""

    def call(work: Work) -> Done:
        count = withdraw.withdraw(work, _read_named(), fields.text("why", "撤回原因"))
        return Done(f"已撤回 {count:,} 条", url_for("web.office.batch", batch_id=batch_id))

    return submit(call, lambda: show_batch(batch_id))


def _read_named() -> list[int]:
    chosen = fields.wholes("claim", "条目")
    if not chosen:
        raise FIELD_UNREADABLE.refused(field="claim", label="条目", problem="没有勾选")
    return chosen
