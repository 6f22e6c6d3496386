"""Sins against money: transfers, balances, counters, reservations and the queue."""

from __future__ import annotations

from tests.stages.oversee.plants.shape import APPROVED, AT, PAID, Plant, transfer

ONE_MORE = "batch_id, institution_id, outcome, level + 9, lines, claims, people, amount_fen"

MONEY: tuple[Plant, ...] = (
    Plant(
        1,
        "账户余额等于流水累计",
        ("UPDATE account SET balance_fen = balance_fen + 1 WHERE role = 'available'",),
    ),
    Plant(
        1,
        "每个预算各账户合计为零",
        ("UPDATE account SET balance_fen = balance_fen + 1 WHERE role = 'available'",),
    ),
    Plant(1, "每笔流水金额为正，只在同一预算的规定账户之间", (transfer("reserve", "available", "spent"),)),
    Plant(
        1,
        "每笔流水金额为正，只在同一预算的规定账户之间",
        ("UPDATE transfer SET amount_fen = -amount_fen WHERE id = (SELECT MAX(id) FROM transfer)",),
        ("transfer",),
        refused=True,
    ),
    Plant(2, "预算计数等于账户余额且不超支", ("UPDATE budget SET reserved_fen = reserved_fen + 1",)),
    Plant(
        2,
        "预算计数等于账户余额且不超支",
        ("UPDATE budget SET spent_fen = granted_fen + 1",),
        ("budget",),
        refused=True,
    ),
    Plant(
        2,
        "预算计数等于账户余额且不超支",
        ("DELETE FROM account WHERE role = 'returned' AND balance_fen = 0",),
        ("account",),
        refused=True,
    ),
    Plant(
        24,
        "下达等于可用、占用、支出与上缴之和，逐笔可还原",
        ("UPDATE budget SET granted_fen = granted_fen + 100",),
    ),
    Plant(
        24,
        "预算占用等于各申领与培训券占用之和",
        (f"UPDATE claim SET reserved_fen = 0 WHERE id = {APPROVED}",),
    ),
    Plant(24, "申领占用等于该申领的流水", (transfer("reserve", "available", "reserved", APPROVED),)),
    Plant(
        24,
        "在办申领占用等于应付，其余申领不占用",
        (f"UPDATE claim SET reserved_fen = reserved_fen - 1 WHERE id = {APPROVED}",),
    ),
    Plant(
        24, "在办申领占用等于应付，其余申领不占用", (f"UPDATE claim SET reserved_fen = 1 WHERE id = {PAID}",)
    ),
    Plant(
        24,
        "申领流水只用本申领的预算",
        (transfer("reserve", "available", "reserved", APPROVED, "MAX(budget_id)"),),
    ),
    Plant(
        24,
        "已结束的培训券不再占用资金",
        ("UPDATE voucher SET state = 'expired', reserved_fen = 1",),
        ("voucher",),
        refused=True,
    ),
    Plant(
        24,
        "年末结转后旧年度不留占用和余额，结转流水等于两人办理的数",
        (
            (
                "INSERT INTO budget (region_code, year, source, granted_fen, reserved_fen, spent_fen,"
                " returned_fen, opened_at, carried_into_id) SELECT region_code, 2001, source, 0, 0, 0, 0,"
                f" {AT}, id FROM budget ORDER BY id LIMIT 1"
            ),
        ),
    ),
    Plant(24, "排队等候资金的恰是草稿申领", (f"UPDATE waiting SET ended_at = {AT}, served = 0",)),
    Plant(
        24,
        "排队等候资金的恰是草稿申领",
        (f"UPDATE waiting SET claim_id = {APPROVED} WHERE id = (SELECT MAX(id) FROM waiting)",),
    ),
    Plant(
        24,
        "每批留存的合计等于各行之和",
        ("UPDATE batch_sum SET lines = lines + 1",),
        ("batch_sum",),
        refused=True,
    ),
    Plant(
        24,
        "每批留存的合计等于各行之和",
        (f"INSERT INTO batch_sum SELECT {ONE_MORE} FROM batch_sum",),
    ),
)
