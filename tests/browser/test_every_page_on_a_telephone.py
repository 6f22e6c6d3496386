"""Every page, as somebody who may enter it, on a telephone, in both sizes of letters; no link is dead.

The steps behind the buttons and the refusals are looked at as well. Pictures of all of them lie in .run/shots
for people to look at.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import steps
from tests.browser.leaving_out import (
    ERRORS,
    list_deeds,
    list_missing,
    list_pages,
    list_refusing_folders,
)
from tests.browser.looking import PHONE
from tests.browser.stepping import look_everywhere
from tests.browser.walked import Looked, Walked, look_at_all
from tests.browser.walking import BETWEEN
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Entry

pytestmark = pytest.mark.tour

# steps of signing in, which nobody reaches who is in: tests/browser/steps.py takes them
STEPS_IN = frozenset({"web.entrance.code", "web.entrance.enrolment", "web.entrance.who"})
# nobody of the town has a certificate above the voucher's level yet: tested as acts, not walked as pages
UNSEEDED = frozenset(
    f"web.office.voucher_deed{BETWEEN}{word}"
    for word in ("propose-higher", "accept-higher", "decline-higher")
)
NO_PAGES = frozenset(
    {
        *("static", "web.public.appearance", "web.public.figures_file"),
        *("web.worker.code_state", "web.worker.service_worker", "web.worker.no_network"),
        *("web.institution.scan_offline", "web.institution.scan_worker"),
        *("web.finance.download", "web.finance.sheet", "web.finance.ledger_csv"),
        *("web.finance.ledger_xlsx", "web.finance.ledger_pdf", "web.finance.ledger_export"),
        *("web.finance.months_pdf", "web.finance.months_xlsx"),
        *("web.finance.statement_pdf", "web.finance.statement_xlsx"),
        *("web.finance.clawback_letter", "web.institution.clawback_letter"),
        *("web.finance.clawback_case_letter", "web.institution.clawback_case_letter"),
        *("web.office.batch_sheet", "web.office.claim_sheet"),
        *("web.office.batch_summary", "web.office.batch_summary_xlsx"),
        *("web.public.notice_list", "web.public.notice_paper"),
        *("web.supervisor.report_pdf", "web.supervisor.report_xlsx", "web.supervisor.statistics_file"),
        *("web.supervisor.statistics_lines", "web.supervisor.statistics_workbook"),
        *("web.supervisor.checkpoints", "web.supervisor.payment_proof", "web.supervisor.verifier"),
        *("web.supervisor.export_file", "web.supervisor.join_file"),
        *("web.worker.certificate_paper", "web.evaluator.certificate_paper", "web.worker.slip_paper"),
        # once a code has been asked for: tests/browser/steps.py asks
        "web.worker.consent_code",
        # files, and the way to another house's sign-in and back
        *("web.worker.paper", "web.office.paper", "web.office.refusals_csv", "web.office.refusals_xlsx"),
        *(
            "web.office.programmes_xlsx",
            "web.institution.intake_template",
            "web.office.talents_xlsx",
            "web.office.coverage_xlsx",
            "web.office.awards_sheet",
            "web.worker.archive_paper",
        ),
        *("web.worker.own_attachment", "web.office.open_attachment"),
        *("web.worker.completion_paper", "web.institution.completion_paper", "web.office.inspection_photo"),
        *("web.evaluator.reader_sheet", "web.worker.my_data_file", "web.worker.my_data_paper"),
        *("web.office.measure_paper", "web.institution.measure_paper"),
        *("web.public.standards_file", "web.public.dictionary_file"),
        *("web.public.robots", "web.public.sitemap"),
        *("web.office.attendance_proof", "web.institution.proof", "web.institution.filing_paper"),
        "web.institution.filing_photo",
        *("web.worker.lesson_video", "web.institution.lesson_video"),
        *("web.evaluator.score_sheet", "web.evaluator.own_staff_sheet", "web.evaluator.direct_sheet"),
        *("web.entrance.sign_on", "web.entrance.sign_on_back"),
    }
)


@pytest.fixture(scope="module")
def pages(walked: Walked, chromium: Browser) -> Looked:
    """Return what was seen of the pages links lead to."""
    return look_at_all(walked, chromium, PHONE)


@pytest.fixture(scope="module")
def beyond(walked: Walked, chromium: Browser, pages: Looked) -> Looked:
    """Return what was seen behind the buttons, after the pages: a step may change the town."""
    return look_everywhere(walked, chromium, steps.PARTS)


def test_every_page_can_be_reached_by_links_and_no_link_is_dead(walked: Walked) -> None:
    dead = sorted({f"{each.status} {each.path} on {each.on} ({each.login})" for each in walked.broken})
    assert dead == [], "\n".join(dead)
    reached = {each.kind.partition(BETWEEN)[0] for each in walked.found} | STEPS_IN | NO_PAGES
    views = {
        rule.endpoint
        for rule in walked.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("web.")
    }
    assert list_missing(views, reached) == []
    assert all(MATRIX[each].who in (Entry.HALF_WAY, Entry.PUBLIC) for each in STEPS_IN)


def test_every_deed_can_be_reached_by_links(walked: Walked) -> None:
    reached = {each.kind for each in walked.found} | UNSEEDED
    assert list_missing(list_deeds(walked.app), reached) == []


def test_every_page_is_clean_on_a_telephone(pages: Looked) -> None:
    assert pages.wrong == [], "\n".join(pages.wrong)


def test_every_step_behind_a_button_is_clean_on_a_telephone(beyond: Looked) -> None:
    assert beyond.wrong == [], "\n".join(beyond.wrong)


def test_no_page_no_refusal_and_no_error_was_left_out(pages: Looked, beyond: Looked) -> None:
    assert list_missing(list_pages(), pages.shown | beyond.shown) == []
    assert list_missing(ERRORS, beyond.refused) == []
    refused = {page.partition("/")[0] for page, _ in beyond.refused}
    assert list_missing(list_refusing_folders(), refused) == []
