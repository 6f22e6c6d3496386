"""The way in and out: password, second factor, sessions."""

from __future__ import annotations

from voucher.doors.web.entrance import mailbox, phone, saved_filters, sessions, signing_in, single_sign_on
from voucher.doors.web.entrance.blueprint import entrance

# the rooms hang their views on the blueprint when they are read
__all__ = ["entrance", "mailbox", "phone", "saved_filters", "sessions", "signing_in", "single_sign_on"]
