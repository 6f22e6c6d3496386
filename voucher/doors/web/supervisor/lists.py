"""审计名单: lists auditors bring along, each row checked, people kept by blind index only."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import ImportRefused, Report
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import Refused
from voucher.rules.joins import FEEDS, JOIN_NAMES, LIST_NAMES, NEEDED, WELCOME, ListKind
from voucher.rules.risk.catalogue import BY_CODE
from voucher.stages.oversee.joins import bringing
from voucher.stages.oversee.joins.bringing import KEPT_MONTHS, bring_list
from voucher.stages.oversee.joins.reaching import WHO
from voucher.stages.oversee.joins.reading import list_lists
from voucher.stages.oversee.joins.undoing import find_undoings
from voucher.stages.oversee.joins.withdrawing import find_withdrawals

PAGE = 20


@supervisor.get("/supervisor/lists")
def audit_lists() -> ResponseReturnValue:
    """Show the lists brought along, the newest first, and where to bring another."""
    return _show()


@supervisor.post("/supervisor/lists")
def bring_audit_list() -> ResponseReturnValue:
    """Take a list in; one bad row and nothing is kept, every bad row named."""

    def call(work: Work) -> Done:
        kind = fields.one_of("kind", "名单种类", ListKind)
        source = fields.text("source", "来源单位", limit=60)
        as_of = fields.day("as_of", "名单日期")
        why = fields.text("why", "案由和文号", required=False, limit=200)
        given = fields.upload("file", "名单文件")
        given.stream.seek(0)  # the whole act may be tried again
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("list" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            brought = bring_list(work, kind, source, as_of, why, path, limits=the_door().table_limits)
        words = f"已导入 {brought.made.number}：{LIST_NAMES[kind]}，{brought.made.row_count:,} 行"
        return Done(words, url_for("web.supervisor.audit_lists"))

    try:
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        return refuse(refused.refusal, lambda: _show(report))
    except Refused as refused:
        return refuse(refused.refusal, _show)


def _show(report: Report | None = None) -> str:
    before, door = fields.cursor("before"), the_door()
    with door.read() as session:
        rows = list_lists(session, current_actor().regions_as(*WHO), before_id=before or None, limit=PAGE + 1)
        return render_template(
            "supervisor/lists.html",
            rows=rows[:PAGE],
            waiting=[
                each.list_id
                for each in find_withdrawals(session, [row.id for row in rows[:PAGE]]).values()
                if each.agreed is None
            ],
            undoing=[
                each.list_id
                for each in find_undoings(session, [row.id for row in rows[:PAGE]]).values()
                if each.finished_at is None
            ],
            kinds=[(str(each), name) for each, name in LIST_NAMES.items()],
            names={str(each): name for each, name in LIST_NAMES.items()},
            guide=[_guide(each) for each in ListKind],
            kept_months=require_parameter_number(session, KEPT_MONTHS, door.today, ()),
            report=report,
            next_url=url_for("web.supervisor.audit_lists", before=rows[PAGE - 1].id)
            if len(rows) > PAGE
            else None,
            first_url=url_for("web.supervisor.audit_lists") if before else None,
        )


def _guide(kind: ListKind) -> tuple[str, str, str, str]:
    """Return of a kind of list: its name, the columns it needs and may have, and what it is used for."""
    needed = (bringing.NUMBER, *bringing.NEEDED.get(kind, ()))
    days = (bringing.SINCE, bringing.UNTIL) if kind not in bringing.NEEDED else ()
    welcome = (bringing.NAME, *days, *bringing.WELCOME.get(kind, ()))
    joins = [JOIN_NAMES[each] for each, wanted in (*NEEDED.items(), *WELCOME.items()) if wanted is kind]
    uses = [f"比对：{'、'.join(joins)}"] if joins else []
    uses += ["统计漏斗的就业"] if kind is ListKind.INSURED else []
    uses += [f"规则 {code} {BY_CODE[code].name}" for code in FEEDS.get(kind, ())]
    least = "（账号、手机号、住址、紧急联系人电话至少一项）" if kind is ListKind.CONTACTS else ""
    return LIST_NAMES[kind], "、".join(needed) + least, "、".join(welcome), "；".join(uses)
