"""Papers made for several visitors at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voucher.plumbing import documents
from voucher.plumbing.documents import make_pdf
from voucher.rules.errors import Refused

AT = datetime(2024, 3, 1, tzinfo=UTC)


def test_papers_asked_for_at_once_are_made_one_after_the_other(tmp_path: Path) -> None:
    template = tmp_path / "paper.typ"
    template.write_text(
        '#let told = json(bytes(sys.inputs.data))\n#for n in range(200) [#told.at("name") #n \\ ]', "utf-8"
    )
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: make_pdf(template, {"name": "张三"}, AT), range(16)))
    assert all(each.startswith(b"%PDF") for each in made)
    assert len(set(made)) == 1


def test_without_fonts_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "FONTS", tmp_path)
    with pytest.raises(Refused) as refused:
        make_pdf(tmp_path / "paper.typ", {}, AT)
    assert refused.value.refusal.code == "document_fonts_missing"
