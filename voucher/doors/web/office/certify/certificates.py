"""Certificates: the list, one with every look-up in the register, revoked, and put back by two people."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS, OPERATORS
from voucher.doors.auth.register import ask_about
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import refuse
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import Ask, Deed, Touched, ask_why, do_deed, get_deed, said_why, show_deed
from voucher.doors.web.timelines import name_people
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.card_numbers import look_up_as
from voucher.rules.actor import Actor
from voucher.rules.errors import Refused
from voucher.rules.levels import LEVEL_NAMES
from voucher.rules.lifecycle import STATE_NAMES, Thing, may_move
from voucher.rules.money import format_yuan
from voucher.rules.revocations import say_consequences
from voucher.stages.certify import revoke
from voucher.stages.certify.hand_verification import Read, read_by_hand
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries import archive
from voucher.stages.certify.queries.cards import Meant
from voucher.stages.certify.queries.look_ups import get_certificate_within, list_look_ups
from voucher.stages.certify.queries.readings import find_open_reading, select_half_read
from voucher.stages.certify.queries.register_words import OUTCOME_NAMES, SOURCE_NAMES, list_questions
from voucher.stages.certify.record import verify_certificates
from voucher.stages.settle.queries import list_voucher_claims, object_timeline
from voucher.stages.settle.queries.consequences import read_consequences
from voucher.stages.settle.queries.reinstatements import find_asked_reinstatement

PER_PAGE = 20
VERIFIABLE = ("recorded", "valid")
STATES = list(STATE_NAMES[Thing.CERTIFICATE].items())


@office.get("/office/certificates")
def certificates() -> ResponseReturnValue:
    """Show the certificates issued in these regions, the newest recorded first."""
    return _show()


@office.post("/office/certificates/searches")
def search_certificates() -> ResponseReturnValue:
    """Show the certificates of one number; asked by POST, so that no address holds a card's number."""
    try:
        return _show(number=fields.text("number", "证书编号", limit=60))
    except Refused as refused:
        return refuse(refused.refusal, _show)


def _show(number: str | None = None) -> str:
    door = the_door()
    state, half = fields.asked("state", STATE_NAMES[Thing.CERTIFICATE]), fields.asked("half", ("read",))
    before = fields.cursor("before")
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        found = archive.list_certificates(
            session,
            regions,
            state=state,
            number=number and look_up_as(door.keyring, number),
            among_ids=select_half_read(door.at) if half else None,
            before_id=before or None,
            limit=PER_PAGE,
        )
        return render_template(
            "office/certificates.html",
            rows=archive.view_certificates(session, door.keyring, found),
            states=STATES,
            regions=reach.list_region_choices(session),
            chosen={"state": state, "half": half, "region": region},
            number=number,
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/certificates/<int:certificate_id>")
def certificate(certificate_id: int) -> ResponseReturnValue:
    """Show one certificate: what is printed on it, every look-up, what it turned into money."""
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = get_certificate_within(session, certificate_id, actor.regions)
        view = archive.view_certificates(session, door.keyring, [found])[0]
        return render_template(
            "office/certificate.html",
            view=view,
            look_ups=list_look_ups(session, found.id),
            questions=list_questions(session, found.id),
            outcomes=OUTCOME_NAMES,
            sources=SOURCE_NAMES,
            voucher=session.get(Voucher, view.voucher_id) if view.voucher_id else None,
            asked=find_asked_reinstatement(session, Thing.CERTIFICATE, found.id),
            half_read=(reading := find_open_reading(session, found.id, door.at)),
            reader=name_people(session, [reading.read_by_person_id] if reading else []),
            happenings=object_timeline(session, Thing.CERTIFICATE, found.id),
            deeds=_list_deeds(session, actor, found),
        )


@office.get("/office/certificates/<int:certificate_id>/<word>")
def certificate_deed(certificate_id: int, word: str) -> ResponseReturnValue:
    """Ask whether a certificate is to be revoked or put back."""
    return _ask(certificate_id, word)


@office.post("/office/certificates/<int:certificate_id>/<word>")
def do_certificate_deed(certificate_id: int, word: str) -> ResponseReturnValue:
    """Revoke a certificate, or put it back, which two people do."""
    location = url_for("web.office.certificate", certificate_id=certificate_id)
    if word == "verify":
        with the_door().read() as session:
            found = get_certificate_within(session, certificate_id, current_actor().regions)
        ask_about([found.number])
    return do_deed(get_deed(DEEDS, word), certificate_id, location, lambda: _ask(certificate_id, word))


def _list_deeds(session: Session, actor: Actor, found: Certificate) -> list[tuple[str, Deed]]:
    asked = find_asked_reinstatement(session, Thing.CERTIFICATE, found.id)
    back = may_move(Thing.CERTIFICATE, found.state, "reinstate")
    fits = {
        "ask-reinstatement": back and asked is None,
        "reinstate": back and asked is not None and asked.asked_by_person_id != actor.person_id,
        "decline": asked is not None and asked.asked_by_person_id != actor.person_id,
        "verify": found.state in VERIFIABLE and found.filing_id is not None,
        "read-by-hand": found.state in VERIFIABLE and found.filing_id is not None,
        "revoke": may_move(Thing.CERTIFICATE, found.state, "revoke"),
    }
    return [(word, DEEDS[word]) for word, fit in fits.items() if fit and actor.has(*DEEDS[word].roles)]


def _ask(certificate_id: int, word: str) -> str:
    deed, door = get_deed(DEEDS, word), the_door()
    with door.read() as session:
        found = get_certificate_within(session, certificate_id, current_actor().regions)
        view = archive.view_certificates(session, door.keyring, [found])[0]
        back = url_for("web.office.certificate", certificate_id=found.id)
        facts = [
            ("证书", view.number),
            ("持有人", view.masked_name),
            ("职业（项目）", f"{view.trade_name} {view.level_name}"),
            ("发证机构", view.institution_name),
            ("现在的状态", view.state_name),
            *(_list_consequences(session, found.id, view.voucher_id) if word == "revoke" else ()),
        ]
        asked = find_asked_reinstatement(session, Thing.CERTIFICATE, found.id)
        if word in ("reinstate", "decline") and asked is not None:
            facts.append(("提出恢复的理由", asked.why))
        steps = [("证书", url_for("web.office.certificates")), (view.number, back)]
        levels = [("0", "无等级"), *((str(int(each)), name) for each, name in LEVEL_NAMES.items())]
        choices = {"level": levels, "status": [("有效", "有效"), ("撤销", "撤销")]}
        values = {"seen": read_consequences(session, [found.id]).digest} if word == "revoke" else {}
        touched = Touched(
            heading=view.number, steps=steps, back=back, facts=facts, choices=choices, values=values
        )
        return show_deed(deed, touched)


def _list_consequences(
    session: Session, certificate_id: int, voucher_id: int | None
) -> list[tuple[str, str]]:
    """Return what stands on a certificate and falls with it, claims without a voucher too."""
    falls = ("撤销的后果", say_consequences(read_consequences(session, [certificate_id])))
    if voucher_id is None:
        return [("牵连", "没有用它兑现的券"), falls]
    found = session.get_one(Voucher, voucher_id)
    told = [falls, ("牵连的券", f"{found.number}，{STATE_NAMES[Thing.VOUCHER][found.state]}")]
    told += [
        (
            f"牵连的{each.kind_name}",
            f"{each.state_name}，{format_yuan(each.amount_fen)} 元，{each.payee_name}",
        )
        for each in list_voucher_claims(session, found.id)
    ]
    return told


def _number_of(work: Work, certificate_id: int) -> str:
    return _card_of(work, certificate_id)[0]


def _card_of(work: Work, certificate_id: int) -> tuple[str, Meant]:
    """Return the number of a certificate, and what tells cards of one number apart."""
    found = get_certificate_within(work.session, certificate_id, work.actor.regions)
    return found.number, Meant(found.issued_on, found.trade_code)


def _read_by_hand(work: Work, certificate_id: int) -> str:
    read = Read(
        identity_number=fields.text("identity", "证件号码", limit=40),
        name=fields.text("name", "姓名", limit=60),
        trade_code=fields.text("trade", "职业编码或专项能力编码", limit=40),
        level=fields.whole("level", "等级"),
        issued_on=fields.day("issued_on", "发证日期"),
        evaluator_code=fields.text("evaluator", "评价机构统一社会信用代码", limit=18),
        status=fields.text("status", "登记中的状态", limit=10),
    )
    evidence = fields.text("evidence", "依据")
    number, meant = _card_of(work, certificate_id)
    outcome = read_by_hand(work, number, read, evidence, meant)
    if not outcome.is_second:
        return "已录入，等另一人各自核验；两人一致才算核验"
    if outcome.verified:
        return "两人录入一致，已核验"
    return "两人录入一致，没有通过核验：" + "；".join(each.title for each in outcome.refusals)


def _revoke(work: Work, certificate_id: int) -> str:
    seen = fields.text("seen", "后果摘要", limit=64)
    why = said_why("撤销的事实和依据")
    number, meant = _card_of(work, certificate_id)
    revoke.revoke_certificate(work, number, why, read=read_consequences, seen=seen, meant=meant)
    return "已撤销：无证无价，用它兑现的券由系统转无证失效或追回"


def _ask_reinstatement(work: Work, certificate_id: int) -> str:
    number, meant = _card_of(work, certificate_id)
    revoke.ask_reinstatement(work, number, said_why("申诉结论和理由"), meant)
    return "已提出恢复，等待另一人确认"


def _reinstate(work: Work, certificate_id: int) -> str:
    found = revoke.reinstate_certificate(work, *_card_of(work, certificate_id))
    return f"已恢复为{STATE_NAMES[Thing.CERTIFICATE][found.state]}，并再次核验"


def _decline(work: Work, certificate_id: int) -> str:
    number, meant = _card_of(work, certificate_id)
    revoke.decline_reinstatement(work, number, said_why("不同意的理由"), meant)
    return "已不同意恢复，证书仍为撤销；有新的依据可再次提出"


def _verify(work: Work, certificate_id: int) -> str:
    changed = verify_certificates(work, [_number_of(work, certificate_id)])
    return "已再次核验，结果有变化" if changed else "已再次核验，结果没有变化"


DEEDS: dict[str, Deed] = {
    "verify": Deed(
        "再次核验",
        OPERATORS | OFFICERS,
        "用现有的登记数据再核对一次；一致的，等它兑现的券随即持证。结果和时间留存。",
        _verify,
    ),
    "read-by-hand": Deed(
        "人工核验",
        OFFICERS,
        "没有联网或登记不答复时办理：请在登记网站查到本证书，照所见录入。另一人也各自录入，两人一致才算核验。",
        _read_by_hand,
        asks=(
            Ask("identity", "证件号码", kind="line", maxlength=40),
            Ask("name", "姓名", kind="line", maxlength=60),
            Ask("trade", "职业编码或专项能力编码", kind="line", maxlength=40),
            Ask("level", "等级", kind="choice"),
            Ask("issued_on", "发证日期", "例如 2024-03-06", kind="line", maxlength=10),
            Ask("evaluator", "评价机构统一社会信用代码", kind="line", maxlength=18),
            Ask("status", "登记中的状态", kind="choice"),
            Ask("evidence", "依据", "查询页面、回执、来函的编号"),
        ),
    ),
    "revoke": Deed(
        "撤销证书",
        OFFICERS,
        "无证无价：未付的申领终止，券无证失效；已付的对每一收款方立应收款，券转为追回中。恢复须由两人办理。",
        _revoke,
        asks=(ask_why("撤销的事实和依据"),),
        is_danger=True,
    ),
    "ask-reinstatement": Deed(
        "提出恢复",
        OFFICERS,
        "申诉成立的，由一人提出、另一人确认；登记中仍为撤销的，请先由发证机构恢复登记。",
        _ask_reinstatement,
        asks=(ask_why("申诉结论和理由"),),
    ),
    "reinstate": Deed("确认恢复", OFFICERS, "确认后证书恢复，系统当即再次核验。", _reinstate),
    "decline": Deed(
        "不同意恢复",
        OFFICERS,
        "不同意的，证书仍为撤销；有新的依据可以再次提出。",
        _decline,
        asks=(ask_why("不同意的理由"),),
    ),
}
