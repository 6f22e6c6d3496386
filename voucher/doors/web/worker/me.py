"""我的: who is signed in, the certificates earned so far, and the sessions open."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.registry.corrected import list_done
from voucher.registry.people import read_people
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.certify import queries as certificates


@worker.get("/my/profile")
def me() -> ResponseReturnValue:
    """Show the person behind the session, masked, what was corrected, and the list of certificates."""
    door, person_id = the_door(), my_person_id()
    with door.read() as session:
        named = read_people(session, door.keyring, [person_id])[person_id]
        archive = certificates.list_archive(session, door.keyring, person_id)
        corrections = list_done(session, door.keyring, person_id)
    return render_template(
        "worker/me.html",
        name=mask_name(named.name),
        number=mask_identity(named.number) if named.number else "",
        archive=archive,
        corrections=corrections,
    )
