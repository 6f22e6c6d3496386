"""Stopping a claim until it has been looked into, letting it go on, and what two people put back of it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import Deed, Touched, ask_why, do_deed, get_deed, said_why, show_deed
from voucher.doors.web.office.oversee.stopping import list_open_holds, lock_open_holds
from voucher.ledger import holds as ledger
from voucher.ledger.entitlements import Entitlement
from voucher.ledger.holds import Hold
from voucher.ledger.reinstatements import Reinstatement
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor, check_reach
from voucher.rules.lifecycle import STATE_NAMES, Thing, is_terminal
from voucher.rules.money import format_yuan
from voucher.stages.oversee.risk.stopping import check_may_let_go, is_waiting
from voucher.stages.settle import lifting, queries, releasing
from voucher.stages.settle.denying import OVER, check_no_denial, find_denial_of
from voucher.stages.settle.lifting import DENIAL_NOT_STOPPED, may_lift
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.reinstatements import find_asked_reinstatement
from voucher.stages.settle.reading import CLAIM_MISSING, get_claim
from voucher.stages.settle.releasing import may_release


def list_claim_deeds(session: Session, actor: Actor, found: Claim) -> list[tuple[str, Deed]]:
    """Return whether this actor may stop a claim, let it go on, or release its key."""
    words = _list_words(session, actor, found)
    return [(word, DEEDS[word]) for word in words if actor.has(*DEEDS[word].roles)]


def _list_words(session: Session, actor: Actor, found: Claim) -> tuple[str, ...]:
    key = session.get_one(Entitlement, found.entitlement_id)
    if may_release(found.state, key.state):
        asked = find_asked_reinstatement(session, Thing.CLAIM, found.id)
        return _by_two(asked, actor, "ask-release", "release", "decline-release")
    held = list_open_holds(session, Thing.CLAIM, found.id)
    if held:
        words = [word for each in held for word in _list_words_of(session, actor, found, each)]
        return tuple(dict.fromkeys(words))
    return () if is_terminal(Thing.CLAIM, found.state) else ("hold",)


def _list_words_of(session: Session, actor: Actor, found: Claim, hold: Hold) -> tuple[str, ...]:
    """Return what may be done about one hold of a claim; another hold of the same claim may wait longer."""
    case = find_denial_of(session, hold)
    if case is not None and found.state not in OVER:
        asked = find_asked_reinstatement(session, Thing.HOLD, hold.id)
        return _by_two(asked, actor, "ask-lift", "lift", "decline-lift") if may_lift(case) else ()
    return () if is_waiting(session, hold) else ("close-hold",)


def _choose(session: Session, found: Claim, held: Sequence[Hold], word: str) -> Hold | None:
    """Return the oldest hold a word can be said about, or else the oldest, which then says why not."""
    fits = (each for each in held if word in _list_words_of(session, current_actor(), found, each))
    return next(fits, held[0] if held else None)


def _by_two(asked: Reinstatement | None, actor: Actor, first: str, *second: str) -> tuple[str, ...]:
    """Return what may be done of what one person asks and another decides: the asker only waits."""
    if asked is None:
        return (first,)
    return () if asked.asked_by_person_id == actor.person_id else second


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
        hold = _choose(session, found, list_open_holds(session, Thing.CLAIM, found.id), word)
        asked = find_asked_reinstatement(session, Thing.CLAIM, found.id)
        if asked is not None:
            facts.append(("提出放行的理由", asked.why))
        if hold is not None:
            going_on = find_asked_reinstatement(session, Thing.HOLD, hold.id)
            if going_on is not None:
                facts.append(("提出解除的理由", going_on.why))
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
    found = work.session.get_one(Claim, claim_id)
    hold = _choose(work.session, found, lock_open_holds(work, Thing.CLAIM, claim_id), "close-hold")
    if hold is None:
        abort(404)
    check_may_let_go(work, hold)
    check_no_denial(work.session, hold)
    ledger.close_hold(work, hold, said_why("处置结论"))
    return "处置已结束" if found.state in OVER else "处置已结束，申领可以继续办理"


def _ask_release(work: Work, claim_id: int) -> str:
    releasing.ask_release(work, claim_id, said_why())
    return "已提出放行享受资格，等待另一人确认"


def _release(work: Work, claim_id: int) -> str:
    releasing.release(work, claim_id)
    return "已由两人放行：本人可以按条件重新申领；这条申领仍为已追回"


def _decline_release(work: Work, claim_id: int) -> str:
    releasing.decline_release(work, claim_id, said_why("不同意的理由"))
    return "已不同意放行，享受资格仍算用过；有新的依据可再次提出"


def _ask_lift(work: Work, claim_id: int) -> str:
    lifting.ask_lift(work, _case_of(work, claim_id), said_why("更正了什么"))
    return "已提出解除停住，等待另一人确认"


def _lift(work: Work, claim_id: int) -> str:
    lifting.lift(work, _case_of(work, claim_id))
    return "已由两人解除停住，申领继续办理，已短信告知本人"


def _decline_lift(work: Work, claim_id: int) -> str:
    lifting.decline_lift(work, _case_of(work, claim_id), said_why("不同意的理由"))
    return "已不同意解除，这条申领继续停住"


def _case_of(work: Work, claim_id: int) -> int:
    """Return the case that stops a claim; lifting says what is amiss where the claim is foreign."""
    held = list_open_holds(work.session, Thing.CLAIM, claim_id)
    cases = [case for each in held if (case := find_denial_of(work.session, each)) is not None]
    if not cases:
        raise DENIAL_NOT_STOPPED.refused()
    return next((each for each in cases if may_lift(each)), cases[0]).id


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
    "decline-release": Deed(
        "不同意放行享受资格",
        OFFICERS,
        "不同意的，享受资格仍算用过；有新的依据可以再次提出。",
        _decline_release,
        asks=(ask_why("不同意的理由"),),
    ),
    "ask-lift": Deed(
        "解除停住",
        OFFICERS,
        "本人反映已查实，这条申领停住不付。已经更正、确应付的，由一人写明更正了什么、另一人确认；不应付的请不予通过。",
        _ask_lift,
        asks=(ask_why("更正了什么", "如：收款单位已更正，本人已书面认可，材料编号"),),
    ),
    "lift": Deed(
        "确认解除停住", OFFICERS, "确认后这条申领继续办理，并短信告知本人；本人可以再次反映。", _lift
    ),
    "decline-lift": Deed(
        "不同意解除停住",
        OFFICERS,
        "不同意的，这条申领继续停住；有新的依据可以再次提出。",
        _decline_lift,
        asks=(ask_why("不同意的理由"),),
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
