"""JSON under /api/v1: an act that is no plain reading or writing is a noun."""

from __future__ import annotations

from flask import Flask

from voucher.doors.api import pulse


def install(app: Flask) -> None:
    """Open the API."""
    pulse.install(app)
