"""What the office does to one voucher: accept it for its holder, stop, move, end or put it back."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS, OPERATORS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import Ask, Deed, Touched, ask_why, do_deed, get_deed, said_why, show_deed
from voucher.doors.web.office.issue.higher_deeds import (
    CERTIFICATE,
    HIGHER_DEEDS,
    fits_higher,
    list_higher_choices,
    tell_higher,
)
from voucher.doors.web.office.issue.transferring import (
    ASK_CLASS,
    CLASS,
    check_differences_read,
    list_targets,
    read_target,
    tell_seen,
    warn_of,
)
from voucher.doors.web.office.oversee.stopping import list_open_holds, lock_open_holds
from voucher.ledger import holds as ledger
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor, Role, check_reach
from voucher.rules.issuing import REPLACEABLE
from voucher.rules.lifecycle import Thing, is_terminal, may_move
from voucher.rules.money import format_yuan
from voucher.stages.certify.queries.higher import list_higher
from voucher.stages.issue import queries
from voucher.stages.issue.ending import revoke
from voucher.stages.issue.holding import accept_for
from voucher.stages.issue.replacing import ask_replacement
from voucher.stages.oversee.risk.stopping import check_may_let_go, is_waiting
from voucher.stages.settle import reinstate
from voucher.stages.settle.queries import list_voucher_claims
from voucher.stages.settle.queries.reinstatements import find_asked_reinstatement
from voucher.stages.settle.voucher_ends import decertify
from voucher.stages.train import queries as training
from voucher.stages.train.sight import see_voucher
from voucher.stages.train.transfer import transfer


def list_voucher_deeds(session: Session, actor: Actor, found: Voucher) -> list[tuple[str, Deed]]:
    """Return what an actor may do to a voucher as it stands."""
    if found.region_code not in actor.regions:
        return []
    holds = list_open_holds(session, Thing.VOUCHER, found.id)
    held = bool(holds)
    asked = find_asked_reinstatement(session, Thing.VOUCHER, found.id)
    state, ended = found.state, is_terminal(Thing.VOUCHER, found.state)
    fits = {
        "accept": not held and may_move(Thing.VOUCHER, state, "accept"),
        "close-hold": not all(is_waiting(session, each) for each in holds),
        "hold": not held and not ended,
        "transfer": may_move(Thing.VOUCHER, state, "transfer"),
        "replace": state in REPLACEABLE,
        "ask-reinstatement": may_move(Thing.VOUCHER, state, "reinstate") and asked is None,
        "reinstate": asked is not None and asked.asked_by_person_id != actor.person_id,
        "decline": asked is not None and asked.asked_by_person_id != actor.person_id,
        "revoke": may_move(Thing.VOUCHER, state, "revoke"),
        "decertify": may_move(Thing.VOUCHER, state, "decertify_paid"),
        **fits_higher(session, found, actor.person_id),
    }
    return [(word, DEEDS[word]) for word, fit in fits.items() if fit and actor.has(*DEEDS[word].roles)]


@office.get("/office/vouchers/<int:voucher_id>/<word>")
def voucher_deed(voucher_id: int, word: str) -> ResponseReturnValue:
    """Ask whether something is to be done to a voucher."""
    return _ask(voucher_id, word)


@office.post("/office/vouchers/<int:voucher_id>/<word>")
def do_voucher_deed(voucher_id: int, word: str) -> ResponseReturnValue:
    """Accept for its holder, revoke, hold, let go on, replace, transfer, take back or put back a voucher."""
    location = url_for("web.office.voucher", voucher_id=voucher_id)
    return do_deed(get_deed(DEEDS, word), voucher_id, location, lambda: _ask(voucher_id, word))


def _ask(voucher_id: int, word: str) -> str:
    deed, door = get_deed(DEEDS, word), the_door()
    with door.read() as session:
        found = see_voucher(session, current_actor(), voucher_id)
        row = queries.view_vouchers(session, door.keyring, [found])[0]
        back = url_for("web.office.voucher", voucher_id=found.id)
        facts = [
            ("培训券", row.number),
            ("券种", row.programme_name),
            ("持有人", f"{row.masked_name} {row.masked_number}"),
            ("现在的状态", row.state_name),
        ]
        if word == "decertify":
            facts += [
                (
                    each.kind_name,
                    f"{each.state_name}，{format_yuan(each.amount_fen)} 元，收款方 {each.payee_name}",
                )
                for each in list_voucher_claims(session, found.id)
            ]
        hold = _choose(session, list_open_holds(session, Thing.VOUCHER, found.id))
        if word == "close-hold" and hold is not None:
            facts.append(("为什么停住", hold.why))
            if hold.said:
                facts.append(("持券人所述", hold.said))
        asked = find_asked_reinstatement(session, Thing.VOUCHER, found.id)
        if word in ("reinstate", "decline") and asked is not None:
            facts.append(("提出恢复的理由", asked.why))
        if word in HIGHER_DEEDS:
            facts += tell_higher(list_higher(session, found.id))
        place = training.enrolment_of(session, found.id) if word == "transfer" else None
        former = training.get_class(session, place.class_id) if place is not None else None
        targets = list_targets(session, current_actor().regions, former) if former is not None else []
        releases = word in ("revoke", "decertify")
        return show_deed(
            deed,
            Touched(
                heading=row.number,
                steps=[("培训券", url_for("web.office.vouchers")), (row.number, back)],
                back=back,
                facts=facts,
                count=1 if releases else None,
                amount_fen=found.reserved_fen if releases else None,
                warnings=warn_of(session, former, [found.id], bool(targets)) if former is not None else [],
                choices={
                    CLASS: targets,
                    CERTIFICATE: list_higher_choices(session, found) if word == "propose-higher" else [],
                },
                values=tell_seen(session, former, [found.id]) if former is not None else {},
            ),
        )


def _revoke(work: Work, voucher_id: int) -> str:
    revoke(work, [voucher_id], said_why())
    return "已作废，占用的资金已释放"


def _hold(work: Work, voucher_id: int) -> str:
    _lock(work, voucher_id)
    ledger.open_hold(work, Thing.VOUCHER, voucher_id, said_why())
    return "已列为待处置：结论作出前不能使用、审核和拨付"


def _close_hold(work: Work, voucher_id: int) -> str:
    _lock(work, voucher_id)
    hold = _choose(work.session, lock_open_holds(work, Thing.VOUCHER, voucher_id))
    if hold is None:
        abort(404)
    check_may_let_go(work, hold)
    ledger.close_hold(work, hold, said_why("处置结论"))
    return "处置已结束，券可以继续使用"


def _choose(session: Session, held: Sequence[Hold]) -> Hold | None:
    """Return the oldest hold that can be ended by hand, or else the oldest, which then says why not."""
    return next((each for each in held if not is_waiting(session, each)), held[0] if held else None)


def _lock(work: Work, voucher_id: int) -> None:
    """Lock a voucher an officer of its region may stop; a foreign one is answered as a missing one."""
    region = work.session.scalar(select(Voucher.region_code).where(Voucher.id == voucher_id))
    if region is None or region not in work.actor.regions:
        raise VOUCHER_MISSING.refused()
    check_reach(work.actor, region, *sorted(OFFICERS))
    get_voucher(work, voucher_id)


def _replace(work: Work, voucher_id: int) -> str:
    return f"已提出补发 {ask_replacement(work, voucher_id, said_why()).number}，等待另一人审核发放"


def _transfer(work: Work, voucher_id: int) -> str:
    found = read_target(work)
    see_voucher(work.session, work.actor, voucher_id)
    place = training.enrolment_of(work.session, voucher_id)
    if place is not None and place.class_id != found.id:
        check_differences_read(work, training.get_class(work.session, place.class_id), found, [voucher_id])
    transfer(work, [voucher_id], found.id, said_why())
    return f"已转到班级 {found.number}，已有学时保留"


def _accept(work: Work, voucher_id: int) -> str:
    accept_for(work, voucher_id, fields.text("consent", "本人同意的凭据"))
    return "已代为领取，本人随时可以查看和退回"


def _decertify(work: Work, voucher_id: int) -> str:
    state = decertify(work, voucher_id, said_why("查实的事实和依据")).state
    return "已转追回：已付的款项已立应收款" if state == "recovering" else "已无证失效，未付的申领已终止"


def _ask_reinstatement(work: Work, voucher_id: int) -> str:
    reinstate.ask_reinstatement(work, voucher_id, said_why("申诉结论和理由"))
    return "已提出恢复，等待另一人确认"


def _reinstate(work: Work, voucher_id: int) -> str:
    reinstate.reinstate(work, voucher_id)
    return "已恢复为已兑现，未退回的款项不再追回"


def _decline(work: Work, voucher_id: int) -> str:
    reinstate.decline_reinstatement(work, voucher_id, said_why("不同意的理由"))
    return "已不同意恢复，追回照常办理；有新的依据可再次提出"


DEEDS: dict[str, Deed] = {
    **HIGHER_DEEDS,
    "accept": Deed(
        "代为领取",
        OPERATORS,
        "本人到场、不会用手机的，核对证件并取得本人同意后代为领取；留存经办人和凭据。",
        _accept,
        asks=(Ask("consent", "本人同意的凭据", "例如：本人当面签字的代办委托书，编号 12", maxlength=200),),
    ),
    "revoke": Deed(
        "作废",
        OFFICERS,
        "作废后不能恢复，占用的资金当即释放给候补的人；本人无过错的，可以另行补发。",
        _revoke,
        asks=(ask_why(hint="本人和机构都会看到"),),
        is_danger=True,
    ),
    "hold": Deed(
        "待处置",
        OFFICERS,
        "结论作出前，这张券不能使用，相关申领不能审核和拨付；到期也不会失效。",
        _hold,
        asks=(ask_why("为什么停住"),),
    ),
    "close-hold": Deed(
        "结束待处置", OFFICERS, "结束后券可以继续使用。", _close_hold, asks=(ask_why("处置结论"),)
    ),
    "replace": Deed(
        "提出补发",
        OFFICERS,
        "给无过错的人另发一张同一券种的新券，注明原券；每张券只补一次，须由另一人审核发放。",
        _replace,
        asks=(ask_why(hint="写明为什么不是本人的过错"),),
    ),
    "transfer": Deed(
        "转班",
        OFFICERS,
        "转到另一个准予开班、内容相同的班级，已有学时保留。",
        _transfer,
        asks=(
            ASK_CLASS,
            ask_why(),
        ),
    ),
    "decertify": Deed(
        "查实造假",
        OFFICERS | {Role.SUPERVISOR},
        "未付的申领终止，券无证失效；已付的对每一收款方立应收款，券转为追回中。已列入拨付文件的，须等银行结果。",
        _decertify,
        asks=(ask_why("查实的事实和依据"),),
        is_danger=True,
    ),
    "ask-reinstatement": Deed(
        "提出恢复",
        OFFICERS,
        "申诉成立的，由一人提出、另一人确认；证书须先恢复。",
        _ask_reinstatement,
        asks=(ask_why("申诉结论和理由"),),
    ),
    "reinstate": Deed(
        "确认恢复", OFFICERS, "确认后恢复为已兑现，未退回的款项不再追回；已退回的不再付出。", _reinstate
    ),
    "decline": Deed(
        "不同意恢复",
        OFFICERS,
        "不同意的，追回照常办理；有新的依据可以再次提出。",
        _decline,
        asks=(ask_why("不同意的理由"),),
    ),
}
