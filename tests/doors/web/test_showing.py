"""Values as a page writes them: what they must never break, and what they must never let through."""

from __future__ import annotations

from voucher.doors.web.showing import whole_days


def test_a_day_stays_on_one_line_and_what_people_typed_stays_text() -> None:
    shown = whole_days("<b>使用期限至 2027-01-23</b>")
    assert shown == '&lt;b&gt;使用期限至 <span class="nowrap">2027-01-23</span>&lt;/b&gt;'
