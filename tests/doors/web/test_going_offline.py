"""The scan page for the time without network: nobody's, whole, and kept by a service worker of its own."""

from __future__ import annotations

import json
import re

import pytest

from tests.doors.web.browser import Page
from tests.doors.world import World

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGE, WORKER = "/institution/scan/offline", "/institution/scan/sw.js"


@SQLITE
def test_the_page_that_is_kept_says_nothing_about_anybody(world: World) -> None:
    answer = world.visit().http.get(PAGE)
    assert answer.status_code == 200
    page = Page(answer.text)
    (element,) = (values for tag, values in page.tags if tag == "scan-offline")
    assert not {"data-class", "data-account"} & set(element)
    assert element["data-shell"] == PAGE
    assert "data-account" not in answer.text
    # it may read codes from a camera, and nothing else may run there
    assert "'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]
    assert "没有网络" in page.text


@SQLITE
def test_the_service_worker_keeps_every_file_the_page_may_ask_for(world: World) -> None:
    http = world.visit().http
    answer = http.get(WORKER)
    assert answer.headers["Service-Worker-Allowed"] == "/institution/scan"
    assert answer.headers["Cache-Control"] == "no-cache"
    told = re.search(r"^self\.FILES=(.*);$", answer.text, re.MULTILINE)
    assert told is not None
    files: list[str] = json.loads(told[1])
    assert all(http.get(each).status_code == 200 for each in files)
    named = {
        values.get("href") or values.get("src")
        for tag, values in Page(http.get(PAGE).text).tags
        if tag == "script" or values.get("rel") in ("stylesheet", "modulepreload")
    }
    assert named <= set(files)
    assert [each for each in files if each.endswith(".wasm")], "the program that reads codes"
