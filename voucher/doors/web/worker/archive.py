"""我的电子档案: read in order of time, objected to, printed, signed, shown to somebody for a time."""

from __future__ import annotations

from datetime import date, timedelta

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.archive_paper import answer_archive
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.standards import ANYWHERE
from voucher.registry.talents import ladder
from voucher.rules.archive import EXTENT_NAMES, Extent
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import METHOD_NAMES
from voucher.stages.certify.queries.talents import list_next_steps
from voucher.stages.oversee.archive import objecting, sharing
from voucher.stages.oversee.archive.entries import open_archive
from voucher.stages.oversee.archive.recalling import list_signed, recall
from voucher.stages.oversee.archive.signing import sign_archive

SAID_MAX, SHARES_PER_PAGE, SIGNED_PER_PAGE = 500, 10, 5
EXTENTS = [(str(each), name) for each, name in EXTENT_NAMES.items()]


@worker.get("/my/archive")
def archive() -> ResponseReturnValue:
    """Show the record behind the session, and what came of objections to it."""
    return _archive()


def _archive() -> str:
    door, person_id, before = the_door(), my_person_id(), fields.cursor("before")
    with door.read() as session:
        signed = list_signed(session, person_id, before_id=before or None, limit=SIGNED_PER_PAGE + 1)
        rows = objecting.list_objections(session, (), person_id=person_id, limit=50)
        return render_template(
            "worker/archive.html",
            archive=open_archive(session, door.keyring, person_id),
            objections=objecting.view_objections(session, door.keyring, rows, door.today),
            extents=EXTENTS,
            extent_names={str(each): name for each, name in EXTENT_NAMES.items()},
            signed=signed[:SIGNED_PER_PAGE],
            more=signed[SIGNED_PER_PAGE - 1].id if len(signed) > SIGNED_PER_PAGE else None,
            before=before,
            at=door.at,
            good_days=_days(session, "credential_days"),
            onward=list_next_steps(session, door.keyring, person_id),
            steps=ladder.list_steps(session, door.today),
            methods=METHOD_NAMES,
        )


@worker.get("/my/archive/paper")
def archive_paper() -> ResponseReturnValue:
    """Print the own record."""
    door = the_door()
    with door.read() as session:
        found = open_archive(session, door.keyring, my_person_id())
    return answer_archive(found)


@worker.post("/my/archive/objections")
def object_to_entry() -> ResponseReturnValue:
    """Object to one entry."""

    def call(work: Work) -> Done:
        ref = fields.text("ref", "哪一条", limit=60)
        filed = objecting.object_to(work, ref, fields.text("said", "哪里不对", limit=SAID_MAX))
        words = f"已提出，异议编号 {filed.number}，最迟 {filed.due_on.isoformat()} 答复"
        return Done(words, url_for("web.worker.archive", _anchor="objections"))

    return submit(call, _archive)


@worker.post("/my/archive/credentials")
def signed_archive() -> ResponseReturnValue:
    """Hand out the own record as a signed file."""
    try:
        extent = fields.one_of("extent", "范围", Extent)
        signed = perform(lambda work: sign_archive(work, extent, the_door().config.public_host))
    except Refused as refused:
        return refuse(refused.refusal, _archive)
    answer = make_response(signed)
    answer.headers["Content-Type"] = "application/vc+jwt"
    answer.headers["Content-Disposition"] = 'attachment; filename="archive.vc.jwt"'
    return answer


@worker.post("/my/archive/credentials/<int:credential_id>/endings")
def recall_archive(credential_id: int) -> ResponseReturnValue:
    """Take a signed file back."""

    def call(work: Work) -> Done:
        recall(work, credential_id)
        return Done("已收回，对方联网核对时会看到“已撤销”", url_for("web.worker.archive", _anchor="signed"))

    return submit(call, _archive)


@worker.get("/my/archive/shares")
def shares() -> ResponseReturnValue:
    """Show what is being shown, to be handed over, and every look."""
    return _shares()


def _shares() -> str:
    door, person_id = the_door(), my_person_id()
    address, before = url_for("web.public.look_at_archive", _external=True), fields.cursor("before")
    with door.read() as session:
        rows = sharing.list_shares(session, person_id, before_id=before or None, limit=SHARES_PER_PAGE)
        return render_template(
            "worker/shares.html",
            shares=sharing.view_shares(session, door.keyring, rows, door.today),
            extents=EXTENTS,
            before=before,
            per_page=SHARES_PER_PAGE,
            usual_days=_days(session, "archive_share_days"),
            latest=door.today + timedelta(days=_days(session, "archive_share_days_most")),
            address=address,
            picture=draw_code(address),
        )


@worker.post("/my/archive/shares")
def share_archive() -> ResponseReturnValue:
    """Let somebody look at the own record."""

    def call(work: Work) -> Done:
        extent = fields.one_of("extent", "给看多少", Extent)
        given = fields.text("until_on", "看到哪一天", required=False, limit=10)
        until_on: date | None = fields.day("until_on", "看到哪一天") if given else None
        made = sharing.share(work, extent, until_on)
        words = f"已出示，{made.until_on.isoformat()}（含当天）前凭下面的出示码可以看"
        return Done(words, url_for("web.worker.shares"))

    return submit(call, _shares)


@worker.post("/my/archive/shares/<int:share_id>/endings")
def end_share(share_id: int) -> ResponseReturnValue:
    """End a share at once."""

    def call(work: Work) -> Done:
        sharing.end_share(work, share_id)
        return Done("已停止，立即生效", url_for("web.worker.shares"))

    return submit(call, _shares)


def _days(session: Session, name: str) -> int:
    return tables.require_parameter_number(session, name, the_door().today, [ANYWHERE])
