"""The access matrix of the API for the later stages: exams, certificates, claims by voucher, holds."""

from __future__ import annotations

from voucher.doors.auth.entries import DESK, OFFICERS, Access

LATER: dict[str, Access] = {
    "holds.list_holds": Access(DESK, "查看待处置事项"),
    "holds.open_hold": Access(OFFICERS, "待处置"),
    "holds.close_hold": Access(OFFICERS, "结束待处置"),
}
