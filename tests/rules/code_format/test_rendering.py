"""A code as a picture is read back by two readers that know nothing of this house, three pixels a module."""

from __future__ import annotations

from dataclasses import replace

import pytest
import qrcode
import zxingcpp

from tests.rules.code_format.holding import INSTITUTION, NOW, PLAIN, issued, signed, unsigned
from voucher.rules.code_format import (
    Challenge,
    Kind,
    encode_challenge,
    encode_presentation,
    fit_name,
    make_t,
    parse_code,
    parse_presentation,
)

PIXELS, QUIET = 3, 4
VERSION = {"S": 6, "F": 11, "T": 2, "C": 2}


def texts() -> list[str]:
    plain, longest = issued(PLAIN), issued(replace(PLAIN, masked_name=fit_name("*" * 40)))
    return [
        encode_presentation(signed(unsigned(Kind.S, plain), plain)),
        encode_presentation(signed(unsigned(Kind.F, plain), plain)),
        encode_presentation(signed(unsigned(Kind.F, longest), longest)),
        make_t("123456789012345678"),
        encode_challenge(Challenge(INSTITUTION, 3_735_928_559, NOW)),
    ]


def draw(text: str) -> tuple[bytes, int]:
    """Return grey pixels, row by row, and how many a row has; raises where the version is too small."""
    code = qrcode.QRCode(
        version=VERSION[parse_code(text)], error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET
    )
    code.add_data(text, optimize=0)
    code.make(fit=False)
    rows = [bytes(0 if dark else 255 for dark in row for _ in range(PIXELS)) for row in code.get_matrix()]
    return b"".join(row * PIXELS for row in rows), len(rows) * PIXELS


def test_every_kind_of_code_is_read_from_its_picture_by_zxing() -> None:
    for text in texts():
        pixels, width = draw(text)
        picture = memoryview(pixels).cast("B", shape=[width, width])
        found = zxingcpp.read_barcodes(picture)
        assert [each.text for each in found] == [text]
        assert width == (17 + 4 * VERSION[parse_code(text)] + 2 * QUIET) * PIXELS


@pytest.mark.long
def test_every_kind_of_code_is_read_from_its_picture_by_zbar() -> None:
    # the reader is the system's library: without it even the import fails
    from pyzbar.pyzbar import decode

    for text in texts():
        pixels, width = draw(text)
        assert [each.data.decode() for each in decode((pixels, width, width))] == [text]


def test_what_was_read_from_a_picture_is_the_code() -> None:
    text = texts()[0]
    pixels, width = draw(text)
    read = zxingcpp.read_barcode(memoryview(pixels).cast("B", shape=[width, width]))
    assert read is not None
    assert parse_presentation(read.text) == parse_presentation(text)
