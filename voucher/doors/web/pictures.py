"""Codes as pictures a page can hold."""

from __future__ import annotations

import qrcode
import qrcode.image.svg
from markupsafe import Markup


def draw_code(digits: str, version: int | None = None, *, border: int = 4) -> Markup:
    """Return digits, a voucher's number or an address as a QR code: one segment, error correction M."""
    made = qrcode.QRCode(
        version=version, error_correction=qrcode.constants.ERROR_CORRECT_M, border=border, box_size=10
    )
    made.add_data(digits, optimize=0)
    drawn = made.make_image(image_factory=qrcode.image.svg.SvgPathFillImage)
    return Markup(drawn.to_string(encoding="unicode"))  # noqa: S704 — our own drawing of a code
