"""Files by content: a file's name is the SHA-256 of its bytes, so nothing is overwritten or mistaken."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import BinaryIO

from voucher.rules.errors import Family, reason

SOURCE = "DESIGN §5; 等保 2.0 数据完整性"

STORED_FILE_MISSING = reason(
    "stored_file_missing",
    "文件不存在或已被清理",
    "请重新生成或重新上传该文件",
    SOURCE,
    Family.MISSING,
)
STORED_FILE_DAMAGED = reason(
    "stored_file_damaged",
    "文件内容与登记的摘要不一致",
    "文件可能被改动，请停止使用并联系系统管理员从备份恢复",
    SOURCE,
    Family.UNAVAILABLE,
)
UPLOAD_TOO_LARGE = reason(
    "upload_too_large",
    "文件超过 {max_bytes} 字节的上限",
    "请压缩图片、拆分文件后重新上传",
    SOURCE,
    Family.LIMIT,
)

CHUNK_BYTES = 1 << 18
NAME_MAX_BYTES = 150
_MAKING = ".making-"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNSAFE = re.compile(r'[\\/:*?"<>|%;&$`\']')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a row keeps of a file: its digest, which is its name, and its size in bytes."""

    sha256: str
    size: int


class FileStore:
    """A folder of files named by content; writing is atomic, reading verifies."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, source: bytes | BinaryIO, *, max_bytes: int | None = None) -> StoredFile:
        """Store the bytes once and return their digest and size.

        The file is on disk under its final name before this returns. Raises upload_too_large.
        """
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        handle, beside = tempfile.mkstemp(dir=self._root, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in _chunks(source):
                    size += len(chunk)
                    if max_bytes is not None and size > max_bytes:
                        raise UPLOAD_TOO_LARGE.refused(max_bytes=max_bytes)
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            stored = StoredFile(digest.hexdigest(), size)
            self._keep(Path(beside), self._path(stored.sha256))
        finally:
            Path(beside).unlink(missing_ok=True)
        return stored

    @contextmanager
    def make_in(self, name: str) -> Iterator[Path]:
        """Give a folder beside the files to make something large in, emptied before and removed after.

        A name is made by one run at a time; what a machine left behind that stopped in the middle goes when
        the same name is made again, or is given up.
        """
        folder = self._root / f"{_MAKING}{name}"
        rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        try:
            yield folder
        finally:
            rmtree(folder, ignore_errors=True)

    def list_making(self) -> list[str]:
        """Return the names of the folders that stand beside the files, in the making or left behind."""
        return sorted(each.name.removeprefix(_MAKING) for each in self._root.glob(f"{_MAKING}*"))

    def give_up_making(self, name: str) -> None:
        """Remove a folder of `make_in` that was left behind, with what is in it."""
        rmtree(self._root / f"{_MAKING}{name}", ignore_errors=True)

    def open(self, sha256: str) -> BinaryIO:
        """Return the file opened for reading, after its bytes have been compared with its name.

        Raises stored_file_missing, stored_file_damaged; ValueError for anything that is no digest.
        """
        try:
            file = self._path(sha256).open("rb")
        except FileNotFoundError:
            raise STORED_FILE_MISSING.refused(sha256=sha256) from None
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            file.close()
            raise STORED_FILE_DAMAGED.refused(sha256=sha256)
        file.seek(0)
        return file

    def has(self, sha256: str) -> bool:
        """Return whether a file of that digest is stored; raises ValueError for anything else."""
        return self._path(sha256).exists()

    def list_digests(self) -> set[str]:
        """Return the digests of all files that are stored."""
        return {each.name for each in self._root.glob("??/*") if _DIGEST.fullmatch(each.name)}

    def remove(self, sha256: str) -> None:
        """Delete a file that is not needed any more; nothing happens where it is gone already."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        # Only a digest ever becomes a path, so no name from outside can climb out of the folder.
        if not _DIGEST.fullmatch(sha256):
            raise ValueError("not a sha256 digest")
        return self._root / sha256[:2] / sha256

    def _keep(self, beside: Path, path: Path) -> None:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        beside.replace(path)
        for folder in (path.parent, self._root):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def safe_name(name: str, *, fallback: str = "文件") -> str:
    """Return a file name fit to be shown and saved anywhere: no folders, controls or reserved names."""
    tail = PurePosixPath(unicodedata.normalize("NFKC", name).replace("\\", "/")).name
    spaced = "".join(" " if c.isspace() else c for c in tail)
    printable = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    words = " ".join(_UNSAFE.sub("_", printable).split()).strip(". ")
    stem, dot, suffix = words.rpartition(".")
    if not dot or len(suffix) > 8:
        stem, suffix = words, ""
    room = NAME_MAX_BYTES - len(suffix.encode()) - 1
    stem = stem.encode()[:room].decode(errors="ignore").strip(". ")
    if not stem or _RESERVED.fullmatch(words):
        stem = fallback if not stem else f"_{stem}"
    return f"{stem}.{suffix}" if suffix else stem


def _chunks(source: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    while chunk := source.read(CHUNK_BYTES):
        yield chunk
