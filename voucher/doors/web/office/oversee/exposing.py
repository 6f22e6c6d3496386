"""向社会曝光: one officer writes what is shown of a measure, another releases it, either takes it down."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.oversee.measures import address_of, show_measure
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.measures import drafting
from voucher.stages.oversee.measures.exposing import take_down


@office.post("/office/measures/<int:measure_id>/exposures")
def draft_exposure(measure_id: int) -> ResponseReturnValue:
    """Write what is to be shown of a final measure."""

    def call(work: Work) -> Done:
        drafting.draft_exposure(
            work,
            measure_id,
            fields.text("words", "公布的事实", limit=1000),
            fields.day("from_on", "公布自"),
            fields.day("until_on", "公布至"),
        )
        return Done("已填写，另一人发布后才公开", address_of(measure_id))

    return submit(call, lambda: show_measure(measure_id))


@office.post("/office/measures/<int:measure_id>/exposures/releases")
def release_exposure(measure_id: int) -> ResponseReturnValue:
    """Show to everybody what another officer has written."""

    def call(work: Work) -> Done:
        shown = drafting.release_exposure(work, measure_id)
        return Done(f"已列入曝光页，{shown.until_on} 后自动撤下", address_of(measure_id))

    return submit(call, lambda: show_measure(measure_id))


@office.post("/office/measures/<int:measure_id>/exposures/refusals")
def decline_exposure(measure_id: int) -> ResponseReturnValue:
    """Turn down what waits to be released; it may be written anew."""

    def call(work: Work) -> Done:
        drafting.decline_exposure(work, measure_id, fields.text("why", "退回的理由", required=False))
        return Done("已退回，可以重新填写", address_of(measure_id))

    return submit(call, lambda: show_measure(measure_id))


@office.post("/office/measures/<int:measure_id>/exposures/removals")
def take_down_exposure(measure_id: int) -> ResponseReturnValue:
    """Take an exposure down before its day."""

    def call(work: Work) -> Done:
        take_down(work, measure_id, fields.text("why", "撤下的理由"))
        return Done("已从曝光页撤下", address_of(measure_id))

    return submit(call, lambda: show_measure(measure_id))
