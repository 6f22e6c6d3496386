"""离线登记待核查: scans without a network that could not be confirmed; a conclusion redeems nobody."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import queries as training
from voucher.stages.train.offline_cases import close_case
from voucher.stages.train.queries import offline as reading

PER_PAGE = 20


@office.get("/office/offline-scans")
def offline_scans() -> ResponseReturnValue:
    """Show the scans that nobody has looked into yet."""
    return _page()


@office.post("/office/offline-scans/<int:scan_id>/closings")
def close_offline_scan(scan_id: int) -> ResponseReturnValue:
    """Write down what was found out."""

    def call(work: Work) -> Done:
        close_case(work, scan_id, fields.text("conclusion", "核查结论"))
        return Done("已写明结论；没有核销任何人的券", url_for("web.office.offline_scans"))

    return submit(call, _page)


def _page() -> str:
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = reading.list_offline_cases(session, regions, before_id=before or None, limit=PER_PAGE)
        found = [training.get_class(session, each) for each in sorted({each.class_id for each in rows})]
        return render_template(
            "office/offline.html",
            rows=rows,
            named=reading.name_scanned(session, door.keyring, rows),
            classes={each.found.id: each for each in training.view_classes(session, found)},
            people=name_people(session, [each.received_by_person_id for each in rows]),
            regions=reach.list_region_choices(session),
            chosen={"region": region},
            before=before,
            per_page=PER_PAGE,
        )
