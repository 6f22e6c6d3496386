"""The lines of the register of erasures: entries that follow one another, heads that are signed over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from voucher.ledger.sealing import GENESIS
from voucher.plumbing.signing import CheckpointSigner
from voucher.rules.errors import Family, reason

SOURCE = "个人信息保护法 第四十七条 删除; 【设】注销登记存在库外，恢复备份以后据此重新注销"

REGISTER_DIFFERS = reason(
    "erasure_register_differs",
    "注销登记第 {line} 行与签名、前后各行不符",
    "请停止使用这一份，向留存检查点的外单位取回原件；查清是谁改动的",
    SOURCE,
    Family.CONFLICT,
)


def parse(data: bytes) -> tuple[list[dict[str, Any]], int]:
    """Return the lines up to the last head, and at which byte they end.

    Raises Refused erasure_register_differs where one before it cannot be read.
    """
    lines: list[dict[str, Any] | None] = []
    offset = count = end = 0
    for raw in data.splitlines(keepends=True):
        lines.append(line_of(raw))
        offset += len(raw)
        if is_head(lines[-1]):
            count, end = len(lines), offset
    whole = [each for each in lines[:count] if each is not None]
    if len(whole) != count:
        raise REGISTER_DIFFERS.refused(line=lines.index(None) + 1)
    return whole, end


def is_head(line: Mapping[str, Any] | None) -> bool:
    """Return whether a line is a head, which alone is signed."""
    return line is not None and "signature" in line and "token" not in line


def line_of(raw: bytes) -> dict[str, Any] | None:
    """Return what a line says; None of one that was torn."""
    with suppress(ValueError):
        line = json.loads(raw)
        return line if isinstance(line, dict) else None
    return None


def check(
    lines: Sequence[dict[str, Any]], signer: CheckpointSigner, signed: Iterable[dict[str, Any]]
) -> list[str]:
    """Return the tokens of lines that follow one another, where the heads `signed` bear our signature.

    Raises Refused erasure_register_differs.
    """
    tokens: list[str] = []
    digest, number = GENESIS, 0
    heads = {id(each) for each in signed}
    try:
        for number, line in enumerate(lines, 1):
            if "token" in line:
                digest = chain(digest, line)
                tokens.append(str(line["token"]))
                is_sound = (line["n"], line["digest"]) == (len(tokens), digest)
            else:
                is_sound = (line["entries"], line["digest"]) == (len(tokens), digest)
            if is_sound and id(line) in heads:
                signature = bytes.fromhex(line["signature"])
                is_sound = signer.verify(message_of(line), signature, line["key_id"])
            if not is_sound:
                raise REGISTER_DIFFERS.refused(line=number)
    except (ValueError, KeyError, TypeError):
        raise REGISTER_DIFFERS.refused(line=number) from None
    return tokens


def chain(previous: str, line: Mapping[str, object]) -> str:
    """Return the digest over everything an entry says and everything before it."""
    said = ":".join(str(line[each]) for each in ("n", "token", "at"))
    return hashlib.sha256(f"{previous}:{said}".encode()).hexdigest()


def message_of(head: Mapping[str, Any]) -> bytes:
    """Return the bytes a head signs."""
    said = ":".join(
        str(head[each]) for each in ("entries", "digest", "seq", "chain_hash", "held", "signed_at")
    )
    return f"voucher-erasure-register:{said}".encode()
