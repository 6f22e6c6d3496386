"""短信码: a code to the telephone of who came with a paper, or with a phone that has no network."""

from __future__ import annotations

from flask import make_response, request
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.errors import status_of
from voucher.doors.web import fields
from voucher.doors.web.acting import KEY_FIELD, content_print
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.scan import Said, show_scan_page
from voucher.doors.web.showing import moment
from voucher.plumbing.idempotency import Answer, once
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refused
from voucher.stages.issue.texting import text_code
from voucher.stages.train.presenting import house_of
from voucher.stages.train.reading import COUNTER, get_served_class


@institution.post("/institution/classes/<int:class_id>/texted-codes")
def send_code(class_id: int) -> ResponseReturnValue:
    """Send a code to the holder of a voucher, whose number stands on the paper."""

    def send(work: Work) -> Answer:
        found = get_served_class(work, class_id, *COUNTER)
        number = fields.text("voucher_number", "券号", limit=40)
        sent = text_code(work, number, house_of(work, found), has_sms=the_door().config.has_sms)
        return Answer(200, {"mobile": sent.masked_mobile, "until": moment(sent.until)})

    key, asked = request.form.get(KEY_FIELD, ""), content_print()
    try:
        sent = perform(lambda work: once(work, key, asked, send))
    except Refused as refused:
        why = refused.refusal
        page = show_scan_page(class_id, Said("bad", why.title, why.next_step or ""))
        return make_response(page, status_of(why))
    told_words = (
        f"短信码已发到 {sent.body['mobile']}，{sent.body['until']} 前有效。"
        "请持券人念出 22 位数字，输入上面的框里。"
    )
    return show_scan_page(class_id, Said("good", "短信码已发出", told_words))
