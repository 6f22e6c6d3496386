"""Files of a form: each is kept as it comes in, so that a form sent back need not be photographed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from flask import request

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refusal, Refused
from voucher.stages.issue import queries
from voucher.stages.issue.applications import attaching

FILES_MOST = 60


@dataclass(slots=True)
class Received:
    """The uploads of one form by the number of their item or question, and what was refused of them first."""

    ids: dict[int, list[int]] = field(default_factory=dict)
    refusal: Refusal | None = None


def receive(prefix: str) -> Received:
    """Keep every file of a form, each by itself, beside those kept before and still wanted.

    A file that is refused hinders none of the others; the form comes back with them.
    """
    received = Received()
    for number in _numbers(request.form, f"kept-{prefix}-"):
        received.ids[number] = fields.wholes(f"kept-{prefix}-{number}", "附件")
    given = [
        (number, file)
        for number in _numbers(request.files, f"files-{prefix}-")
        for file in request.files.getlist(f"files-{prefix}-{number}")
        if file.filename
    ]
    for number, file in given[:FILES_MOST]:
        content = file.stream.read()
        file.stream.seek(0)
        try:
            received.ids.setdefault(number, []).append(perform(partial(_upload, content)))
        except Refused as refused:
            received.refusal = received.refusal or refused.refusal
    return received


def list_kept(received: Received | None) -> dict[int, list[queries.AttachmentView]]:
    """Return the uploads a form goes on with, by the number of their item or question."""
    if received is None:
        return {}
    wanted = [each for ids in received.ids.values() for each in ids]
    with the_door().read() as session:
        known = {each.id: each for each in queries.list_own_unused(session, my_person_id(), wanted)}
    return {
        number: [known[each] for each in dict.fromkeys(ids) if each in known]
        for number, ids in received.ids.items()
    }


def _upload(content: bytes, work: Work) -> int:
    return attaching.upload(work, content).id


def _numbers(given: Mapping[str, object], prefix: str) -> list[int]:
    names = [name.removeprefix(prefix) for name in given if name.startswith(prefix)]
    return [int(each) for each in names if each.isascii() and each.isdigit() and len(each) <= 18]
