"""Corrections of names: proposed with evidence, approved by another officer; number and entitlements stay."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, renaming, subjects
from voucher.registry.people import FormerName, Person
from voucher.rules.privacy import mask_identity, mask_name

ROWS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Renaming:
    """One proposed or approved change of name, as this officer may read it."""

    row: FormerName
    former: str
    new: str
    masked_number: str
    proposed_by: str


@office.get("/names")
def names() -> ResponseReturnValue:
    """Show the changes of names, those to be approved first."""
    return _show()


@office.post("/names")
def propose_name() -> ResponseReturnValue:
    """Propose a new name for the person with an identity number."""

    def call(work: Work) -> Done:
        renaming.propose_name(
            work,
            fields.text("number", "证件号码", limit=40),
            fields.text("new_name", "新姓名", limit=60),
            fields.text("evidence", "更名依据", limit=200),
        )
        return Done("已提出更名，等待另一人审核", url_for("web.office.names"))

    return submit(call, _show)


@office.post("/names/<int:renaming_id>/approvals")
def approve_name(renaming_id: int) -> ResponseReturnValue:
    """Approve a proposed name."""

    def call(work: Work) -> Done:
        renaming.approve_name(work, renaming_id)
        return Done("更名已审核通过，旧证书仍按旧名核对", url_for("web.office.names"))

    return submit(call, _show)


def _show() -> str:
    with the_door().read() as session:
        return render_template("office/names.html", rows=_list_renamings(session))


def _list_renamings(session: Session) -> list[Renaming]:
    keyring = the_door().keyring
    rows = session.execute(
        select(FormerName, Person.blind_index)
        .join(Person, Person.id == FormerName.person_id)
        .order_by(FormerName.approved_at.is_not(None), FormerName.id.desc())
        .limit(ROWS_SHOWN)
    ).all()
    keys = subjects.find_keys(session, keyring, [index for _, index in rows])
    named = people.read_people(session, keyring, [row.person_id for row, _ in rows])
    proposers = name_people(session, [row.proposed_by_person_id for row, _ in rows])
    # whoever approves must see both names to compare them with the evidence; nobody else does
    full = current_actor().has(*OFFICERS)
    found = []
    for row, index in rows:
        key = keys.get(index)
        if key is None:
            continue
        former = keyring.unseal(key, renaming.FORMER_CONTEXT, row.former_sealed)
        new = keyring.unseal(key, renaming.NEW_CONTEXT, row.new_sealed)
        whole = full and row.approved_at is None
        person = named.get(row.person_id)
        found.append(
            Renaming(
                row,
                former if whole else mask_name(former),
                new if whole else mask_name(new),
                mask_identity(person.number) if person is not None and person.number else "",
                proposers.get(row.proposed_by_person_id, ""),
            )
        )
    return found
