"""Paper: PDF files made by typst from a template and data, with the fonts of the front end's build.

The fonts come with the pages' build, so that a paper looks the same on every machine and 䶮 is a character,
not a box; the fonts of the system are never used. A template reads its data from `sys.inputs.data` (JSON).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import typst

from voucher.rules.errors import Family, reason

FONTS = Path(__file__).resolve().parents[2] / "static" / "dist" / "fonts"
ARCHIVABLE: Final = "a-2b"
_SETTING = threading.Lock()

FONTS_MISSING = reason(
    "document_fonts_missing",
    "服务器缺少文书字体，无法生成文件",
    "请系统管理员运行 make frontend 后重试",
    "【设】文书字体随前端一起构建",
    Family.UNAVAILABLE,
)


def make_pdf(template: Path, data: Mapping[str, object], at: datetime) -> bytes:
    """Return a PDF/A-2b of a template filled with data; the same data and moment give the same bytes.

    Raises Refused document_fonts_missing.
    """
    told = json.dumps(data, ensure_ascii=False, default=str)
    # a compiler sets one page at a time, and one per thread would hold the fonts as often
    with _SETTING:
        made = _compiler(template, FONTS).compile(
            sys_inputs={"data": told},
            format="pdf",
            pdf_standards=ARCHIVABLE,
            timestamp=int(at.timestamp()),
        )
    if not isinstance(made, bytes):
        raise TypeError(f"{template.name} gave no single file")
    return made


@lru_cache(maxsize=16)
def _compiler(template: Path, fonts: Path) -> typst.Compiler:
    # reading the fonts takes longer than setting a page
    if not any(fonts.glob("*.ttf")):
        raise FONTS_MISSING.refused()
    return typst.Compiler(
        str(template), root=str(template.parent), font_paths=[str(fonts)], ignore_system_fonts=True
    )
