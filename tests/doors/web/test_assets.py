"""Styles and scripts: built or refused, held against their hash, compressed beforehand, from here alone."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.doors.web.browser import Page
from tests.doors.world import World
from voucher.app import FRONTEND
from voucher.cli.serve import run
from voucher.config import read_config
from voucher.doors.web.assets import Frontend
from voucher.rules.errors import Refused

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WORKER_VIEW_BYTES = 60_000


def assets_of(page: Page) -> list[dict[str, str]]:
    """Return the sheets, scripts and preloads of a page."""
    return [
        values
        for tag, values in page.tags
        if (tag == "link" and values.get("rel") in ("stylesheet", "modulepreload")) or "src" in values
    ]


@SQLITE
def test_every_file_a_page_asks_for_is_there_and_matches_its_hash(world: World) -> None:
    http = world.visit().http
    found = assets_of(Page(http.get("/").text))
    assert {each.get("rel", "script") for each in found} >= {"stylesheet", "script"}
    for each in found:
        answer = http.get(each.get("href") or each["src"])
        digest = base64.b64encode(hashlib.sha384(answer.data).digest()).decode()
        assert each["integrity"] == f"sha384-{digest}"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "max-age=31536000" in answer.headers["Cache-Control"]


@SQLITE
def test_compressed_where_the_browser_takes_it_and_plain_where_not(world: World) -> None:
    http = world.visit().http
    path = assets_of(Page(http.get("/").text))[0]["href"]
    plain = http.get(path)
    assert "Content-Encoding" not in plain.headers
    packed = http.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    best = http.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert best.headers["Content-Encoding"] == "br"
    assert len(best.data) < len(packed.data) < len(plain.data)
    refused = http.get(path, headers={"Accept-Encoding": "br;q=0, gzip;q=0"})
    assert refused.data == plain.data
    for each in (plain, packed, best):
        assert "Accept-Encoding" in each.headers["Vary"]
        assert "Set-Cookie" not in each.headers
        assert each.headers["Content-Type"].startswith("text/css")
    again = http.get(path, headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304
    assert packed.headers["ETag"] != plain.headers["ETag"]


@SQLITE
def test_nothing_else_lies_behind_static(world: World) -> None:
    http = world.visit().http
    for path in ("manifest.json", ".built", "../package.json", "assets/", "..%2fpackage.json", "assets/x.js"):
        assert http.get(f"/static/{path}").status_code == 404, path
    assert http.get("/static/icon.svg").status_code == 200


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        "half a manif",
        "{}",
        json.dumps({"src/desk.ts": {"isEntry": True, "file": "gone.js"}}),
        json.dumps({"src/desk.ts": {"isEntry": True}}),
    ],
)
def test_without_a_whole_front_end_nothing_starts(tmp_path: Path, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(Refused) as told:
        Frontend(tmp_path)
    assert told.value.refusal.code == "frontend_missing"
    assert "make frontend" in told.value.refusal.next_step


def test_serving_is_refused_before_a_process_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.app.FRONTEND", tmp_path)
    with pytest.raises(Refused, match="frontend_missing"):
        run(read_config({}), host="127.0.0.1", port=0, processes=1, threads=1, worker=False)


def test_the_first_view_of_a_worker_weighs_little() -> None:
    entry = Frontend(FRONTEND).entries["phone.ts"]
    files = [FRONTEND / each.path for each in (entry.script, *entry.preloads, *entry.styles)]
    carried = sum((path.with_name(path.name + ".gz")).stat().st_size for path in files)
    assert carried < WORKER_VIEW_BYTES / 2


def test_what_was_built_asks_nothing_of_another_host() -> None:
    # names of formats are no addresses; htmx names its own site in one error message, nobody goes there
    known = ("http://www.w3.org/", "https://htmx.org")
    for path in (each for each in FRONTEND.rglob("*") if each.suffix in (".js", ".css", ".svg")):
        text = path.read_text(encoding="utf-8")
        strange = [each for each in re.findall(r"https?://[\w.:/-]+", text) if not each.startswith(known)]
        assert strange == [], path.name
        assert not re.search(r"(?:url\(|@import\s*)[\"']?//", text), path.name
