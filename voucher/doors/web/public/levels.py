"""等级与比照: the eight levels and the ways onto each, what places earn, what counts as what, old codes."""

from __future__ import annotations

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.public.blueprint import public
from voucher.registry.dictionaries import list_words
from voucher.registry.talents import ladder
from voucher.registry.talents.categories import list_mappings
from voucher.rules.dictionaries import Dictionary
from voucher.rules.spelling import fold_spelling
from voucher.rules.vocabulary import METHOD_NAMES

TEAMS = {1: "单人", 2: "双人", 3: "三人"}


@public.get("/levels")
def levels() -> ResponseReturnValue:
    """Show the dated tables as of a day, and what was asked about a code and about what one holds."""
    given, code = request.args.get("on", "").strip()[:10], request.args.get("code", "").strip()[:20]
    try:
        on, unread = (date.fromisoformat(given) if given else the_door().today), False
    except ValueError:
        on, unread = the_door().today, True
    words = request.args.get("has", "").strip()[:40]
    with the_door().read() as session:
        placings = ladder.list_placings(session, on)
        ruled = {each.competition for each in placings}
        classes = list_words(session, Dictionary.COMPETITION, on)
        return render_template(
            "public/levels.html",
            on=on,
            unread=unread,
            code=code,
            steps=ladder.list_steps(session, on),
            placings=placings,
            unruled=[each.name for each in classes if each.code not in ruled],
            equivalences=ladder.list_equivalences(session, on, words=words),
            words=words,
            mappings=list_mappings(session, on),
            honours=list_words(session, Dictionary.HONOUR, on),
            history=ladder.find_history(session, fold_spelling(code)) if code else None,
            methods=METHOD_NAMES,
            teams=TEAMS,
        )
