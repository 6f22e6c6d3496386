"""Checkpoints handed to somebody outside the house by mail, so that more than one keeps the past."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from voucher.ledger.sealing import Post
from voucher.plumbing.mail_drop import drop_mail


def post_by_mail(folder: Path, to: str | None) -> Post | None:
    """Return what leaves a letter with each checkpoint for the mail system; None where nobody is named."""
    if to is None:
        return None

    def post(line: Mapping[str, object]) -> None:
        text = f"请原样留存，核对时与系统中的检查点比较。\n\n{json.dumps(line, ensure_ascii=False)}\n"
        drop_mail(folder, f"checkpoint-{line['seq']}", to, f"留痕检查点 第 {line['seq']} 条", text)

    return post
