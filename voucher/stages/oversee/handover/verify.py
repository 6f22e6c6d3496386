"""核验导出包或证明，不需要原系统：只用 Python 标准库和 cryptography。

用法：python verify.py <导出包.zip | 目录 | 证明.json> [--anchors 自己留存的检查点.jsonl] [--key 密钥编号]
全部相符时退出码为 0；有任何不符，逐条指出并以 3 退出。
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
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FAULTY = 3
KEY_ID_CHARS = 16
LINE_CHARS = 16
PAYMENTS, AMOUNT_COLUMN = "data/payments.csv", 16
MANIFEST, SIGNATURE, KEYS, CHECKPOINTS, TRAIL, LINES = (
    "manifest.json", "manifest.sig.json", "keys.json", "checkpoints.jsonl", "trail.jsonl", "lines.json",
)  # fmt: skip


def canonical(value: object) -> bytes:
    """Return the one text form of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(data: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def read_keys(listed: list[dict[str, str]], faults: list[str]) -> dict[str, Ed25519PublicKey]:
    """Return public keys by the first 16 characters of their RFC 7638 thumbprints."""
    keys = {}
    for jwk in listed:
        if not {"crv", "kty", "x"} <= jwk.keys():
            faults.append(f"公钥 {jwk.get('kid')} 无法读取")
            continue
        named = canonical({"crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"]})
        kid = base64.urlsafe_b64encode(hashlib.sha256(named).digest()).decode().rstrip("=")[:KEY_ID_CHARS]
        if kid != jwk.get("kid"):
            faults.append(f"公钥 {jwk.get('kid')} 的编号与其内容不符")
        try:
            raw = base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))
            keys[kid] = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            faults.append(f"公钥 {jwk.get('kid')} 无法读取")
    return keys


def is_signed(keys: dict[str, Ed25519PublicKey], kid: str, signature: str, message: bytes) -> bool:
    """Return whether the key of that number signed the message."""
    key = keys.get(kid)
    try:
        if key is None:
            return False
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def message_of(line: dict[str, Any]) -> bytes:
    """Return the bytes a checkpoint signs."""
    said = (line["first_seq"], line["seq"], line["chain_hash"], line["merkle_root"], line["signed_at"])
    return ("voucher-audit-checkpoint-2:" + ":".join(map(str, said))).encode()


def check_checkpoints(
    lines: list[dict[str, Any]], keys: dict[str, Ed25519PublicKey], kept: dict[int, Any], faults: list[str]
) -> dict[int, dict[str, Any]]:
    """Return the checkpoints whose signature holds, by number, and say what is wrong with the others."""
    good = {}
    for line in lines:
        if not {"first_seq", "seq", "chain_hash", "merkle_root", "signed_at"} <= line.keys():
            faults.append(f"检查点 {line.get('seq')} 缺少内容")
            continue
        seq = int(line["seq"])
        if not is_signed(keys, str(line.get("key_id")), str(line.get("signature")), message_of(line)):
            faults.append(f"检查点 {seq} 的签名无效")
        elif kept and kept.get(seq) != line:
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


def check_proof(told: dict[str, Any], kept: dict[int, Any], faults: list[str]) -> list[str]:
    """Check the proof of one payment and return what it proves, in words."""
    keys = read_keys(told["keys"], faults)
    checkpoints = check_checkpoints(told["checkpoints"], keys, kept, faults)
    proved = []
    for act in told["acts"]:
        wrong = check_act(act, checkpoints)
        if wrong is not None:
            faults.append(wrong)
            continue
        row = act["row"]
        if (row["thing"], row["object"]) != ("payment", told["payment_id"]):
            faults.append(f"封存序号 {act['seq']} 说的不是拨付 {told['payment_id']}")
        proved.append(f"  {row['at']} {row['act']} {json.dumps(row['content'], ensure_ascii=False)}")
    said = [act["row"]["content"] for act in told["acts"] if act["row"]["act"] == "prepare"]
    amounts = [each["amount_fen"] for each in said if "amount_fen" in each]
    if not amounts:
        # earlier releases wrote down which payment was made, and its amount in the file's digest only
        proved.append("  制单留痕未载金额，金额以拨付文件的摘要为准")
    elif told["amount_fen"] not in amounts:
        faults.append(f"拨付 {told['payment_id']} 的金额 {told['amount_fen']} 分与留痕不符")
    return [f"拨付 {told['payment_id']}，{told['amount_fen']} 分，留痕 {len(proved)} 条：", *proved]


def read_package(path: Path, faults: list[str]) -> dict[str, bytes]:
    """Return the files of a package by name; nothing is written anywhere."""
    if path.is_dir():
        return {
            each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*") if each.is_file()
        }
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as packed:
        for each in packed.infolist():
            try:
                files[each.filename] = packed.read(each)
            except (zipfile.BadZipFile, zlib.error, EOFError):
                faults.append(f"文件 {each.filename} 在压缩包中已损坏")
    return files


def load(files: dict[str, bytes], name: str, otherwise: Any) -> Any:
    """Return what a file of a package says; what cannot be read says nothing, and its digest tells why."""
    try:
        return json.loads(files.get(name, b""))
    except ValueError:
        return otherwise


def load_lines(data: bytes) -> list[dict[str, Any]]:
    """Return what the lines of a file say, those that can be read."""
    found = []
    for line in data.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def check_files(files: dict[str, bytes], keys: dict[str, Ed25519PublicKey], faults: list[str]) -> None:
    """Check the manifest's signature and every file against it, to the line where lines are known."""
    manifest, signed = files.get(MANIFEST, b"{}"), load(files, SIGNATURE, {})
    message = b"voucher-export:" + manifest
    if not is_signed(keys, str(signed.get("key_id")), str(signed.get("signature")), message):
        faults.append(f"清单 {MANIFEST} 的签名无效")
    listed: dict[str, str] = load(files, MANIFEST, {}).get("files", {})
    lines: dict[str, list[str]] = load(files, LINES, {})
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


def check_package(files: dict[str, bytes], kept: dict[int, Any], faults: list[str]) -> list[str]:
    """Check a package and return what was compared, in words."""
    keys = read_keys(load(files, KEYS, []), faults)
    check_files(files, keys, faults)
    lines = load_lines(files.get(CHECKPOINTS, b""))
    checkpoints = check_checkpoints(lines, keys, kept, faults)
    acts = 0
    for number, line in enumerate(files.get(TRAIL, b"").splitlines(), start=1):
        acts += 1
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
            check_proof(proof, kept, faults)
            proved[str(proof["payment_id"])] = str(proof["amount_fen"])
        except (ValueError, KeyError, TypeError):
            faults.append(f"证明 {name} 无法读取")
    check_payments(files.get(PAYMENTS, b""), proved, faults)
    told = f"文件 {len(files)} 个，留痕 {acts} 条，检查点 {len(lines)} 个，拨付证明 {len(proofs)} 份"
    return [told, f"公钥编号：{'、'.join(sorted(keys))}（请与对外公布的或自己留存的比较）"]


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
    parser.add_argument("--key")
    asked = parser.parse_args(arguments)
    kept = {}
    if asked.anchors is not None:
        kept = {int(each["seq"]): each for each in map(json.loads, asked.anchors.read_text().splitlines())}
    faults: list[str] = []
    try:
        if asked.path.suffix == ".json":
            proof = json.loads(asked.path.read_text("utf-8"))
            told, keys = check_proof(proof, kept, faults), proof["keys"]
        else:
            files = read_package(asked.path, faults)
            told, keys = check_package(files, kept, faults), load(files, KEYS, [])
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        sys.stdout.write(f"无法读取：{error}\n")
        return FAULTY
    if asked.key is not None and asked.key not in {each.get("kid") for each in keys}:
        faults.append(f"没有编号为 {asked.key} 的公钥")
    for line in (*told, *(f"不符：{each}" for each in faults), "不符" if faults else "全部相符"):
        sys.stdout.write(f"{line}\n")
    return FAULTY if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
