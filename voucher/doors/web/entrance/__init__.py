"""The way in and out: password, second factor, sessions."""

from __future__ import annotations

from voucher.doors.web.entrance import sessions, signing_in
from voucher.doors.web.entrance.blueprint import entrance

# the rooms hang their views on the blueprint when they are read
__all__ = ["entrance", "sessions", "signing_in"]
