"""附件: the office looks at what was attached, turned and enlarged; every look is kept and shown."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.files import send_attachment
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import SYSTEM_NAME, name_people
from voucher.rules.attachments import ATTACHMENT_MISSING
from voucher.stages.issue import queries
from voucher.stages.issue.applications import keeping

# how far a picture is turned, by quarters to the right
TURNS = ((0, "不翻转"), (1, "向右转"), (2, "倒过来"), (3, "向左转"))


@office.get("/office/attachments/<int:attachment_id>")
def attachment(attachment_id: int) -> ResponseReturnValue:
    """Show one attachment by itself, and who has looked at it."""
    door, actor = the_door(), current_actor()
    with door.read() as session:
        keeping.get_reachable(session, actor, attachment_id)
        application_id = queries.find_application_of(session, attachment_id)
        if application_id is None:
            raise ATTACHMENT_MISSING.refused()
        found = queries.get_application(session, door.keyring, application_id, regions=actor.regions)
        looks = queries.list_looks(session, [attachment_id])
        names = name_people(session, [each.person_id for each in looks])
    item, shown = next(
        (item, each) for item in found.items for each in item.list_attachments() if each.id == attachment_id
    )
    return render_template(
        "office/attachment.html",
        found=found,
        item=item,
        shown=shown,
        turns=TURNS,
        looks=[(names.get(each.person_id, SYSTEM_NAME), each.at) for each in looks],
    )


@office.get("/office/attachments/<int:attachment_id>/content")
def open_attachment(attachment_id: int) -> ResponseReturnValue:
    """Hand over the file itself; this is the look that is kept."""
    return send_attachment(perform(lambda work: keeping.look_at(work, attachment_id)))
