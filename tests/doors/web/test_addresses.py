"""Addresses from outside stay on this site; a page shown as the answer to a form is found again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import current_app, request

import voucher.doors.web
from tests.doors.world import World
from voucher.doors.web.addresses import own_path, page_address, page_path

TEMPLATES = Path(str(voucher.doors.web.__file__)).parent / "templates"
# what a page asks of its own address; `page_path` and `page_address` say where it can be looked at
OWN_ADDRESS = re.compile(r"request\.(?:path|full_path|url|base_url)\b|method=\"get\" action=\"[#\"]")
# they send once more what was sent here, or are asked for by looking only
MAY_SAY_IT = {"entrance/signing.html", "office/deed.html", "supervisor/drill.html"}


@pytest.mark.parametrize(
    "given",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "",
        None,
        "javascript:1",
    ],
)
def test_an_address_from_outside_never_leaves_the_site(given: str | None) -> None:
    assert own_path(given, "/desk") == "/desk"


def test_a_path_of_the_site_is_gone_back_to() -> None:
    assert own_path("/batches?state=filed", "/desk") == "/batches?state=filed"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whatever_page_answers_a_form_its_filters_go_to_a_page(world: World) -> None:
    sent = [
        rule
        for rule in world.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.startswith("web.")
    ]
    assert len(sent) > 200
    found: dict[str, str] = {}
    for rule in sent:
        path = re.sub(r"<int:\w+>", "7", re.sub(r"<(?:string:|path:)?\w+>", "x", rule.rule))
        with world.app.test_request_context(f"{path}?state=open", method="POST"):
            shown = page_path()
            adapter = current_app.create_url_adapter(request)
            assert adapter is not None
            found[rule.endpoint] = str(adapter.match(shown, method="GET")[0])
            same = shown == path
            assert page_address() == (f"{shown}?state=open" if same else shown), rule.endpoint
    assert found["web.finance.repay"] == "web.finance.clawbacks"
    assert found["web.finance.ask_offset_stay"] == "web.finance.clawbacks"
    assert found["web.office.confirm_class_clawback"] == "web.office.class_clawback_page"


def test_no_page_says_its_own_address_by_hand() -> None:
    said = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if OWN_ADDRESS.search(path.read_text("utf-8"))
    }
    assert said == MAY_SAY_IT
