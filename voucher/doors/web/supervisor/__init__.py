"""Pages of supervisor and auditor: the trail and the invariants."""

from __future__ import annotations

from voucher.doors.web.supervisor import trail
from voucher.doors.web.supervisor.blueprint import supervisor

# the rooms hang their views on the blueprint when they are read
__all__ = ["supervisor", "trail"]
