"""A new programme (券种) as the office drafts it; another person publishes it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Project
from voucher.registry.dictionaries import DictionaryEntry, list_words
from voucher.registry.listing import is_listed
from voucher.registry.sanctions import list_institutions
from voucher.registry.trades import find_trade, list_trades
from voucher.rules.dictionaries import Dictionary
from voucher.rules.levels import Level, name_level
from voucher.rules.programmes import CHANNEL_NAMES, WORTH_NAMES
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES
from voucher.stages.issue.drafting import NewProgramme
from voucher.stages.issue.drafting import draft_programme as draft
from voucher.stages.settle.queries import list_budgets

LEVELS = [(0, "不分等级（专项职业能力、合格证书）"), *((int(each), name_level(each)) for each in Level)]
INSTITUTIONS_SHOWN = 500


@office.get("/office/programmes/new")
def new_programme() -> ResponseReturnValue:
    """Ask for the terms of a new programme."""
    return _ask()


@office.post("/office/programmes")
def draft_programme() -> ResponseReturnValue:
    """Write down a programme as a draft."""

    def call(work: Work) -> Done:
        found = draft(work, _read_new(work))
        words = f"已起草 {found.number}，请另一人核对后发布"
        return Done(words, url_for("web.office.programme", programme_id=found.id))

    return submit(call, _ask)


def _ask() -> str:
    today, regions = the_door().today, current_actor().regions
    with the_door().read() as session:
        funds = list_budgets(session, reach.with_ancestors(session, regions))
        houses = list_institutions(session, regions, limit=INSTITUTIONS_SHOWN)
        return render_template(
            "office/new_programme.html",
            regions=reach.list_region_choices(session),
            funds=funds,
            fund_regions=reach.name_regions(session, {each.region_code for each in funds}),
            projects=[
                (each.code, each.name)
                for each in session.scalars(
                    select(Project).where(Project.kind != "bonus").order_by(Project.id)
                )
            ],
            worths=[(str(word), name) for word, name in WORTH_NAMES.items()],
            channels=[(str(word), name) for word, name in CHANNEL_NAMES.items()],
            training_kinds=_words(list_words(session, Dictionary.TRAINING_KIND, today)),
            certificate_kinds=[(str(word), name) for word, name in CERTIFICATE_KIND_NAMES.items()],
            groups=_words(list_words(session, Dictionary.PERSON_GROUP, today)),
            trades=list_trades(session, today),
            levels=LEVELS,
            institutions=[(each.id, each.name) for each in houses if is_listed(session, each.id, today)],
        )


def _words(entries: Sequence[DictionaryEntry]) -> list[tuple[str, str]]:
    return [(each.code, each.name) for each in entries]


def _read_new(work: Work) -> NewProgramme:
    from_on = fields.day("from_on", "发放日期起")
    trade = fields.text("trade", "职业（项目）", required=False, limit=80)
    level = _optional_whole("level", "等级")
    return NewProgramme(
        name=fields.text("name", "券种名称", limit=80),
        region_code=fields.text("region", "地区", limit=12),
        project_code=fields.text("project", "补贴项目", limit=40),
        budget_id=_optional_whole("budget", "资金"),
        worth=fields.text("worth", "功能", limit=20),
        channel=fields.text("channel", "发放方式", limit=20),
        training_kind=fields.text("training_kind", "培训类型", limit=40),
        certificate_kind=fields.text("certificate_kind", "凭哪种证书", limit=40),
        trade_code=find_trade(work.session, trade, from_on) if trade else None,
        level=level,
        training_cap_fen=_optional_fen("training_cap", "培训补贴上限"),
        evaluation_cap_fen=_optional_fen("evaluation_cap", "评价补贴上限"),
        quantity=fields.whole("quantity", "数量"),
        from_on=from_on,
        until_on=fields.day("until_on", "发放日期止"),
        validity_days=_optional_whole("validity_days", "有效天数"),
        certify_months=_optional_whole("certify_months", "取证月数"),
        document=fields.text("document", "依据文号", limit=120),
        institution_ids=fields.wholes("institution", "可用机构"),
        group_codes=_read_groups(),
    )


def _optional_whole(name: str, label: str) -> int | None:
    return fields.whole(name, label) if fields.text(name, label, required=False, limit=18) else None


def _optional_fen(name: str, label: str) -> int | None:
    return fields.fen(name, label) if fields.text(name, label, required=False, limit=30) else None


def _read_groups() -> list[str]:
    chosen = request.form.getlist("group")
    if any(len(each) > 40 for each in chosen):
        raise FIELD_UNREADABLE.refused(field="group", label="人员类别", problem="不在可选范围内")
    return chosen
