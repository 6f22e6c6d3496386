"""Checkpoints handed to somebody outside the house by mail, so that more than one keeps the past."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from voucher.ledger.sealing import Post
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.mail_drop import drop_mail
from voucher.rules.errors import Family, reason

LETTER_UNWRITTEN = reason(
    "account_letter_unwritten",
    "给外单位的账号变动信写不进 {folder}（{why}），账号没有改动",
    "请检查这个目录的权限和磁盘空间后重新运行；信没有留下的，账号不改",
    "豫办〔2021〕29号 第16项; GB/T 22239-2019 8.1.4.3 安全审计; 【设】命令行改动账号同时告知外单位",
    Family.CONFLICT,
)


def post_by_mail(folder: Path, to: str | None) -> Post | None:
    """Return what leaves a letter with each checkpoint for the mail system; None where nobody is named."""
    if to is None:
        return None

    def post(line: Mapping[str, object]) -> None:
        if "lines" in line:
            _post_erasures(folder, to, line)
            return
        text = f"请原样留存，核对时与系统中的检查点比较。\n\n{json.dumps(line, ensure_ascii=False)}\n"
        drop_mail(folder, f"checkpoint-{line['seq']}", to, f"留痕检查点 第 {line['seq']} 条", text)

    return post


def post_account_change(folder: Path, to: str, at: datetime, told: str) -> None:
    """Leave a letter about an account changed at a command line, for whoever keeps the checkpoints.

    Raises Refused account_letter_unwritten.
    """
    when = f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    text = (
        f"{when}\n{told}\n\n命令行能开账号、重置登录，谁做的都应当有人在外面知道。"
        "请与本单位的办理单核对；对不上的，请凭此信要求核验留痕。\n"
    )
    try:
        drop_mail(folder, f"account-{at:%Y%m%dT%H%M%S%f}", to, "账号变动", text)
    except OSError as error:
        raise LETTER_UNWRITTEN.refused(folder=str(folder), why=error.strerror or "") from error


def _post_erasures(folder: Path, to: str, register: Mapping[str, object]) -> None:
    """Leave a letter with what was appended to the register of erasures: pseudonyms, nobody's name.

    It says which head it follows, since numbers come again after a restore.
    """
    appended, after = register["lines"], register["after"]
    lines = appended if isinstance(appended, list) else []
    told = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in lines)
    where = "从头起，代替此前各封" if after is None else f"接在 signature 以 {str(after)[:16]} 开头的一行之后"
    text = f"注销登记新增的各行，{where}。请原样留存，按此接在一起；恢复备份以后据此重新注销。\n\n{told}"
    name = f"erasures-{register['seq']}-{register['entries']}-{str(register['signature'])[:16]}"
    drop_mail(folder, name, to, f"注销登记 到第 {register['entries']} 条", text)
