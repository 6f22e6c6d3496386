"""Sins against keys, states and their order."""

from __future__ import annotations

from tests.stages.oversee.plants.shape import APPROVED, AT, PAID, Plant, event

LIVES: tuple[Plant, ...] = (
    Plant(
        5,
        "同一享受资格同时只占用或享受一次",
        (
            (
                "INSERT INTO entitlement (id, key, kind, person_id, trade_code, level, state, taken_at)"
                " SELECT 900001, key, kind, person_id, trade_code, level, 'taken', taken_at FROM entitlement"
                " WHERE id = (SELECT MIN(id) FROM entitlement WHERE state = 'taken')"
            ),
        ),
        ("entitlement",),
        refused=True,
    ),
    Plant(
        5,
        "同一享受资格同时只有一个有效申领",
        (
            (
                "UPDATE claim SET entitlement_key ="
                f" (SELECT c.entitlement_key FROM claim c WHERE c.id = {PAID}) WHERE id = {APPROVED}"
            ),
        ),
        ("claim",),
        refused=True,
    ),
    Plant(
        5,
        "享受资格的状态与申领的状态相符",
        (
            (
                "UPDATE entitlement SET state = 'freed'"
                f" WHERE id = (SELECT entitlement_id FROM claim WHERE id = {APPROVED})"
            ),
        ),
    ),
    Plant(
        5,
        "占用中的享受资格都有申领或在用的券",
        (
            (
                "INSERT INTO entitlement (key, kind, person_id, trade_code, level, state, taken_at)"
                " SELECT 'lost', kind, person_id, trade_code, level, 'taken', taken_at FROM entitlement"
                " WHERE id = (SELECT MIN(id) FROM entitlement)"
            ),
        ),
    ),
    Plant(
        9,
        "状态等于最后一次办理",
        (f"UPDATE claim SET state = 'paid' WHERE id = {APPROVED}",),
        ("claim",),
        refused=True,
    ),
    Plant(
        9,
        "状态等于最后一次办理",
        (f"UPDATE claim SET seq = seq - 1 WHERE id = {APPROVED}",),
        ("claim",),
        refused=True,
    ),
    Plant(
        9,
        "每一步都接着上一步，不缺不叉",
        (event(APPROVED, 99, "98", "approved", "release", "paying"),),
        ("state_event",),
        refused=True,
    ),
    Plant(
        9,
        "同一步只有一次办理",
        (event(APPROVED, 2, "1", "draft", "submit", "submitted"),),
        ("state_event",),
        refused=True,
    ),
    Plant(
        9,
        "每一步都在状态表中",
        ("DELETE FROM transition WHERE thing = 'claim' AND event = 'approve'",),
        ("transition",),
        refused=True,
    ),
    Plant(9, "每一次办理都有其对象", (event("987654", 1, "NULL", "-", "draft", "draft"),)),
    Plant(
        22,
        "办理先后以序号为准",
        ("UPDATE state_event SET id = id + 900000 WHERE thing = 'claim' AND seq = 1",),
        ("state_event",),
        refused=True,
    ),
    Plant(
        22,
        "候补按序号先后，后来者不先得（轮到时待处置的保留序号）",
        (f"UPDATE waiting SET ended_at = {AT}, served = 1 WHERE id = (SELECT MAX(id) FROM waiting)",),
    ),
)
