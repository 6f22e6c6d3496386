"""Signing keys: which there are, where each stands, what is due next; private halves are never shown."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.custodian.blueprint import custodian
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.signing import KeyPlace
from voucher.plumbing.signing.opening import KEY_PLACE_NAMES
from voucher.plumbing.unit_of_work import Work
from voucher.rules.keys import KEY_STATE_NAMES, PURPOSE_NAMES, KeyState, Purpose
from voucher.stages.oversee import keys as acts

TONES = {
    KeyState.NEXT: "wait",
    KeyState.SIGNING: "good",
    KeyState.VERIFY_ONLY: "warn",
    KeyState.REMOVED: "mute",
}
ROTATED = (Purpose.ISSUER, Purpose.STATUS)


@custodian.get("/keys")
def keys() -> ResponseReturnValue:
    """Show every key, its state and when the next change is due."""
    return _show()


@custodian.post("/keys/successors")
def make_next_key() -> ResponseReturnValue:
    """Make the key that signs next."""

    def call(work: Work) -> Done:
        purpose = fields.one_of("purpose", "用途", Purpose)
        made = acts.make_next_key(work, purpose)
        shown = made.made_at + acts.read_key_times(work.session, work.today).shown
        day = shown.astimezone(SHANGHAI).date().isoformat()
        return Done(f"已生成下一把密钥，公布期满（{day}）后可以启用", url_for("web.custodian.keys"))

    return submit(call, _show)


@custodian.post("/keys/rotations")
def rotate_key() -> ResponseReturnValue:
    """Let the next key sign."""

    def call(work: Work) -> Done:
        acts.rotate_key(work, fields.one_of("purpose", "用途", Purpose))
        return Done("已启用下一把密钥，原密钥改为只验证", url_for("web.custodian.keys"))

    return submit(call, _show)


@custodian.post("/keys/withdrawals")
def withdraw_key() -> ResponseReturnValue:
    """Remove a key at once."""

    def call(work: Work) -> Done:
        kid = fields.text("kid", "密钥", limit=43)
        acts.withdraw_key(work, kid, fields.text("why", "停用原因"))
        return Done("已停用，用它签发的凭证不再被承认", url_for("web.custodian.keys"))

    return submit(call, _show)


@custodian.post("/keys/trust")
def publish_trust() -> ResponseReturnValue:
    """Publish the list of keys, signed here or on the root's own machine."""

    def call(work: Work) -> Done:
        signed = fields.text("signed", "已签署的名单", required=False, limit=200_000)
        acts.publish_trust(work, signed or None)
        return Done("可信名单已发布", url_for("web.custodian.keys"))

    return submit(call, _show)


def _show() -> str:
    door = the_door()
    with door.read() as session:
        book = acts.read_book(session, door.at, door.today)
    states = {(each.row.purpose, each.state) for each in book.lines}
    return render_template(
        "custodian/keys.html",
        book=book,
        tones=TONES,
        state_names=KEY_STATE_NAMES,
        purpose_names=PURPOSE_NAMES,
        place_names=KEY_PLACE_NAMES,
        root_is_here=book.root is not None and book.root.place != KeyPlace.OUTSIDE,
        without_next=[each for each in ROTATED if (each, KeyState.NEXT) not in states],
        with_next=[each for each in ROTATED if (each, KeyState.NEXT) in states],
        removable=[each for each in book.lines if each.state is not KeyState.REMOVED],
    )
