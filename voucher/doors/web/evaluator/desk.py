"""工作台 of an evaluator: what waits, by what it lacks; the scope it is filed for; its own numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluator, my_evaluators
from voucher.registry import catalogue
from voucher.registry.accounts import AGREEING, count_suggested
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.certificates import Scope
from voucher.rules.periods import in_force
from voucher.rules.suspicions import SUSPICION_NAMES
from voucher.stages.assess import queries
from voucher.stages.assess.appeals.reading import ANSWERERS
from voucher.stages.assess.filing import read_filings
from voucher.stages.assess.queries.appeals import count_at_evaluators
from voucher.stages.assess.queries.waiting import ExamStanding, list_pending_corrections, list_standings
from voucher.stages.certify.queries.unverified import count_unverified
from voucher.stages.settle.queries.evaluations import count_evaluations

SUSPICIONS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Tile:
    """One thing that waits: its name, how many, what to do about it, and where."""

    name: str
    count: int
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One trade an evaluator is filed for: its levels (0 stands for none), from when until when."""

    name: str
    code: str
    levels: list[int]
    since: date
    until: date | None
    is_in_force: bool


@evaluator.get("/evaluator")
def home() -> ResponseReturnValue:
    """Show what waits at this evaluator, the next exams first."""
    door, me, actor = the_door(), my_evaluator(), current_actor()
    with door.read() as session:
        standings = list_standings(session, me)
        corrections = list_pending_corrections(session, me)
        tiles = _tiles(standings, len(corrections), door.today)
        if actor.serves(me, *ANSWERERS):
            waiting = count_at_evaluators(session, [me])
            tiles.append(
                Tile("复核申请", waiting, "考生在等答复，逾期转人社部门", url_for("web.evaluator.appeals"))
            )
        accounts = count_suggested(session, [me], actor.person_id) if actor.serves(me, *AGREEING) else 0
        if accounts:
            told = "同事提出的，须由另一人对照凭证确认"
            tiles.append(Tile("收款账户待确认", accounts, told, url_for("web.institution.account")))
        if actor.serves(me, Role.EVALUATOR_ADMIN):
            tiles += _administrators_tiles(session, me, door.today)
        return render_template(
            "evaluator/home.html",
            tiles=tiles,
            institution=session.get_one(Institution, me),
            standings=[
                (each, view, each.lacks(door.today))
                for each, view in zip(
                    standings, queries.view_batches(session, [s.batch for s in standings]), strict=True
                )
            ],
            corrections=corrections,
            person_id=actor.person_id,
        )


def _tiles(standings: Sequence[ExamStanding], corrections: int, today: date) -> list[Tile]:
    """Return what waits for anybody of an evaluator."""
    lacks = Counter(each.lacks(today) for each in standings)
    following = url_for("web.evaluator.home", _anchor="next")
    pending = url_for("web.evaluator.home", _anchor="corrections")
    return [
        Tile(
            "待评价", lacks["sit"], "考试当天核对证件入场", url_for("web.evaluator.batches", state="planned")
        ),
        Tile("待录入成绩", lacks["enter"], "已入场，还没有录完成绩", following),
        Tile("待公布成绩", lacks["publish"], "成绩已录，须由另一人公布", following),
        Tile("更正待第二人确认", corrections, "提出更正的人不能自己确认", pending),
    ]


def _administrators_tiles(session: Session, evaluator_id: int, today: date) -> list[Tile]:
    """Return what waits for who plans exams, uploads certificates and claims."""
    ready = len(queries.list_ready(session, evaluator_id, today))
    claimable, _ = count_evaluations(session, my_evaluators(Role.EVALUATOR_ADMIN))
    unverified = count_unverified(session, [evaluator_id])
    refused = url_for("web.evaluator.certificates", verified="no")
    return [
        Tile("可安排考试", ready, "名学员已结业，等待安排", url_for("web.evaluator.new_batch")),
        Tile("证书未通过核验", unverified, "看原因，更正后再核验", refused),
        Tile("可申领评价补贴", claimable, "张券已持证，还没有申领", url_for("web.evaluator.claims")),
    ]


@evaluator.get("/evaluator/scope")
def scope() -> ResponseReturnValue:
    """Show what this evaluator is filed for, and until when."""
    door, me = the_door(), my_evaluator()
    with door.read() as session:
        filings = list(read_filings(session, me).values())
        trades = catalogue.name_trades(session, [each.code for _, scopes in filings for each in scopes])
        rows = [
            (
                filing,
                catalogue.get_region(session, filing.region_code).name,
                _fold(scopes, trades, door.today),
            )
            for filing, scopes in filings
        ]
        return render_template(
            "evaluator/scope.html", institution=session.get_one(Institution, me), filings=rows
        )


def _fold(scopes: list[Scope], trades: dict[str, str], today: date) -> list[ScopeRow]:
    """Return the levels of one trade with the same days in one row, by code."""
    found: dict[tuple[str, date, date | None], list[int]] = {}
    for each in sorted(scopes, key=lambda one: (one.code, int(one.level or 0))):
        found.setdefault((each.code, each.since, each.until), []).append(int(each.level or 0))
    return [
        ScopeRow(trades.get(code, code), code, levels, since, until, in_force(today, since, until))
        for (code, since, until), levels in found.items()
    ]


@evaluator.get("/evaluator/statistics")
def statistics() -> ResponseReturnValue:
    """Show this evaluator's own numbers over its published exams."""
    me = my_evaluator()
    with the_door().read() as session:
        published = queries.list_batches(session, (), [me], institution_id=me, state="published", limit=50)
        found = queries.list_suspicions(session, me, the_door().today)
        return render_template(
            "evaluator/statistics.html",
            numbers=queries.read_statistics(session, me),
            suspicions=found[:SUSPICIONS_SHOWN],
            more=len(found) - SUSPICIONS_SHOWN,
            named=SUSPICION_NAMES,
            numbered=queries.number_batches(session, {i for each in found for i in each.batch_ids}),
            rows=queries.view_batches(session, published),
        )
