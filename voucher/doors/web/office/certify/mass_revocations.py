"""批量撤销: choose an evaluator's batches, see what falls, ask; another person confirms what was seen."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import check_role
from voucher.rules.revocations import Consequences, say_consequences
from voucher.stages.certify import mass_revocation as mass
from voucher.stages.certify.queries import archive, find_certificates
from voucher.stages.certify.queries import mass_revocations as reading
from voucher.stages.certify.revoke import OFFICERS
from voucher.stages.settle.queries.consequences import read_consequences

PER_PAGE, CERTIFICATES_SHOWN = 20, 200


@office.get("/office/mass-revocations")
def mass_revocations() -> ResponseReturnValue:
    """Show the wishes to revoke of these regions, the newest first."""
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = reading.list_mass_revocations(
            session, current_actor().regions, before_id=before or None, limit=PER_PAGE
        )
        return render_template(
            "office/mass_revocations.html",
            rows=[(each, say_consequences(Consequences(**each.shown))) for each in rows],
            before=before,
            per_page=PER_PAGE,
            may_ask=current_actor().has(*OFFICERS),
        )


@office.get("/office/mass-revocations/new")
def new_mass_revocation() -> ResponseReturnValue:
    """Choose an evaluator and its batches, and see what falls with them."""
    return _choose()


@office.post("/office/mass-revocations")
def ask_mass_revocation() -> ResponseReturnValue:
    """Ask to revoke them; nothing is revoked yet."""

    def call(work: Work) -> Done:
        ids = reading.list_group_certificates(
            work.session,
            work.actor.regions,
            fields.whole("institution", "评价机构"),
            request.form.getlist("batch"),
        )
        seen = fields.text("seen", "后果摘要", limit=64)
        why = fields.text("why", "撤销的事实和依据")
        asked = mass.ask_mass_revocation(work, ids, why, read=read_consequences, seen=seen)
        return Done("已提出，证书已停住，等待另一人确认；确认前什么也不撤销，也什么都不付", _here(asked.id))

    return submit(call, _choose)


@office.get("/office/mass-revocations/<int:revocation_id>")
def mass_revocation(revocation_id: int) -> ResponseReturnValue:
    """Show a wish: what was shown when it was asked, what would fall now."""
    return _show(revocation_id)


@office.post("/office/mass-revocations/<int:revocation_id>/confirmations")
def confirm_mass_revocation(revocation_id: int) -> ResponseReturnValue:
    """Confirm what another person asked."""

    def call(work: Work) -> Done:
        seen = fields.text("seen", "后果摘要", limit=64)
        mass.confirm_mass_revocation(work, revocation_id, read=read_consequences, seen=seen)
        return Done("已全部撤销：未付的不再支付，已付的由系统立应收款追回", _here(revocation_id))

    return submit(call, lambda: _show(revocation_id))


@office.post("/office/mass-revocations/<int:revocation_id>/dismissals")
def drop_mass_revocation(revocation_id: int) -> ResponseReturnValue:
    """Drop a wish."""

    def call(work: Work) -> Done:
        mass.drop_mass_revocation(work, revocation_id, fields.text("why", "理由"))
        return Done("已作废，什么也没有撤销", _here(revocation_id))

    return submit(call, lambda: _show(revocation_id))


def _here(revocation_id: int) -> str:
    return url_for("web.office.mass_revocation", revocation_id=revocation_id)


def _choose() -> str:
    check_role(current_actor(), *OFFICERS)
    regions = current_actor().regions
    given = request.values.get("institution", "")
    institution_id = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
    batches = request.values.getlist("batch")
    with the_door().read() as session:
        groups = reading.list_groups(session, regions, institution_id) if institution_id else []
        ids = reading.list_group_certificates(session, regions, institution_id, batches) if batches else []
        return render_template(
            "office/new_mass_revocation.html",
            houses=[(str(each), name) for each, name in reading.list_issuers(session, regions)],
            institution=str(institution_id) if groups else "",
            groups=groups,
            chosen=set(batches),
            found=read_consequences(session, ids) if ids else None,
        )


def _show(revocation_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        asked = reading.get_mass_revocation(session, revocation_id, actor.regions)
        ids = reading.list_lines(session, asked.id)
        shown, now = Consequences(**asked.shown), read_consequences(session, ids)
        hands = [asked.asked_by_person_id, asked.decided_by_person_id or asked.asked_by_person_id]
        return render_template(
            "office/mass_revocation.html",
            asked=asked,
            shown=shown,
            stale=asked.decided_at is None and now.digest != shown.digest,
            now_said=say_consequences(now),
            people=name_people(session, hands),
            rows=_view(session, ids),
            more=len(ids) - CERTIFICATES_SHOWN,
            may_decide=asked.decided_at is None and actor.has(*OFFICERS),
            is_own=asked.asked_by_person_id == actor.person_id,
        )


def _view(session: Session, ids: list[int]) -> list[archive.CertificateView]:
    found = find_certificates(session, ids[:CERTIFICATES_SHOWN])
    return archive.view_certificates(session, the_door().keyring, [found[each] for each in sorted(found)])
