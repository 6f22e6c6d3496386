"""评价目录清单 for anybody: who may evaluate what at which level, by which standard."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.doors.web.public.directory import indent
from voucher.registry import directory, evaluator_list
from voucher.registry.catalogue import list_subtree
from voucher.rules.levels import LEVEL_NAMES
from voucher.rules.vocabulary import EVALUATOR_KIND_NAMES

PAGE = 20
KINDS = {str(kind): name for kind, name in EVALUATOR_KIND_NAMES.items()}
LEVELS = {str(int(each)): name for each, name in LEVEL_NAMES.items()} | {"0": "不分等级"}


@public.get("/evaluators")
def evaluators() -> ResponseReturnValue:
    """Show what stands on the list today and fits what is looked for."""
    door, after = the_door(), fields.cursor()
    with door.read() as session:
        seats = directory.list_seats(session)
        years = {str(each): f"{each} 年" for each in evaluator_list.list_years(session)}
        asked: dict[str, Any] = {
            "region": fields.asked("region", {each.code for each in seats}),
            "kind": fields.asked("kind", KINDS),
            "level": fields.asked("level", LEVELS),
            "year": fields.asked("year", years),
            "q": fields.asked("q"),
        }
        found = evaluator_list.list_scopes(
            session,
            door.today,
            regions=list_subtree(session, asked["region"]) if asked["region"] else None,
            kind=asked["kind"],
            level=int(asked["level"]) if asked["level"] else None,
            year=int(asked["year"]) if asked["year"] else None,
            words=asked["q"],
            after_id=after,
            limit=PAGE + 1,
        )
        rows = found[:PAGE]
        return render_template(
            "public/evaluators.html",
            rows=rows,
            regions=indent(seats),
            kinds=list(KINDS.items()),
            levels=list(LEVELS.items()),
            years=list(years.items()),
            asked=asked,
            filtered=any(asked.values()),
            next_url=url_for("web.public.evaluators", **asked, after=rows[-1].scope_id)
            if len(found) > PAGE
            else None,
            first_url=url_for("web.public.evaluators", **asked) if after else None,
        )
