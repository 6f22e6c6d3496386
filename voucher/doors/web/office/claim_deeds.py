"""Stopping a claim until it has been looked into, and letting it go on with the conclusion."""

from __future__ import annotations

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import Deed, Touched, ask_why, do_deed, get_deed, said_why, show_deed
from voucher.doors.web.office.stopping import find_open_hold, lock_open_hold
from voucher.ledger import holds as ledger
from voucher.ledger.entitlements import Entitlement
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor, check_reach
from voucher.rules.lifecycle import STATE_NAMES, Thing, is_terminal
from voucher.rules.money import format_yuan
from voucher.stages.oversee.risk.stopping import check_may_let_go, is_waiting
from voucher.stages.settle import queries, releasing
from voucher.stages.settle.denying import check_no_denial, find_denial_of
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.reinstatements import find_asked_reinstatement
from voucher.stages.settle.reading import CLAIM_MISSING, get_claim
from voucher.stages.settle.releasing import may_release


def list_claim_deeds(session: Session, actor: Actor, found: Claim) -> list[tuple[str, Deed]]:
    """Return whether this actor may stop a claim, or let it go on."""
    hold = find_open_hold(session, Thing.CLAIM, found.id)
    key = session.get_one(Entitlement, found.entitlement_id)
    if may_release(found.state, key.state):
        asked = find_asked_reinstatement(session, Thing.CLAIM, found.id)
        if asked is not None and asked.asked_by_person_id == actor.person_id:
            return []
        word = "ask-release" if asked is None else "release"
    elif hold is not None:
        if is_waiting(session, hold) or find_denial_of(session, hold) is not None:
            return []
        word = "close-hold"
    elif not is_terminal(Thing.CLAIM, found.state):
        word = "hold"
    else:
        return []
    return [(word, DEEDS[word])] if actor.has(*DEEDS[word].roles) else []


@office.get("/claims/<int:claim_id>/<word>")
def claim_deed(claim_id: int, word: str) -> ResponseReturnValue:
    """Ask whether a claim is to be stopped or to go on."""
    return _ask(claim_id, word)


@office.post("/claims/<int:claim_id>/<word>")
def do_claim_deed(claim_id: int, word: str) -> ResponseReturnValue:
    """Stop a claim or let it go on."""
    location = url_for("web.office.claim", claim_id=claim_id)
    return do_deed(get_deed(DEEDS, word), claim_id, location, lambda: _ask(claim_id, word))


def _ask(claim_id: int, word: str) -> str:
    deed = get_deed(DEEDS, word)
    with the_door().read() as session:
        found = queries.get_claim(session, claim_id, current_actor().regions)
        line = queries.get_claim_line(session, the_door().keyring, found)
        batch = queries.get_batch(session, found.batch_id, current_actor().regions)
        back = url_for("web.office.claim", claim_id=found.id)
        facts = [
            ("申领", found.number),
            ("持证人", line.masked_name),
            ("金额", f"{format_yuan(found.amount_fen)} 元"),
            ("现在的状态", STATE_NAMES[Thing.CLAIM][found.state]),
        ]
        hold = find_open_hold(session, Thing.CLAIM, found.id)
        asked = find_asked_reinstatement(session, Thing.CLAIM, found.id)
        if asked is not None:
            facts.append(("提出放行的理由", asked.why))
        if hold is not None:
            facts.append(("为什么停住", hold.why))
            if hold.said:
                facts.append(("持券人所述", hold.said))
        steps = [(batch.number, url_for("web.office.batch", batch_id=batch.id)), (found.number, back)]
        return show_deed(deed, Touched(heading=found.number, steps=steps, back=back, facts=facts))


def _lock(work: Work, claim_id: int) -> None:
    """Lock a claim an officer of its region may stop; a foreign one is answered as a missing one."""
    found = work.session.get(Claim, claim_id)
    if found is None or found.region_code not in work.actor.regions:
        raise CLAIM_MISSING.refused()
    check_reach(work.actor, found.region_code, *sorted(OFFICERS))
    get_claim(work, claim_id)


def _hold(work: Work, claim_id: int) -> str:
    _lock(work, claim_id)
    ledger.open_hold(work, Thing.CLAIM, claim_id, said_why())
    return "已列为待处置：结论作出前不能审核和拨付"


def _close_hold(work: Work, claim_id: int) -> str:
    _lock(work, claim_id)
    hold = lock_open_hold(work, Thing.CLAIM, claim_id)
    if hold is None:
        abort(404)
    check_may_let_go(work, hold)
    check_no_denial(work.session, hold)
    ledger.close_hold(work, hold, said_why("处置结论"))
    return "处置已结束，申领可以继续办理"


def _ask_release(work: Work, claim_id: int) -> str:
    releasing.ask_release(work, claim_id, said_why())
    return "已提出放行享受资格，等待另一人确认"


def _release(work: Work, claim_id: int) -> str:
    releasing.release(work, claim_id)
    return "已由两人放行：本人可以按条件重新申领；这条申领仍为已追回"


DEEDS: dict[str, Deed] = {
    "ask-release": Deed(
        "放行享受资格",
        OFFICERS,
        "款项已全部追回。享受资格仍算用过；确应放行的，由一人写明理由提出、另一人确认。",
        _ask_release,
        asks=(ask_why("为什么应当放行", "如：机构造假，本人无过错，文号"),),
    ),
    "release": Deed(
        "确认放行享受资格", OFFICERS, "确认后本人可以按条件重新申领这一职业、等级的补贴。", _release
    ),
    "hold": Deed(
        "待处置",
        OFFICERS,
        "结论作出前，这条申领不能审核、公示和拨付；同批其他条目不受影响。",
        _hold,
        asks=(ask_why("为什么停住"),),
    ),
    "close-hold": Deed(
        "结束待处置", OFFICERS, "结束后这条申领继续办理。", _close_hold, asks=(ask_why("处置结论"),)
    ),
}
