"""风险线索: the queue, one flag with its figure, peers and rows, what is done, how each rule fares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.timelines import SYSTEM_NAME, Happening, name_people
from voucher.ledger.states import list_events
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.risk.catalogue import BY_CODE, RULES
from voucher.stages.oversee.risk import queries
from voucher.stages.oversee.risk.answering import ask
from voucher.stages.oversee.risk.assigning import assign, list_supervisors
from voucher.stages.oversee.risk.concluding import conclude
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagRow
from voucher.stages.oversee.risk.naming import name_tokens
from voucher.stages.oversee.risk.telling import TABLE_NAMES, list_row_tokens, tell_row
from voucher.stages.oversee.risk.thresholds import read_thresholds
from voucher.stages.oversee.risk.voiding import list_lists_of

PER_PAGE, ROWS_SHOWN = 20, 50
# how long the words of a search may be
MOST = 40
STATES = {
    "open": ("没有办结的", queries.LIVE),
    "opened": ("待分派", ("opened",)),
    "answered": ("机构已说明", ("answered",)),
    "upheld": ("属实", ("upheld",)),
    "dismissed": ("不属实", ("dismissed",)),
    "void": ("依据已撤回", ("void",)),
    "all": ("全部", (*queries.LIVE, "upheld", "dismissed", "void")),
}
# which rules a page of rules shows
SHOWN: dict[str, tuple[str, Callable[[queries.Standing], bool]]] = {
    "all": ("全部", lambda _: True),
    "open": ("未办结", lambda each: each.open_count > 0),
    "blocking": ("停住", lambda each: each.rule.is_blocking),
    "blind": ("未接入", lambda each: each.coverage.since is None),
    "partial": ("部分接入", lambda each: each.coverage.since is not None and each.coverage.is_partial),
}


class Outcome(StrEnum):
    """What a flag may be concluded as."""

    UPHOLD = "uphold"
    DISMISS = "dismiss"


@supervisor.get("/supervisor/risks")
def risks() -> ResponseReturnValue:
    """Show the queue of flags, most points first."""
    actor, before = current_actor(), fields.cursor("before")
    state, rule = fields.asked("state", STATES) or "open", fields.asked("rule", BY_CODE)
    mine = fields.asked("mine", ("1",))
    with the_door().read() as session:
        rows = queries.list_flags(
            session,
            actor.regions_as(*queries.WATCHERS),
            states=STATES[state][1],
            rule=rule,
            assigned_to=actor.person_id if mine else None,
            before=before or None,
            limit=PER_PAGE + 1,
        )
        shown = rows[:PER_PAGE]
        chosen: dict[str, Any] = {"state": state, "rule": rule, "mine": mine}
        return render_template(
            "supervisor/risks.html",
            rows=shown,
            rules=BY_CODE,
            houses=_name_houses(session, shown),
            people=name_people(session, [each.assigned_to_person_id or 0 for each in shown]),
            states=[(word, name) for word, (name, _) in STATES.items()],
            rule_choices=[(each.code, f"{each.code} {each.name}") for each in RULES],
            chosen=chosen,
            run=queries.find_last_run(session),
            next_url=url_for("web.supervisor.risks", before=queries.place_of(shown[-1]), **chosen)
            if len(rows) > PER_PAGE
            else None,
            first_url=url_for("web.supervisor.risks", **chosen) if before else None,
        )


@supervisor.get("/supervisor/risks/rules")
def risk_rules() -> ResponseReturnValue:
    """Show every rule with its thresholds, its open flags and its precision; or those that words find."""
    door, show, words = the_door(), fields.asked("show", SHOWN) or "all", (fields.asked("q") or "")[:MOST]
    with door.read() as session:
        thresholds = read_thresholds(session, door.today)
        meanings = queries.read_meanings(session, door.today)
        standings = [
            each
            for each in queries.list_standings(
                session, current_actor().regions_as(*queries.WATCHERS), thresholds
            )
            if _speaks_of(each, words, meanings)
        ]
        return render_template(
            "supervisor/risk_rules.html",
            standings=[each for each in standings if SHOWN[show][1](each)],
            tabs=[
                (
                    name,
                    url_for(
                        "web.supervisor.risk_rules", show=None if word == "all" else word, q=words or None
                    ),
                    sum(is_meant(each) for each in standings),
                    word == show,
                )
                for word, (name, is_meant) in SHOWN.items()
            ],
            meanings=meanings,
            words=words,
            run=queries.find_last_run(session),
        )


def _speaks_of(standing: queries.Standing, words: str, meanings: Mapping[str, tuple[str, str]]) -> bool:
    """Return whether all words stand in a rule's number or name, its limits, or the data it reads."""
    said = [standing.rule.code, standing.rule.name]
    said += [meanings[name][1] for name in standing.thresholds]
    said += [each.name for each in standing.coverage.sources]
    text = " ".join(said).casefold()
    return all(each in text for each in words.casefold().split())


@supervisor.get("/supervisor/risks/<int:flag_id>")
def risk(flag_id: int) -> ResponseReturnValue:
    """Show one flag with the rows behind it; the look is kept."""
    return _show(flag_id)


@supervisor.post("/supervisor/risks/<int:flag_id>/assignments")
def assign_risk(flag_id: int) -> ResponseReturnValue:
    """Give a flag to a supervisor."""

    def call(work: Work) -> Done:
        assign(work, flag_id, fields.whole("person", "办理人"))
        return Done("已分派", _here(flag_id))

    return submit(call, lambda: _show(flag_id))


@supervisor.post("/supervisor/risks/<int:flag_id>/questions")
def ask_about_risk(flag_id: int) -> ResponseReturnValue:
    """Ask the institution about it."""

    def call(work: Work) -> Done:
        asked = ask(work, flag_id, fields.text("question", "要说明的问题"))
        return Done(f"已要求机构在 {asked.answer_by} 前说明", _here(flag_id))

    return submit(call, lambda: _show(flag_id))


@supervisor.post("/supervisor/risks/<int:flag_id>/conclusions")
def conclude_risk(flag_id: int) -> ResponseReturnValue:
    """Say whether it is true."""

    def call(work: Work) -> Done:
        outcome = fields.one_of("outcome", "结论", Outcome)
        words = fields.text("words", "理由和依据", limit=1000)
        done = conclude(work, flag_id, words, is_upheld=outcome is Outcome.UPHOLD)
        return Done("已认定属实" if done.state == "upheld" else "已认定不属实", _here(flag_id))

    return submit(call, lambda: _show(flag_id))


def _here(flag_id: int) -> str:
    return url_for("web.supervisor.risk", flag_id=flag_id)


def _name_houses(session: Session, flags: list[RiskFlag]) -> dict[int, str]:
    ids = {each.institution_id for each in flags if each.institution_id is not None}
    found = (session.get(Institution, each) for each in sorted(ids))
    return {each.id: each.name for each in found if each is not None}


def _show(flag_id: int) -> str:
    door, actor = the_door(), current_actor()
    flag, rows = perform(lambda work: queries.look_at_flag(work, flag_id))
    with door.read() as session:
        events = list_events(session, Thing.RISK_FLAG, flag_id)
        names = name_people(
            session, [*(each.actor_person_id for each in events), flag.assigned_to_person_id or 0]
        )
        shown = rows[:ROWS_SHOWN]
        called = name_tokens(session, list_row_tokens(shown))
        read = people.read_people(
            session, door.keyring, [each.person_id for each in shown if each.person_id is not None]
        )
        said = {"ask": flag.question, "answer": flag.answer, "uphold": flag.conclusion}
        said["dismiss"] = flag.conclusion
        return render_template(
            "supervisor/risk.html",
            flag=flag,
            rule=BY_CODE[flag.rule],
            house=_name_houses(session, [flag]).get(flag.institution_id or 0),
            rows=[_tell(each, read, called) for each in shown],
            kept=len(rows),
            lists=list_lists_of(session, flag_id),
            supervisors=list_supervisors(session, flag.region_code, door.today),
            people=names,
            is_mine=flag.assigned_to_person_id == actor.person_id,
            me=actor.person_id,
            happenings=[
                Happening(
                    EVENT_NAMES[Thing.RISK_FLAG][each.event],
                    SYSTEM_NAME if each.event == "raise" else names.get(each.actor_person_id, ""),
                    each.at,
                    said.get(each.event) or each.reason,
                )
                for each in events
            ],
        )


def _tell(
    row: RiskFlagRow, read: Mapping[int, people.Named], names: Mapping[tuple[str, str], str]
) -> tuple[str, str, int | None, str, str, list[tuple[str, str]]]:
    """Return a row: its table and number, whose it is (masked), and its columns in words."""
    named = read.get(row.person_id or 0)
    return (
        TABLE_NAMES[row.fact],
        row.fact_key,
        row.person_id,
        mask_name(named.name) if named is not None else "",
        mask_identity(named.number) if named is not None and named.number else "",
        tell_row(row, names),
    )
