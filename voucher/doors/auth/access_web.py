"""The access matrix of the pages: endpoint → who may reach it."""

from __future__ import annotations

from voucher.doors.auth.entries import PUBLIC, Access

WEB: dict[str, Access] = {
    "static": Access(PUBLIC, "样式、脚本、图标"),
}
