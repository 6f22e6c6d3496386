"""核验导出包或证明，不需要原系统：只用 Python 标准库和 cryptography。

用法：python verify.py <导出包.zip | 目录 | 证明.json> [--anchors 自己留存的检查点.jsonl] [--key 公钥编号]…
给了 --key 的，只认这些公钥的签名；没有给的，只有留存的检查点用过的公钥算数，别的要先比较编号。
全部相符时退出码为 0；有任何不符，逐条指出并以 3 退出；没有不符但有未能确认之处，逐条说明并以 4 退出。
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import sys
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FAULTY, OPEN = 3, 4
CONCLUSIONS = {0: "全部相符", FAULTY: "不符", OPEN: "没有发现不符，但有未能确认之处，不能算作通过"}
KEY_ID_CHARS, LINE_CHARS = 16, 16
PAYMENTS, AMOUNT_COLUMN = "data/payments.csv", 16
MANIFEST, SIGNATURE, KEYS, LINES = "manifest.json", "manifest.sig.json", "keys.json", "lines.json"
CHECKPOINTS, TRAIL = "checkpoints.jsonl", "trail.jsonl"
Keys = dict[str, Ed25519PublicKey]


@dataclass
class Inquiry:
    """Checkpoints kept elsewhere by number, the only keys believed, who signed, and what was found."""

    kept: dict[int, Any] | None = None
    named: frozenset[str] = frozenset()
    signers: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)


def canonical(value: object) -> bytes:
    """Return the one text form of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(data: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def read_keys(listed: list[dict[str, str]], asked: Inquiry) -> Keys:
    """Return the keys to believe by the first 16 characters of their RFC 7638 thumbprints."""
    keys: Keys = {}
    for jwk in listed:
        try:
            named = canonical({each: jwk[each] for each in ("crv", "kty", "x")})
            key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "=="))
        except (KeyError, ValueError):
            asked.faults.append(f"公钥 {jwk.get('kid')} 无法读取")
            continue
        kid = base64.urlsafe_b64encode(hashlib.sha256(named).digest()).decode().rstrip("=")[:KEY_ID_CHARS]
        if kid != jwk.get("kid"):
            asked.faults.append(f"公钥 {jwk.get('kid')} 的编号与其内容不符")
        # whoever put a package together chose the keys in it: where the reader names some, no other counts
        if not asked.named or kid in asked.named:
            keys[kid] = key
    return keys


def is_signed(keys: Keys, signed: dict[str, Any], message: bytes, asked: Inquiry) -> bool:
    """Return whether a believed key signed the message, and remember which."""
    kid = str(signed.get("key_id"))
    try:
        keys[kid].verify(bytes.fromhex(str(signed.get("signature"))), message)
    except (KeyError, InvalidSignature, ValueError):
        return False
    asked.signers.add(kid)
    return True


def message_of(line: dict[str, Any]) -> bytes:
    """Return the bytes a checkpoint signs."""
    said = (line["first_seq"], line["seq"], line["chain_hash"], line["merkle_root"], line["signed_at"])
    return ("voucher-audit-checkpoint-2:" + ":".join(map(str, said))).encode()


def check_checkpoints(lines: list[dict[str, Any]], keys: Keys, asked: Inquiry) -> dict[int, dict[str, Any]]:
    """Return the checkpoints whose signature holds, by number, and say what is wrong with the others."""
    good, faults = {}, asked.faults
    for line in lines:
        if not {"first_seq", "seq", "chain_hash", "merkle_root", "signed_at"} <= line.keys():
            faults.append(f"检查点 {line.get('seq')} 缺少内容")
            continue
        seq = int(line["seq"])
        if not is_signed(keys, line, message_of(line), asked):
            faults.append(f"检查点 {seq} 的签名无效，或不是所认的公钥（写的是 {line.get('key_id')}）")
        elif asked.kept is not None and asked.kept.get(seq) != line:
            faults.append(f"检查点 {seq} 与自己留存的不一致或留存中没有")
        else:
            good[seq] = line
    return good


def check_act(act: dict[str, Any], checkpoints: dict[int, dict[str, Any]]) -> str | None:
    """Return what is wrong with one act of the trail; None where its checkpoint proves it."""
    seq, found = int(act["seq"]), sha256(canonical(act["row"]))
    if found != act["content_hash"]:
        return f"封存序号 {seq} 的留痕内容与其摘要不符"
    checkpoint = checkpoints.get(int(act["checkpoint"]))
    if checkpoint is None:
        return f"封存序号 {seq} 所依据的检查点 {act['checkpoint']} 不在或无效"
    if not int(checkpoint["first_seq"]) <= seq <= int(checkpoint["seq"]):
        return f"封存序号 {seq} 不在检查点 {act['checkpoint']} 的范围内"
    node = hashlib.sha256(b"\x00" + f"{seq}:{found}".encode()).digest()
    for side, beside in act["path"]:
        other = bytes.fromhex(beside)
        node = hashlib.sha256(b"\x01" + (other + node if side == "left" else node + other)).digest()
    if node.hex() != checkpoint["merkle_root"]:
        return f"封存序号 {seq} 的路径到不了检查点 {act['checkpoint']} 的默克尔根"
    return None


def check_proof(told: dict[str, Any], asked: Inquiry) -> list[str]:
    """Check the proof of one payment and return what it proves, in words."""
    faults, payment_id = asked.faults, told["payment_id"]
    keys = read_keys(told["keys"], asked)
    checkpoints = check_checkpoints(told["checkpoints"], keys, asked)
    proved = []
    for act in told["acts"]:
        wrong, row = check_act(act, checkpoints), act["row"]
        if wrong is None and (row["thing"], row["object"]) != ("payment", payment_id):
            wrong = f"封存序号 {act['seq']} 说的不是拨付 {payment_id}"
        if wrong is None:
            proved.append(row)
        else:
            faults.append(wrong)
    if not proved:
        faults.append(f"拨付 {payment_id} 没有一条留痕得到证明")
    check_amount(told, [each["content"] for each in proved if each["act"] == "prepare"], asked)
    lines = [f"  {each['at']} {each['act']} {canonical(each['content']).decode()}" for each in proved]
    return [f"拨付 {payment_id}，{told['amount_fen']} 分，留痕 {len(proved)} 条：", *lines]


def check_amount(told: dict[str, Any], prepared: list[dict[str, Any]], asked: Inquiry) -> None:
    """Check the amount against what was written down when the payment was made; only proved acts count."""
    payment_id, amounts = told["payment_id"], [each.get("amount_fen") for each in prepared]
    if not prepared:
        asked.faults.append(f"拨付 {payment_id} 的证明里没有制单留痕，金额 {told['amount_fen']} 分没有依据")
    elif amounts == [None]:
        # earlier releases wrote down which payment was made, and its amount in the file's digest only
        asked.unproven.append(f"拨付 {payment_id} 的制单留痕未载金额，{told['amount_fen']} 分未获证明")
    elif amounts != [told["amount_fen"]]:
        asked.faults.append(f"拨付 {payment_id} 的金额 {told['amount_fen']} 分与留痕不符")


def read_package(path: Path, faults: list[str]) -> dict[str, bytes]:
    """Return the files of a package by name; nothing is written anywhere."""
    if path.is_dir():
        found = [each for each in path.rglob("*") if each.is_file()]
        return {each.relative_to(path).as_posix(): each.read_bytes() for each in found}
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as packed:
        for each in packed.infolist():
            if each.filename in files:
                faults.append(f"文件 {each.filename} 在压缩包中不止一个")
            try:
                files[each.filename] = packed.read(each)
            except (zipfile.BadZipFile, zlib.error, EOFError):
                faults.append(f"文件 {each.filename} 在压缩包中已损坏")
    return files


def load(data: bytes, otherwise: Any) -> Any:
    """Return what a file or a line says; what cannot be read says nothing, and its digest tells why."""
    try:
        return json.loads(data)
    except ValueError:
        return otherwise


def check_files(files: dict[str, bytes], keys: Keys, asked: Inquiry) -> None:
    """Check the manifest's signature and every file against it, to the line where lines are known."""
    faults = asked.faults
    manifest, signed = files.get(MANIFEST, b"{}"), load(files.get(SIGNATURE, b""), {})
    if not is_signed(keys, signed, b"voucher-export:" + manifest, asked):
        faults.append(f"清单 {MANIFEST} 的签名无效，或不是所认的公钥（写的是 {signed.get('key_id')}）")
    listed: dict[str, str] = load(manifest, {}).get("files", {})
    lines: dict[str, list[str]] = load(files.get(LINES, b""), {})
    faults.extend(f"文件 {name} 不在包中" for name in sorted(listed.keys() - files.keys()))
    unlisted = files.keys() - listed.keys() - {MANIFEST, SIGNATURE}
    faults.extend(f"文件 {name} 不在清单中" for name in sorted(unlisted))
    for name, expected in sorted(listed.items()):
        if name in files and sha256(files[name]) != expected:
            faults.append(f"文件 {name} 被改动{_where(files[name], lines.get(name, []))}")


def _where(data: bytes, expected: list[str]) -> str:
    found = [sha256(each)[:LINE_CHARS] for each in data.split(b"\n")]
    changed = [n for n, pair in enumerate(zip(found, expected, strict=False), start=1) if pair[0] != pair[1]]
    if expected and len(found) != len(expected):
        return f"：应有 {len(expected)} 行，现有 {len(found)} 行，自第 {(changed or [len(found)])[0]} 行起"
    return f"：第 {'、'.join(map(str, changed[:20]))} 行" if changed else ""


def check_package(files: dict[str, bytes], asked: Inquiry) -> list[str]:
    """Check a package and return what was compared, in words."""
    faults = asked.faults
    keys = read_keys(load(files.get(KEYS, b""), []), asked)
    check_files(files, keys, asked)
    lines = [load(each, {}) for each in files.get(CHECKPOINTS, b"").splitlines()]
    checkpoints = check_checkpoints(lines, keys, asked)
    acts = files.get(TRAIL, b"").splitlines()
    for number, line in enumerate(acts, start=1):
        try:
            wrong = check_act(json.loads(line), checkpoints)
        except (ValueError, KeyError, TypeError):
            wrong = "无法读取"
        if wrong is not None:
            faults.append(f"{TRAIL} 第 {number} 行：{wrong}")
    proofs = [name for name in files if name.startswith("proofs/")]
    proved = {}
    for name in sorted(proofs):
        try:
            proof = json.loads(files[name])
            check_proof(proof, asked)
            proved[str(proof["payment_id"])] = str(proof["amount_fen"])
        except (ValueError, KeyError, TypeError, AttributeError):
            faults.append(f"证明 {name} 无法读取")
    check_payments(files.get(PAYMENTS, b""), proved, faults)
    return [f"文件 {len(files)} 个，留痕 {len(acts)} 条，检查点 {len(lines)} 个，拨付证明 {len(proofs)} 份"]


def check_payments(data: bytes, proved: dict[str, str], faults: list[str]) -> None:
    """Check that every payment listed says what its own proof says."""
    for number, row in enumerate(csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"))), start=1):
        if number > 1 and row and [proved.get(row[0])] != row[AMOUNT_COLUMN : AMOUNT_COLUMN + 1]:
            faults.append(f"{PAYMENTS} 第 {number} 行：拨付 {row[0]} 的金额没有证明或与证明不符")


def main(arguments: list[str]) -> int:
    """Check what is named on the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--anchors", type=Path)
    parser.add_argument("--key", action="append", default=[])
    asked = parser.parse_args(arguments)
    inquiry = Inquiry(named=frozenset(asked.key))
    try:
        if asked.anchors is not None:
            read_anchors(asked.anchors, inquiry)
        if asked.path.suffix == ".json":
            proof = json.loads(asked.path.read_text("utf-8"))
            told, keys = check_proof(proof, inquiry), proof["keys"]
        else:
            files = read_package(asked.path, inquiry.faults)
            told, keys = check_package(files, inquiry), load(files.get(KEYS, b""), [])
        missing = inquiry.named - {each.get("kid") for each in keys}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        sys.stdout.write(f"无法读取：{error}\n")
        return FAULTY
    inquiry.faults.extend(f"没有编号为 {each} 的公钥" for each in sorted(missing))
    check_signers(inquiry)
    return conclude(told, inquiry)


def read_anchors(path: Path, asked: Inquiry) -> None:
    """Read the checkpoints kept elsewhere; a file without any compares nothing, which is a fault."""
    lines = [json.loads(each) for each in path.read_text("utf-8").splitlines() if each.strip()]
    asked.kept = {int(each["seq"]): each for each in lines}
    if not lines:
        asked.faults.append(f"留存文件 {path.name} 里没有检查点，无从比较")


def check_signers(asked: Inquiry) -> None:
    """Say on whose word all this rests where neither a named key nor a kept checkpoint vouches for it."""
    vouched = asked.named | {str(each.get("key_id")) for each in (asked.kept or {}).values()}
    asked.unproven.extend(
        f"签名只凭随附的公钥 {kid}，谁都可以自造一把。请与发证方在“审计”页、公函上公布的或自己留存的"
        f"密钥编号逐字比较，16 位全部一致的，加 --key {kid} 再核验一次"
        for kid in sorted(asked.signers - vouched)
    )


def conclude(told: list[str], asked: Inquiry) -> int:
    """Say what was found, the conclusion last, and return the exit status."""
    status = FAULTY if asked.faults else OPEN if asked.unproven else 0
    wrong = (f"不符：{each}" for each in asked.faults)
    for line in (*told, *wrong, *(f"未能确认：{each}" for each in asked.unproven), CONCLUSIONS[status]):
        sys.stdout.write(f"{line}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
