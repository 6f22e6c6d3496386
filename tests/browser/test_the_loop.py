"""The whole loop as nine people click it, each in their own browser, from a programme to the money's end.

A tenth hand drafts the programme and issues: nobody publishes what they drafted.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import examining, issuing, learning, paying
from tests.browser.loop_town import NINE, WORKER, open_loop
from voucher.ledger.vouchers import Voucher
from voucher.stages.oversee.invariants import find_violations

pytestmark = pytest.mark.tour


def test_nine_people_click_a_voucher_from_the_programme_to_the_bank(
    tmp_path: Path, chromium: Browser
) -> None:
    with open_loop(tmp_path, chromium) as loop:
        issuing.open_the_programme(loop)
        issuing.issue_to_the_worker(loop)
        learning.open_the_class(loop)
        issuing.accept_what_was_issued(loop)
        learning.choose_the_class(loop)
        learning.redeem_at_the_counter(loop)
        learning.attend_and_sign_off(loop)
        examining.examine(loop)
        examining.certify(loop)
        paying.claim(loop)
        paying.review(loop)
        paying.approve(loop)
        answer = paying.pay(loop)
        paying.book(loop, answer)

        assert set(NINE.values()) <= set(loop.people), "nine people, nine browsers"
        assert len({id(each.context) for each in loop.people.values()}) == len(loop.people)
        assert loop.people[WORKER].page.viewport_size == {"width": 360, "height": 740}
        with loop.town.database.read() as session:
            assert session.get_one(Voucher, 1).state == "settled"
            assert find_violations(session) == []
        assert [each for person in loop.people.values() for each in person.complaints] == []
