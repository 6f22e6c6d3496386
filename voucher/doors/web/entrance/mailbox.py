"""The mailbox of the demonstration: short messages that would ring on somebody's telephone."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.entrance.blueprint import entrance
from voucher.registry.mailbox import list_messages


@entrance.get("/mailbox")
def mailbox() -> ResponseReturnValue:
    """Show what was sent, the newest first; only where messages are not sent to anybody."""
    door = the_door()
    if not door.config.demo or door.config.sms_url is not None:
        abort(404)
    with door.read() as session:
        messages = list_messages(session, door.keyring)
    asked = request.args.get("ends", "").strip()[:4]
    if asked:
        messages = [each for each in messages if each.masked_number.endswith(asked)]
    return render_template("entrance/mailbox.html", messages=messages, asked=asked)
