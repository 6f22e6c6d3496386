"""Corrections of names and numbers: proposed with evidence, decided by another officer."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import corrected, renaming, renumbering
from voucher.registry.corrected import Correction
from voucher.rules.corrections import FORMER_USE_NAMES, FormerUse
from voucher.stages.certify import renumber

ROWS_SHOWN = 100
LONGEST_WORDS = 200


@office.get("/identity-corrections")
def corrections() -> ResponseReturnValue:
    """Show the corrections that wait, those decided, and both forms to propose one."""
    return _list()


@office.post("/identity-corrections/names")
def propose_name() -> ResponseReturnValue:
    """Propose a new name for the person with an identity number."""

    def call(work: Work) -> Done:
        proposed = renaming.propose_name(
            work,
            fields.text("number", "证件号码", limit=40),
            fields.text("new_name", "新姓名", limit=60),
            fields.text("evidence", "更名依据", limit=LONGEST_WORDS),
        )
        there = url_for("web.office.name_correction", former_name_id=proposed.id)
        return Done("已提出更名，等待另一人审核", there)

    return submit(call, _list)


@office.get("/identity-corrections/names/<int:former_name_id>")
def name_correction(former_name_id: int) -> ResponseReturnValue:
    """Show one change of name, whole to whoever decides about it."""
    return _show_name(former_name_id)


@office.post("/identity-corrections/names/<int:former_name_id>/approvals")
def approve_name(former_name_id: int) -> ResponseReturnValue:
    """Approve a proposed name."""

    def call(work: Work) -> Done:
        renaming.approve_name(work, former_name_id)
        return Done("更名已审核通过，旧证书仍按旧名核对", url_for("web.office.corrections"))

    return submit(call, lambda: _show_name(former_name_id))


@office.post("/identity-corrections/names/<int:former_name_id>/refusals")
def decline_name(former_name_id: int) -> ResponseReturnValue:
    """Turn a proposed name down."""

    def call(work: Work) -> Done:
        renaming.decline_name(work, former_name_id, _why())
        return Done("更名已退回，理由已留痕", url_for("web.office.corrections"))

    return submit(call, lambda: _show_name(former_name_id))


@office.post("/identity-corrections/numbers")
def propose_number() -> ResponseReturnValue:
    """Propose a corrected number for the person an identity number reaches."""

    def call(work: Work) -> Done:
        proposed = renumbering.propose_number(
            work,
            fields.text("present_number", "现在登记的证件号码", limit=40),
            fields.text("new_number", "更正后的证件号码", limit=40),
            fields.one_of("former_use", "更正的原因", FormerUse),
            fields.text("number_evidence", "更正依据", limit=LONGEST_WORDS),
        )
        there = url_for("web.office.number_correction", correction_id=proposed.id)
        return Done("已提出号码更正，等待另一人审核", there)

    return submit(call, _list)


@office.get("/identity-corrections/numbers/<int:correction_id>")
def number_correction(correction_id: int) -> ResponseReturnValue:
    """Show one corrected number, masked."""
    return _show_number(correction_id)


@office.post("/identity-corrections/numbers/<int:correction_id>/approvals")
def approve_number(correction_id: int) -> ResponseReturnValue:
    """Approve a proposed number, typed from the evidence."""

    def call(work: Work) -> Done:
        renumber.approve_number(work, correction_id, fields.text("typed", "新证件号码", limit=40))
        words = "号码更正已审核通过，券和证书仍是本人的；手机上的券联网后自动更新"
        return Done(words, url_for("web.office.corrections"))

    return submit(call, lambda: _show_number(correction_id))


@office.post("/identity-corrections/numbers/<int:correction_id>/refusals")
def decline_number(correction_id: int) -> ResponseReturnValue:
    """Turn a proposed number down."""

    def call(work: Work) -> Done:
        renumbering.decline_number(work, correction_id, _why())
        return Done("号码更正已退回，理由已留痕", url_for("web.office.corrections"))

    return submit(call, lambda: _show_number(correction_id))


def _why() -> str:
    return fields.text("why", "退回的理由", limit=LONGEST_WORDS)


def _list() -> str:
    door, regions = the_door(), current_actor().regions

    def read(waiting: bool) -> list[Correction]:
        kinds: tuple[Callable[..., list[Correction]], ...] = (corrected.list_names, corrected.list_numbers)
        rows = [
            row
            for kind in kinds
            for row in kind(session, door.keyring, regions, waiting=waiting, limit=ROWS_SHOWN)
        ]
        return sorted(rows, key=lambda row: row.decided_at or row.proposed_at, reverse=not waiting)

    with door.read() as session:
        waiting, decided = read(True), read(False)[:ROWS_SHOWN]
        return render_template(
            "office/corrections.html",
            waiting=waiting,
            decided=decided,
            proposers=name_people(session, [each.proposed_by_person_id for each in waiting]),
            uses=[(str(use), name) for use, name in FORMER_USE_NAMES.items()],
        )


def _show_name(former_name_id: int) -> str:
    door, actor = the_door(), current_actor()
    # whoever approves must see both names to compare them with the evidence; nobody else does
    with door.read() as session:
        found = corrected.get_name(
            session, door.keyring, actor.regions, former_name_id, whole=actor.has(*OFFICERS)
        )
        return _render(found, name_people(session, [found.proposed_by_person_id]))


def _show_number(correction_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = corrected.get_number(session, door.keyring, current_actor().regions, correction_id)
        return _render(found, name_people(session, [found.proposed_by_person_id]))


def _render(found: Correction, proposers: dict[int, str]) -> str:
    use = FORMER_USE_NAMES[FormerUse(found.former_use)] if found.former_use is not None else ""
    return render_template(
        "office/correction.html",
        found=found,
        use=use,
        is_number=found.what == corrected.NUMBER,
        proposer=proposers.get(found.proposed_by_person_id, ""),
    )
