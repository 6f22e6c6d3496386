"""What somebody hands in is known by its content, rid of what it tells aside, and refused in plain words."""

from __future__ import annotations

import base64
import contextlib
import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pictures import PLACE, chunk, exif, jpeg, pdf, png, segment
from voucher.plumbing.uploads.orientation import read_orientation
from voucher.plumbing.uploads.reading import UploadKind, UploadLimits, read_upload
from voucher.rules.errors import Refused

LIMITS = UploadLimits(max_bytes=1 << 20, max_pixels=1_000_000)


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("证明.jpg", jpeg())
    return held.getvalue()


def vast_jpeg() -> bytes:
    """Return a photograph that says it is 60,000 by 60,000."""
    whole = jpeg()
    place = whole.index(b"\xff\xc0") + 5
    return whole[:place] + struct.pack(">HH", 60_000, 60_000) + whole[place + 4 :]


BAD = {
    "empty": (b"", "attachment_empty"),
    "heavy": (b"\xff\xd8\xff" + bytes(1 << 20), "attachment_too_large"),
    "html": (b"<!doctype html><script>alert(1)</script>", "attachment_kind_unknown"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "attachment_kind_unknown"),
    "zip": (zipped(), "attachment_kind_unknown"),
    "script": (b"#!/bin/sh\nrm -rf /\n", "attachment_kind_unknown"),
    "gif": (b"GIF89a" + bytes(20), "attachment_kind_unknown"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "attachment_heic"),
    "jpeg cut off": (jpeg()[:-8], "attachment_damaged"),
    "jpeg without picture": (b"\xff\xd8\xff\xd9", "attachment_damaged"),
    "jpeg that is html": (b"\xff\xd8\xff<script>alert(1)</script>", "attachment_damaged"),
    "jpeg of a kind nobody draws": (jpeg().replace(b"\xff\xc0", b"\xff\xc9"), "attachment_damaged"),
    "jpeg of absurd size": (vast_jpeg(), "attachment_pixels_excessive"),
    "png of absurd size": (png(60_000, 60_000, lines=b"\0"), "attachment_pixels_excessive"),
    "png cut off": (png()[:-14], "attachment_damaged"),
    "png with a changed byte": (png().replace(b"IDAT", b"IDAU"), "attachment_damaged"),
    "png bomb": (png(lines=bytes(900_000_0)), "attachment_damaged"),
    "png short of lines": (png(lines=b"\0"), "attachment_damaged"),
    "png without size": (png(0, 8), "attachment_damaged"),
    "png with a chunk nobody knows": (png(extra=chunk(b"EVIL", b"x")), "attachment_damaged"),
    "pdf cut off": (pdf()[:-12], "attachment_damaged"),
    "pdf with a password": (pdf(trailer=b"<< /Root 1 0 R /Encrypt 2 0 R >>"), "attachment_locked"),
    "pdf with a program": (pdf(b"<< /OpenAction << /S /JavaScript /JS (x) >> >>"), "attachment_active"),
    "pdf with a file": (pdf(b"<< /Names << /EmbeddedFiles 2 0 R >> >>"), "attachment_active"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_photograph_or_document_is_refused_with_what_to_do(name: str) -> None:
    content, code = BAD[name]
    with pytest.raises(Refused) as caught:
        read_upload(content, LIMITS)
    assert caught.value.refusal.code == code
    assert caught.value.refusal.next_step


@pytest.mark.parametrize("way", [1, 3, 6, 8])
def test_a_photograph_keeps_which_way_up_it_is_and_nothing_of_where(way: int) -> None:
    content = jpeg(way)
    assert PLACE in content
    kept = read_upload(content, LIMITS)
    assert kept.kind is UploadKind.JPEG
    assert PLACE not in kept.content
    assert b"film" not in kept.content, "what lies behind the picture is no picture"
    assert read_upload(kept.content, LIMITS) == kept, "cleaning it again changes nothing"
    found = kept.content.find(b"Exif\0\0")
    assert (read_orientation(kept.content[found + 6 :]) if found >= 0 else 1) == way
    plain = read_upload(jpeg(), LIMITS).content
    assert kept.content.endswith(plain[plain.index(b"\xff\xdb") :]), "every byte that is drawn"


def test_a_picture_and_a_document_are_kept_without_words_and_as_they_came() -> None:
    words = chunk(b"tEXt", b"Comment\0" + PLACE) + chunk(b"eXIf", exif(6)) + chunk(b"gAMA", bytes(4))
    kept = read_upload(png(extra=words), LIMITS)
    assert kept.kind is UploadKind.PNG
    assert PLACE not in kept.content
    assert b"gAMA" in kept.content
    assert read_orientation(kept.content[kept.content.index(b"eXIf") + 4 :]) == 6
    assert read_upload(kept.content + zipped(), LIMITS) == kept, "nothing rides behind it"
    # by chance a packed page may hold the letters of a name
    chance = pdf(b"<< /Length 9 >>\nstream\n/Encrypt \nendstream")
    assert read_upload(chance, LIMITS).content == chance


def test_interlaced_and_split_pictures_are_whole_too() -> None:
    header = struct.pack(">IIBBBBB", 5, 3, 8, 2, 0, 0, 1)
    # the seven passes of five by three: columns and rows of each
    passes = ((1, 1), (1, 1), (0, 0), (1, 1), (3, 1), (2, 2), (5, 1))
    lines = zlib.compress(
        b"".join(b"\0" + bytes(3 * columns) for columns, rows in passes for _ in range(rows) if columns)
    )
    split = chunk(b"IDAT", lines[:5]) + chunk(b"IDAT", b"") + chunk(b"IDAT", lines[5:])
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + split + chunk(b"IEND", b"")
    assert read_upload(whole, LIMITS).kind is UploadKind.PNG


WHOLE = (jpeg(6), png(extra=chunk(b"eXIf", exif(3))), pdf())


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_no_byte_changed_cut_or_added_is_a_mistake_of_ours(whole: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(whole) - 1))
    way = data.draw(st.sampled_from(("change", "cut", "add")))
    put = data.draw(st.binary(min_size=1, max_size=4))
    broken = {
        "change": whole[:place] + put + whole[place + len(put) :],
        "cut": whole[:place],
        "add": whole[:place] + put + whole[place:],
    }[way]
    with contextlib.suppress(Refused):
        assert read_upload(broken, LIMITS).content


def test_nothing_but_the_way_up_is_read_from_what_a_telephone_wrote() -> None:
    for junk in (b"", b"MM\0*", b"II*\0\xff\xff\xff\xff", b"MM\0*" + bytes(30), base64.b64decode("AAAA")):
        assert read_orientation(junk) == 1
    assert read_orientation(exif(9)) == 1
    assert segment(0xE1, b"")[2:] == b"\0\2"
