"""What is checked of a file before anything believes it: size, kind, and the zip inside an xlsx."""

from __future__ import annotations

import copy
import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from voucher.rules.errors import Family, Refused, reason

SOURCE = "DESIGN §5 导入文件先查后开; 等保 2.0 恶意代码防范"

FILE_KIND_UNKNOWN = reason(
    "file_kind_unknown",
    "不支持 {suffix} 文件",
    "请用 Excel 或 WPS 另存为 .xlsx 或“CSV UTF-8（逗号分隔）”后重新导入",
    SOURCE,
)
FILE_NOT_WHAT_IT_SAYS = reason(
    "file_not_what_it_says",
    "文件内容与扩展名 {suffix} 不符（{detail}）",
    "请打开原始表格，另存为 .xlsx 或“CSV UTF-8（逗号分隔）”后重新导入，不要直接改扩展名",
    SOURCE,
)
FILE_TOO_LARGE = reason(
    "file_too_large",
    "文件有 {size} 字节，超过 {max_bytes} 字节的上限",
    "请拆分后分次导入；xlsx 可改用 csv",
    SOURCE,
    Family.LIMIT,
)
FILE_EMPTY = reason("file_empty", "文件是空的，没有表头也没有数据", "请核对是否选错了文件或工作表", SOURCE)
ZIP_BOMB = reason(
    "zip_bomb",
    "文件解开后异常庞大或结构异常（{detail}），已停止读取",
    "请新建一个表格，只粘贴需要的数据后重新导入",
    SOURCE,
    Family.LIMIT,
)

CHUNK_BYTES = 1 << 18
_RATIO_COUNTS_FROM = 1 << 20
_END_OF_DIRECTORY = struct.Struct("<4s4H2IH")
_ZIP64_LOCATOR_BYTES = 20
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NESTED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xd0\xcf\x11\xe0")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "压缩包或 xlsx"),
    (b"PK\x05\x06", "空压缩包"),
    (b"\xd0\xcf\x11\xe0", "旧版 xls 或加密的表格"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPEG 图片"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"Rar!", "rar 压缩包"),
    (b"\x7fELF", "程序"),
    (b"MZ", "程序"),
    (b"SQLite format 3", "数据库"),
    (b"{\\rtf", "RTF 文档"),
)
_MARKUP = re.compile(rb"\s*<(?:\?xml|!doctype|html|table|meta|head|workbook)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one imported file may hold; csv is bounded only where a limit is given."""

    max_rows: int | None = None
    max_bytes: int | None = None
    max_xlsx_rows: int = 100_000
    max_xlsx_bytes: int = 32 << 20
    max_unpacked_bytes: int = 400 << 20
    max_ratio: int = 100
    max_members: int = 2_000
    max_cells: int = 4_000_000
    max_cell_chars: int = 32_767


def check_kind(file: BinaryIO, name: str, limits: Limits) -> str:
    """Return `csv` or `xlsx` after name, first bytes and size agree with it.

    Raises file_kind_unknown, file_empty, file_too_large, file_not_what_it_says.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise FILE_KIND_UNKNOWN.refused(suffix=suffix[:10] or "没有扩展名的")
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(1024)
    file.seek(0)
    max_bytes = limits.max_xlsx_bytes if suffix == ".xlsx" else limits.max_bytes
    if max_bytes is not None and size > max_bytes:
        raise FILE_TOO_LARGE.refused(size=size, max_bytes=max_bytes)
    if size == 0:
        raise FILE_EMPTY.refused()
    if suffix == ".xlsx":
        if not head.startswith(b"PK\x03\x04"):
            raise FILE_NOT_WHAT_IT_SAYS.refused(suffix=suffix, detail=f"看起来是{_recognise(head) or '文本'}")
    elif detected := _recognise(head):
        raise FILE_NOT_WHAT_IT_SAYS.refused(suffix=suffix, detail=f"看起来是{detected}")
    return suffix[1:]


def _recognise(head: bytes) -> str | None:
    for magic, kind in _MAGIC:
        # Two letters alone may be the first word of a honest table, so they need an unprintable neighbour.
        if head.startswith(magic) and (len(magic) > 2 or b"\x00" in head[:16]):
            return kind
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "网页或 XML"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None  # UTF-16 text is told apart as a wrong encoding
    return "二进制文件" if b"\x00" in head.partition(b"\n")[0] else None


def check_package(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """Return the opened zip of an xlsx after every member has been unpacked once and counted.

    Declared sizes are not believed. Raises zip_bomb, file_not_what_it_says.
    """
    try:
        _check_directory(file, limits)
        package = zipfile.ZipFile(file)
        _check_members(package.infolist(), limits)
        total = 0
        for member in package.infolist():
            total += _check_member(package, member, limits, room=limits.max_unpacked_bytes - total)
        return package
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError):
        raise not_a_workbook("压缩结构已损坏") from None


def not_a_workbook(detail: str) -> Refused:
    """Return the refusal of an xlsx that is none."""
    return FILE_NOT_WHAT_IT_SAYS.refused(suffix=".xlsx", detail=detail)


def _check_directory(file: BinaryIO, limits: Limits) -> None:
    # Two zip readers can see two different directories in one crafted file, and each entry costs memory
    # before it can be counted; so only the plain form every spreadsheet program writes is read at all.
    size = file.seek(0, io.SEEK_END)
    tail_bytes = min(size, _END_OF_DIRECTORY.size + _ZIP64_LOCATOR_BYTES)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    file.seek(0)
    signature, _, _, _, members, length, offset, comment = _END_OF_DIRECTORY.unpack(
        tail[-_END_OF_DIRECTORY.size :]
    )
    if signature != b"PK\x05\x06" or comment or b"PK\x06\x07" in tail:
        raise not_a_workbook("压缩结构不是标准的 xlsx")
    if offset + length + _END_OF_DIRECTORY.size != size:
        raise not_a_workbook("压缩结构前后有多余内容")
    if members > limits.max_members or length > limits.max_members * 512:
        raise ZIP_BOMB.refused(detail=f"内含 {members} 个部件，上限 {limits.max_members}")


def _check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    names = [member.filename.lower() for member in members]
    if len(set(names)) != len(names):
        raise not_a_workbook("内含同名部件")
    if "xl/workbook.xml" not in names or "[content_types].xml" not in names:
        raise not_a_workbook("压缩包里没有工作簿")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise not_a_workbook("内含宏")
    if any(member.flag_bits & 1 for member in members):
        raise not_a_workbook("已加密")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise not_a_workbook("压缩方式不认识")
    declared = sum(member.file_size for member in members)
    if declared > limits.max_unpacked_bytes:
        raise ZIP_BOMB.refused(detail=f"解开后 {declared} 字节，上限 {limits.max_unpacked_bytes}")


def _check_member(package: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits, *, room: int) -> int:
    """Return the real size of a member, unpacking at most `room` bytes."""
    # With the declared size out of the way zipfile reads to the true end and compares the checksum there.
    unbelieved = copy.copy(member)
    unbelieved.file_size = room + 2 * CHUNK_BYTES
    count, before = 0, b""
    is_xml = member.filename.lower().endswith((".xml", ".rels"))
    with package.open(unbelieved) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if count == 0 and chunk.startswith(_NESTED):
                raise ZIP_BOMB.refused(detail="压缩包里还有压缩包或嵌入对象")
            if is_xml and (_DOCTYPE.search(before + chunk) or (count == 0 and b"\x00" in chunk[:4])):
                raise not_a_workbook("内含文档类型或实体声明")
            count, before = count + len(chunk), chunk[-16:]
            if count > room:
                raise ZIP_BOMB.refused(detail=f"解开后超过 {limits.max_unpacked_bytes} 字节")
            if count > max(_RATIO_COUNTS_FROM, limits.max_ratio * member.compress_size):
                raise ZIP_BOMB.refused(detail=f"压缩比超过 {limits.max_ratio} 倍")
    if count != member.file_size:
        raise ZIP_BOMB.refused(detail="部件的实际大小与声明不符")
    return count
