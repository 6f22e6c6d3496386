"""Programmes (券种): the list with filters in the address, one with its funnel, what is done to it."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS, OPERATORS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import (
    Ask,
    Deed,
    Touched,
    ask_why,
    do_deed,
    get_deed,
    list_open,
    said_why,
    show_deed,
)
from voucher.doors.web.showing import level_name
from voucher.ledger.budget import Budget
from voucher.ledger.year_ends import home_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Project, name_trades
from voucher.registry.dictionaries import name_words
from voucher.registry.sanctions import list_institutions
from voucher.rules.actor import Role
from voucher.rules.dictionaries import Dictionary
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.programmes import CHANNEL_NAMES, WORTH_NAMES, Channel, Worth
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, FUND_SOURCE_NAMES, CertificateKind, FundSource
from voucher.stages.issue import programmes as acts
from voucher.stages.issue import queries
from voucher.stages.issue.dry_run import TRIED_STATES, find_dry_run
from voucher.stages.issue.models import Programme
from voucher.stages.issue.queries.funnels import list_refusals
from voucher.stages.issue.recalling import count_unused, recall_unused
from voucher.stages.settle.queries import object_timeline

PER_PAGE = 20
STATES = list(STATE_NAMES[Thing.PROGRAMME].items())


@office.get("/office/programmes")
def programmes() -> ResponseReturnValue:
    """Show the programmes of these regions, the newest first."""
    state, before = fields.asked("state", STATE_NAMES[Thing.PROGRAMME]), fields.cursor("before")
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = queries.list_programmes(
            session, regions, state=state, before_id=before or None, limit=PER_PAGE
        )
        return render_template(
            "office/programmes.html",
            rows=rows,
            remaining={each.id: queries.count_remaining(session, each) for each in rows},
            trades=name_trades(session, [each.trade_code for each in rows if each.trade_code]),
            region_names=reach.name_regions(session, {each.region_code for each in rows}),
            regions=reach.list_region_choices(session),
            states=STATES,
            chosen={"state": state, "region": region},
            worths=WORTH_NAMES,
            channels=CHANNEL_NAMES,
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/programmes/<int:programme_id>")
def programme(programme_id: int) -> ResponseReturnValue:
    """Show one programme: its terms, how far its vouchers have come, and what may be done to it."""
    return show_programme(programme_id)


def show_programme(programme_id: int) -> str:
    """Return the page of one programme."""
    actor = current_actor()
    with the_door().read() as session:
        found = queries.get_programme(session, programme_id, actor.regions)
        steps = queries.funnel(session, found.id)
        own = found.region_code in actor.regions
        unused = count_unused(session, found.id)
        drafted_here = found.drafted_by_person_id == actor.person_id
        deeds = list_open(DEEDS, actor, Thing.PROGRAMME, found.state) if own else []
        if own and actor.has(*OFFICERS) and found.state in ("published", "stopped"):
            deeds.insert(0, ("top-up", DEEDS["top-up"]))
        if own and actor.has(*OFFICERS) and found.state in ("stopped", "closed") and unused[0]:
            deeds.append(("recall", DEEDS["recall"]))
        return render_template(
            "office/programme.html",
            found=found,
            facts=_list_facts(session, found),
            steps=steps,
            unissued=list_refusals(session, found.id) if own else [],
            losses=queries.list_losses(session, found.id),
            remaining=queries.count_remaining(session, found),
            tried=find_dry_run(session, found.id) if own else None,
            may_try=own and found.state in TRIED_STATES and actor.has(Role.OPERATOR, *OFFICERS),
            happenings=object_timeline(session, Thing.PROGRAMME, found.id),
            deeds=[each for each in deeds if not (each[0] == "publish" and drafted_here)],
            waits_for_another=found.state == "draft" and drafted_here,
            may_issue=own and found.state == "published" and actor.has(Role.OPERATOR),
        )


@office.get("/office/programmes/<int:programme_id>/<word>")
def programme_deed(programme_id: int, word: str) -> ResponseReturnValue:
    """Ask whether something is to be done to a programme."""
    return _ask(programme_id, word)


@office.post("/office/programmes/<int:programme_id>/<word>")
def do_programme_deed(programme_id: int, word: str) -> ResponseReturnValue:
    """Publish, stop, resume, top up, close or discard a programme."""
    location = url_for("web.office.programme", programme_id=programme_id)
    return do_deed(get_deed(DEEDS, word), programme_id, location, lambda: _ask(programme_id, word))


def _ask(programme_id: int, word: str) -> str:
    deed, regions = get_deed(DEEDS, word), current_actor().regions
    with the_door().read() as session:
        found = queries.get_programme(session, programme_id, regions)
        back = url_for("web.office.programme", programme_id=found.id)
        counts = word in ("publish", "discard")
        recalled = count_unused(session, found.id) if word == "recall" else (None, None)
        warnings = _list_warnings(session, found) if word == "publish" else []
        touched = Touched(
            heading=found.name,
            steps=[("券种", url_for("web.office.programmes")), (found.number, back)],
            back=back,
            facts=_list_facts(session, found) if word == "publish" else _list_numbers(session, found),
            count=found.quantity if counts else recalled[0],
            amount_fen=found.quantity * found.cap_fen if counts else recalled[1],
            warnings=warnings,
        )
        return show_deed(deed, touched)


def _list_warnings(session: Session, found: Programme) -> list[str]:
    """Return what an officer should not overlook before publishing: money that does not reach."""
    left_fen = session.get_one(Budget, home_of(session, found.budget_id)).available_fen
    if found.quantity * found.cap_fen <= left_fen:
        return []
    enough = max(left_fen, 0) // found.cap_fen
    return [f"资金不够全部数量：余额够 {enough:,} 张，其余 {found.quantity - enough:,} 张须候补或先追加预算"]


def _list_numbers(session: Session, found: Programme) -> list[tuple[str, str]]:
    told = queries.funnel(session, found.id)
    return [
        ("券种", f"{found.name}（{found.number}）"),
        ("发放数量", f"{found.quantity:,} 张"),
        ("已发放", f"{told[0].count:,} 张"),
        ("还可发放", f"{queries.count_remaining(session, found):,} 张"),
    ]


def _list_facts(session: Session, found: Programme) -> list[tuple[str, str]]:
    """Return the terms of a programme in words."""
    trades = name_trades(session, [found.trade_code]) if found.trade_code else {}
    budget = session.get_one(Budget, home_of(session, found.budget_id))
    project = session.get_one(Project, found.project_id)
    houses = queries.institutions_of(session, found.id)
    named = list_institutions(session, None, only=houses, limit=len(houses)) if houses else ()
    groups = name_words(session, Dictionary.PERSON_GROUP)
    trade = trades.get(found.trade_code or "", found.trade_code or "由本人报名时选择")
    regions = reach.name_regions(session, {found.region_code, budget.region_code})
    caps = f"培训 {format_yuan(found.training_cap_fen)} 元，评价 {format_yuan(found.evaluation_cap_fen)} 元"
    source = FUND_SOURCE_NAMES[FundSource(budget.source)]
    left = format_yuan(budget.available_fen)
    fund = f"{regions[budget.region_code]} {budget.year} 年 {source}，余额 {left} 元"
    return [
        ("功能", WORTH_NAMES[Worth(found.worth)]),
        ("发放方式", CHANNEL_NAMES[Channel(found.channel)]),
        ("地区", regions[found.region_code]),
        ("补贴项目", project.name),
        ("职业（项目）", f"{trade}（{found.trade_code}）" if found.trade_code else trade),
        ("等级", _level_words(found)),
        ("凭哪种证书", CERTIFICATE_KIND_NAMES[CertificateKind(found.certificate_kind)]),
        ("培训类型", name_words(session, Dictionary.TRAINING_KIND).get(found.training_kind, "—")),
        ("每张上限", caps),
        ("数量", f"{found.quantity:,} 张"),
        ("发放期", f"{found.from_on.isoformat()} 至 {found.until_on.isoformat()}"),
        ("有效天数", f"{found.validity_days} 日" if found.validity_days else "按参数"),
        ("取证月数", f"{found.certify_months} 个月" if found.certify_months else "按参数"),
        ("资金", fund),
        (
            "人员类别",
            "、".join(groups.get(each, each) for each in queries.groups_of(session, found.id)) or "不限",
        ),
        ("可用机构", "、".join(each.name for each in named) or "目录清单内全部机构"),
        ("依据文号", found.document),
    ]


def _level_words(found: Programme) -> str:
    return "由本人报名时选择" if found.level is None else level_name(found.level)


def _publish(work: Work, programme_id: int) -> str:
    return f"已发布：{acts.publish_programme(work, programme_id).name}"


def _top_up(work: Work, programme_id: int) -> str:
    quantity = fields.whole("quantity", "追加数量")
    found = acts.top_up(work, programme_id, quantity, said_why())
    return f"已追加 {quantity:,} 张，现共 {found.quantity:,} 张"


def _stop(work: Work, programme_id: int) -> str:
    acts.stop_programme(work, programme_id, said_why())
    return "已停发：已发的券不受影响"


def _resume(work: Work, programme_id: int) -> str:
    acts.resume_programme(work, programme_id, said_why())
    return "已恢复发放"


def _close(work: Work, programme_id: int) -> str:
    acts.close_programme(work, programme_id, said_why())
    return "已结束发放：已发的券不受影响"


def _recall(work: Work, programme_id: int) -> str:
    done = recall_unused(work, programme_id, said_why())
    rest, _ = count_unused(work.session, programme_id)
    more = f"；还有 {rest:,} 张，请再办一次" if rest else ""
    return f"已收回 {done:,} 张未使用的券，占用的资金已释放{more}"


def _discard(work: Work, programme_id: int) -> str:
    acts.discard_programme(work, programme_id, said_why())
    return "草稿已作废"


DEEDS: dict[str, Deed] = {
    "publish": Deed(
        "发布", OFFICERS, "发布后条件不能再改，只能停发、追加数量或结束。请逐项核对。", _publish, "publish"
    ),
    "top-up": Deed(
        "追加数量",
        OFFICERS,
        "只增加数量，其他条件不变。资金仍以预算余额为限，不足的按先后候补。",
        _top_up,
        asks=(Ask("quantity", "追加数量（张）", kind="number", maxlength=9), ask_why()),
    ),
    "stop": Deed(
        "停发",
        OFFICERS,
        "停发后不再发放新券，排队候补的终止；已发的券照常使用，可以再恢复发放。",
        _stop,
        "stop",
        (ask_why(),),
    ),
    "resume": Deed("恢复发放", OFFICERS, "恢复后可以继续发券。", _resume, "resume", (ask_why(),)),
    "close": Deed(
        "结束",
        OFFICERS,
        "结束后不能恢复，排队候补的终止；已发的券照常使用。",
        _close,
        "close",
        (ask_why(),),
        is_danger=True,
    ),
    "recall": Deed(
        "收回未使用的券",
        OFFICERS,
        "还没有报名的券全部作废，占用的资金释放给候补的人；已报名和待处置的不动。作废不能恢复。",
        _recall,
        asks=(ask_why("理由", "持有人会看到这个理由"),),
        is_danger=True,
    ),
    "discard": Deed(
        "作废草稿",
        OPERATORS | OFFICERS,
        "草稿作废后不能恢复，需要时请重新起草。",
        _discard,
        "discard",
        (ask_why(),),
        is_danger=True,
    ),
}
