"""One answer of an 审计比对: its hits, what became of each, who looked at it; every look is kept."""

from __future__ import annotations

import io
from functools import partial

from flask import render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.issue.bulk import XLSX
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.supervisor.joins import NAMES
from voucher.doors.web.timelines import name_people
from voucher.plumbing.spreadsheets import write_workbook
from voucher.plumbing.unit_of_work import Work
from voucher.rules.join_conclusions import (
    CHOSEN,
    FOLLOW_UP_NAMES,
    OUTCOME_NAMES,
    STATE_NAMES,
    FollowUp,
    HitState,
    Outcome,
)
from voucher.rules.joins import LIST_NAMES
from voucher.stages.oversee.joins.concluding import (
    conclude_hits,
    decide_conclusions,
    read_agreed,
    read_conclusions,
    read_states,
    tally,
)
from voucher.stages.oversee.joins.exporting import make_sheets
from voucher.stages.oversee.joins.forgetting import keep_join_until
from voucher.stages.oversee.joins.reading import find_list, look_at_hits, look_at_join
from voucher.stages.oversee.joins.telling import tell_hits
from voucher.stages.oversee.joins.undoing import find_undoings
from voucher.stages.oversee.looking import list_looks_at

HITS, LOOKS_SHOWN = 50, 10
TONES = {
    HitState.OPEN: "mute", HitState.WAITING: "wait", HitState.UPHELD: "warn", HitState.DISMISSED: "good",
    HitState.HANDLED: "good", HitState.WITHDRAWN: "mute",
}  # fmt: skip


@supervisor.get("/supervisor/joins/<int:join_id>")
def join(join_id: int) -> ResponseReturnValue:
    """Show one answer with its hits, people masked, and how each stands; the look is kept."""
    return _show(join_id)


@supervisor.post("/supervisor/joins/<int:join_id>/conclusions")
def conclude_join_hits(join_id: int) -> ResponseReturnValue:
    """Say what the chosen hits came to."""

    def call(work: Work) -> Done:
        seen = _read_seen()
        waiting = conclude_hits(
            work,
            join_id,
            seen,
            fields.one_of("outcome", "结论", Outcome),
            fields.one_of("follow_up", "后续", FollowUp),
            fields.text("words", "理由和依据", required=False, limit=500),
        )
        more = f"，其中 {waiting} 条" if 0 < waiting < len(seen) else "，"
        told = f"{more}由另一人确认后算数" if waiting else ""
        return Done(f"已给 {len(seen)} 条下结论{told}", url_for("web.supervisor.join", join_id=join_id))

    return submit(call, lambda: _show(join_id))


@supervisor.post("/supervisor/joins/<int:join_id>/decisions")
def decide_join_hits(join_id: int) -> ResponseReturnValue:
    """Confirm what somebody else concluded of the chosen hits, or send it back."""

    def call(work: Work) -> Done:
        agrees = fields.text("decision", "确认还是退回", limit=10) == "confirm"
        words = fields.text("words", "退回理由", required=False, limit=500)
        count = decide_conclusions(work, join_id, _read_seen(), words, agrees=agrees)
        return Done(
            f"已{'确认' if agrees else '退回'} {count} 条", url_for("web.supervisor.join", join_id=join_id)
        )

    return submit(call, lambda: _show(join_id, HitState.WAITING))


def _read_seen() -> dict[int, int]:
    """Return which turn was shown of each chosen hit. Raises form_field_unreadable."""
    return fields.pairs("seen", "选中的结果")


def _show(join_id: int, state: HitState | None = None) -> str:
    door, after = the_door(), fields.cursor()
    asked = state or next((each for each in HitState if each == fields.asked("state")), None)
    found, hits = perform(
        partial(look_at_hits, join_id=join_id, way="page", state=asked, after=after, limit=HITS + 1)
    )
    shown = hits[:HITS]
    with door.read() as session:
        here_shown = [each.position for each in shown]
        states = read_states(session, join_id, here_shown)
        said = read_conclusions(session, join_id, here_shown)
        in_force = read_agreed(session, join_id, here_shown)
        counted, here = (
            tally(session, [found])[join_id],
            partial(url_for, "web.supervisor.join", join_id=join_id),
        )
        hands = {
            each
            for one in (*said.values(), *in_force.values())
            for each in (one.concluded_by_person_id, one.decided_by_person_id)
            if each is not None
        }
        return render_template(
            "supervisor/join.html",
            found=found,
            name=NAMES[found.kind],
            listed=find_list(session, found),
            undoing=find_undoings(session, [found.list_id or 0]).get(found.list_id or 0),
            list_names={str(each): name for each, name in LIST_NAMES.items()},
            rows=tell_hits(session, door.keyring, shown),
            states={each.position: states.get(each.position, HitState.OPEN) for each in shown},
            said=said,
            in_force=in_force,
            hands=name_people(session, sorted(hands)),
            me=current_actor().person_id,
            state_names=STATE_NAMES,
            tones=TONES,
            outcome_names={str(each): name for each, name in OUTCOME_NAMES.items()},
            outcomes=[(str(each), OUTCOME_NAMES[each]) for each in CHOSEN],
            follow_up_names={str(each): name for each, name in FOLLOW_UP_NAMES.items()},
            tabs=[("全部", here(), sum(counted.values()), asked is None)]
            + [
                (name, here(state=str(each)), counted[each], asked == each)
                for each, name in STATE_NAMES.items()
            ],
            asked=asked,
            keep_until=keep_join_until(session, found),
            looks=list_looks_at(session, "audit_join", join_id, limit=LOOKS_SHOWN),
            next_url=here(after=shown[-1].position, state=asked) if len(hits) > HITS else None,
            first_url=here(state=asked) if after else None,
        )


@supervisor.get("/supervisor/joins/<int:join_id>.xlsx")
def join_file(join_id: int) -> ResponseReturnValue:
    """Hand one answer out as a workbook, people masked; the look is kept."""
    door, out = the_door(), io.BytesIO()
    found, hits = perform(partial(look_at_join, join_id=join_id))
    with door.read() as session:
        said = read_conclusions(session, join_id, [each.position for each in hits])
        in_force = read_agreed(session, join_id, [each.position for each in hits])
        sheets = make_sheets(found, tell_hits(session, door.keyring, hits), said, in_force)
    write_workbook(out, sheets, created_at=found.ran_at, title=f"{found.number} {NAMES[found.kind]}")
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"{found.number}.xlsx")
