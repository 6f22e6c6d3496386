"""Large uploads as they lie on the disk: digested and looked at in pieces, never read whole into memory."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TypeAlias

CHUNK_BYTES = 1 << 18

Mapped: TypeAlias = bytes | mmap.mmap


def digest_pieces(stream: IO[bytes]) -> str:
    """Return the SHA-256 of an upload, in hexadecimal, and leave it at its beginning."""
    digest = hashlib.sha256()
    stream.seek(0)
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


@contextmanager
def lay_open(stream: IO[bytes]) -> Iterator[Mapped]:
    """Yield the bytes of an upload as its temporary file holds them; a small one is in memory already."""
    try:
        handle = stream.fileno()
    except OSError:
        stream.seek(0)
        content = stream.read()
        stream.seek(0)
        yield content
        return
    stream.flush()
    # nothing at all cannot be mapped
    if not os.fstat(handle).st_size:
        yield b""
        return
    with mmap.mmap(handle, 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped
