"""我的券: the wallet in four tabs, one voucher with its history, taking it, giving it back."""

from __future__ import annotations

from dataclasses import replace

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.browsers import seen_from
from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import act_on_own, my_person_id, show
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.ratings import STAR_NAMES
from voucher.stages.assess.queries.slips import list_own_slips
from voucher.stages.certify import queries as certificates
from voucher.stages.issue import holding
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.queries.cards import ENDED_TAB, TABS
from voucher.stages.issue.replacing import ask_own_replacement
from voucher.stages.settle import queries as settling
from voucher.stages.settle.queries.claim_paces import list_paces_by_voucher
from voucher.stages.settle.queries.pace import list_paces
from voucher.stages.train import leave as leaving
from voucher.stages.train import queries as training
from voucher.stages.train.choosing_anew import choose_anew as leave_place
from voucher.stages.train.choosing_anew import list_exit_holds
from voucher.stages.train.queries.ratings import find_own_rating
from voucher.stages.train.queries.timetables import find_changed_sessions, list_dropped

CALLED_OFF = "原来的班取消了，这张券暂停使用；下面写着接下来怎么办"
LEFT = "机构已退出目录，这张券暂停使用；下面写着接下来怎么办"
INQUIRED = "本券正在核查，暂停使用；有疑问请拨打 12333"
TAB_KEYS = {"todo": "待使用", "doing": "使用中", "done": "已核销", "gone": ENDED_TAB}


@worker.get("/my/vouchers")
def wallet() -> ResponseReturnValue:
    """Show this worker's vouchers under four tabs."""
    asked = request.args.get("tab", "")
    door = the_door()
    with door.read() as session:
        cards = issuing.list_wallet(session, my_person_id())
        paces = list_paces_by_voucher(session, [each.id for each in cards], door.today)
    counts = {key: sum(each.tab == tab for each in cards) for key, tab in TAB_KEYS.items()}
    chosen = asked if asked in TAB_KEYS else next((key for key, count in counts.items() if count), "todo")
    return render_template(
        "worker/wallet.html",
        tabs=[
            (tab, url_for("web.worker.wallet", tab=key), counts[key], key == chosen)
            for key, tab in TAB_KEYS.items()
        ],
        tab=TAB_KEYS[chosen],
        cards=[show(each) for each in cards if each.tab == TAB_KEYS[chosen]],
        usable_tab=next(iter(TABS)),
        paces=paces,
    )


@worker.get("/my/vouchers/<int:voucher_id>")
def voucher(voucher_id: int) -> ResponseReturnValue:
    """Show one voucher: what to do next, its rules, its class, its money, its history."""
    return show_voucher(voucher_id)


def show_voucher(voucher_id: int) -> str:
    """Return the page of one's own voucher. Raises Refused voucher_missing."""
    door, person_id = the_door(), my_person_id()
    with door.read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        enrolment = training.enrolment_of(session, voucher_id)
        chosen = None
        if enrolment is not None:
            chosen = training.view_classes(session, [training.get_class(session, enrolment.class_id)])[0]
        redemption = training.redemption_of(session, voucher_id)
        is_left = bool(card.held and list_exit_holds(session, voucher_id))
        shown = show(card)
        if card.held:
            off = chosen is not None and chosen.found.state == "cancelled"
            gone = CALLED_OFF if off else LEFT
            shown = replace(shown, next_step=gone if is_left else INQUIRED)
        return render_template(
            "worker/voucher.html",
            shown=shown,
            chosen=chosen,
            lessons=training.list_sessions(session, chosen.found.id) if chosen else [],
            altered=find_changed_sessions(session, [chosen.found.id]) if chosen else {},
            called_off=list_dropped(session, chosen.found.id) if chosen else [],
            redemption=redemption,
            completion=training.completion_of(session, voucher_id),
            hours=training.hours_of(session, [voucher_id]).get(voucher_id, 0),
            paces=list_paces(session, session.get_one(Voucher, voucher_id), door.today),
            money=settling.list_voucher_claims(session, voucher_id),
            has_sms=door.config.has_sms,
            rating=find_own_rating(session, door.keyring, voucher_id, door.today),
            stars=STAR_NAMES,
            is_left=is_left,
            slips=[
                each
                for each in list_own_slips(session, door.keyring, person_id)
                if each.voucher_id == voucher_id
            ],
            why_not=certificates.why_not_certified(session, voucher_id)
            if card.state in ("assessed", "trained")
            else [],
        )


@worker.post("/my/vouchers/<int:voucher_id>/acceptances")
def accept(voucher_id: int) -> ResponseReturnValue:
    """Take a voucher that was issued to this worker."""

    def call(work: Work) -> Done:
        holding.accept(work, voucher_id, seen_from())
        return Done("领取成功，下一步请选择班级", url_for("web.worker.voucher", voucher_id=voucher_id))

    return act_on_own(voucher_id, "accept", call, lambda: show_voucher(voucher_id))


@worker.post("/my/vouchers/<int:voucher_id>/withdrawals")
def withdraw(voucher_id: int) -> ResponseReturnValue:
    """Give an unused voucher back, after a second look."""
    if request.form.get("sure") != "1":
        with the_door().read() as session:
            card = issuing.show_card(session, my_person_id(), voucher_id)
        return render_template("worker/withdraw.html", shown=show(card))

    def call(work: Work) -> Done:
        holding.withdraw(work, voucher_id)
        return Done("已退回这张券", url_for("web.worker.wallet"))

    return act_on_own(voucher_id, "withdraw", call, lambda: show_voucher(voucher_id))


@worker.post("/my/vouchers/<int:voucher_id>/new-choices")
def choose_anew(voucher_id: int) -> ResponseReturnValue:
    """Leave a class whose institution is gone: free for another class, or ended for a new voucher."""

    def call(work: Work) -> Done:
        voucher = leave_place(work, voucher_id)
        if voucher.state != "accepted" and request.form.get("sure") != "1":
            raise fields.FIELD_UNREADABLE.refused(
                field="sure", label="我知道", problem="请先勾选，表示知道原券作结、学时不带走"
            )
        if voucher.state == "accepted":
            return Done("已退出原班级，请另选班级", url_for("web.worker.choose", voucher_id=voucher_id))
        ask_own_replacement(work, voucher_id)
        return Done("已申请新券，原券作结；人社部门审批后发到“我的券”", url_for("web.worker.wallet"))

    return act_on_own(voucher_id, "choose_anew", call, lambda: show_voucher(voucher_id))


@worker.post("/my/vouchers/<int:voucher_id>/departures")
def leave(voucher_id: int) -> ResponseReturnValue:
    """Leave the class before it starts, or drop out of it, with a reason."""
    with the_door().read() as session:
        card = issuing.show_card(session, my_person_id(), voucher_id)
    dropping = card.state == "training"
    if request.form.get("sure") != "1":
        return render_template("worker/leave.html", shown=show(card), dropping=dropping)

    def call(work: Work) -> Done:
        why = fields.text("why", "原因", limit=200)
        if dropping:
            leaving.drop(work, voucher_id, why)
            return Done("已退训，这张券不能再用", url_for("web.worker.wallet"))
        leaving.leave(work, voucher_id, why)
        return Done("已退出班级，可以另选班级", url_for("web.worker.voucher", voucher_id=voucher_id))

    def again() -> str:
        return render_template("worker/leave.html", shown=show(card), dropping=dropping)

    return act_on_own(voucher_id, "leave", call, again)
