"""Sins against payments, files, answers and clawbacks."""

from __future__ import annotations

from tests.stages.oversee.plants.shape import APPROVED, AT, PAID, Plant, offset, transfer

PAYMENTS: tuple[Plant, ...] = (
    Plant(
        10,
        "一个申领只有一笔有效拨付",
        (f"UPDATE payment SET claim_id = {APPROVED} WHERE state = 'pending'",),
        ("payment",),
        refused=True,
    ),
    Plant(
        10,
        "拨付等于申领核定减抵扣，核定不超标准",
        ("UPDATE payment SET amount_fen = amount_fen + 1 WHERE state = 'pending'",),
        ("payment",),
        refused=True,
    ),
    Plant(
        10, "拨付等于申领核定减抵扣，核定不超标准", (f"UPDATE claim SET amount_fen = 1 WHERE id = {PAID}",)
    ),
    Plant(
        10,
        "申领核定不超过标准",
        (f"UPDATE claim SET amount_fen = proposed_fen + 1 WHERE id = {APPROVED}",),
        ("claim",),
        refused=True,
    ),
    Plant(
        10,
        "申领与有效拨付的状态相符",
        ("UPDATE payment SET state = 'succeeded' WHERE state = 'pending'",),
        ("payment",),
        refused=True,
    ),
    Plant(
        11,
        "拨付只列入同一文件的同一收款行，不混预算",
        ("UPDATE payment SET payment_file_id = (SELECT MAX(id) FROM payment_file)",),
        ("payment",),
        refused=True,
    ),
    Plant(
        11,
        "收款行金额等于行内拨付之和",
        ("UPDATE payment_line SET amount_fen = amount_fen + 1",),
        ("payment_line",),
        refused=True,
    ),
    Plant(
        11,
        "文件笔数和总额等于各行合计",
        ("UPDATE payment_file SET total_fen = total_fen + 1",),
        ("payment_file",),
        refused=True,
    ),
    Plant(
        11,
        "文件与其拨付的状态相符",
        ("UPDATE payment_file SET state = 'closed' WHERE state = 'prepared'",),
        ("payment_file",),
        refused=True,
    ),
    Plant(
        11,
        "收款行付到本机构已确认的账户",
        ("UPDATE payment_line SET payee_account_id = (SELECT MAX(id) FROM payee_account)",),
        ("payment_line",),
        refused=True,
    ),
    Plant(
        12,
        "每一收款行只有一个最终结果，金额相符",
        ("UPDATE bank_result SET amount_fen = amount_fen + 1",),
        ("bank_result",),
        refused=True,
    ),
    Plant(
        12,
        "每一收款行只有一个最终结果，金额相符",
        (
            (
                "INSERT INTO bank_result (id, payment_line_id, outcome, amount_fen, source_sha256,"
                " received_at, received_by_person_id) SELECT id + 900000, payment_line_id, outcome,"
                " amount_fen, source_sha256, received_at, received_by_person_id FROM bank_result"
            ),
        ),
        ("bank_result",),
        refused=True,
    ),
    Plant(
        12,
        "拨付的结果与银行回盘一致",
        ("UPDATE bank_result SET outcome = 'failed'",),
        ("bank_result",),
        refused=True,
    ),
    Plant(12, "申领支出等于到账拨付", (transfer("spend", "reserved", "spent", APPROVED),)),
    Plant(
        12,
        "银行只回复已签发的文件",
        (
            (
                "INSERT INTO bank_result (payment_line_id, outcome, amount_fen, source_sha256, received_at,"
                f" received_by_person_id) SELECT l.id, 'succeeded', l.amount_fen, 'x', {AT}, 1"
                " FROM payment_line l JOIN payment_file f ON f.id = l.payment_file_id"
                " WHERE f.state = 'prepared'"
            ),
        ),
    ),
    Plant(
        13,
        "追回不超过已付，且只追回已到账的本申领拨付",
        ("UPDATE clawback SET amount_fen = amount_fen + 100000",),
    ),
    Plant(13, "申领上缴等于其追回单已收回", (transfer("take_back", "spent", "returned", PAID),)),
    Plant(13, "已收回等于各笔缴回与抵扣之和", ("UPDATE clawback SET recovered_fen = recovered_fen - 1",)),
    Plant(
        13,
        "已收回等于各笔缴回与抵扣之和",
        ("DELETE FROM repayment",),
        ("repayment",),
        refused=True,
    ),
    Plant(13, "拨付的抵扣等于其逐笔抵扣之和", (offset("pending"),)),
    Plant(
        13,
        "已列未回盘的抵扣等于追回单的在途抵扣",
        ("UPDATE clawback SET planned_fen = planned_fen - 1 WHERE state = 'opened'",),
    ),
    Plant(13, "到账拨付的抵扣逐笔记入追回，未到账的一笔不记", (offset("succeeded"),)),
)
