"""Payments: one per claim, one file each, one final answer each, never more back than out (10–13)."""

from __future__ import annotations

from voucher.stages.oversee.invariants.shape import Invariant

PAYMENTS: tuple[Invariant, ...] = (
    Invariant(
        10,
        "一个申领只有一笔有效拨付",
        """
        SELECT claim_id, COUNT(*) AS payments
        FROM payment WHERE state IN ('pending', 'released', 'succeeded')
        GROUP BY claim_id HAVING COUNT(*) > 1
        """,
    ),
    Invariant(
        10,
        "拨付等于申领核定减抵扣，核定不超标准",
        """
        SELECT p.id AS payment_id, p.claim_id, c.proposed_fen, c.amount_fen AS claim_fen,
               p.computed_fen, p.offset_fen, p.amount_fen
        FROM payment p LEFT JOIN claim c ON c.id = p.claim_id
        WHERE c.id IS NULL OR p.computed_fen <> c.amount_fen OR c.amount_fen > c.proposed_fen
           OR p.amount_fen <> p.computed_fen - p.offset_fen OR p.offset_fen < 0 OR p.amount_fen < 0
        """,
    ),
    Invariant(
        10,
        "申领核定不超过标准",
        """
        SELECT id AS claim_id, proposed_fen, amount_fen FROM claim
        WHERE amount_fen > proposed_fen OR amount_fen < 0
        """,
    ),
    # a claim may end while its payment waits in a prepared file; that file can then only be voided
    Invariant(
        10,
        "申领与有效拨付的状态相符",
        """
        SELECT c.id AS claim_id, c.state AS claim_state, p.id AS payment_id, p.state AS payment_state
        FROM claim c
        LEFT JOIN payment p ON p.claim_id = c.id AND p.state IN ('pending', 'released', 'succeeded')
        WHERE (p.state = 'pending' AND c.state NOT IN ('approved', 'withdrawn', 'rejected'))
           OR (p.state = 'released' AND c.state <> 'paying')
           OR (p.state = 'succeeded' AND c.state NOT IN ('paid', 'recovering', 'recovered'))
           OR (c.state = 'paying' AND COALESCE(p.state, '') <> 'released')
           OR (c.state IN ('paid', 'recovering', 'recovered') AND COALESCE(p.state, '') <> 'succeeded')
        """,
    ),
)

FILES: tuple[Invariant, ...] = (
    Invariant(
        11,
        "拨付只列入同一文件的同一收款行，不混预算",
        """
        SELECT p.id AS payment_id, p.payment_file_id, p.payment_line_id
        FROM payment p
        LEFT JOIN payment_line l ON l.id = p.payment_line_id
        LEFT JOIN payment_file f ON f.id = p.payment_file_id
        LEFT JOIN claim c ON c.id = p.claim_id
        LEFT JOIN budget b ON b.id = f.budget_id
        LEFT JOIN budget h ON h.id = c.budget_id
        WHERE l.id IS NULL OR f.id IS NULL OR c.id IS NULL OR l.payment_file_id <> p.payment_file_id
           OR l.institution_id <> p.institution_id
           OR COALESCE(b.carried_into_id, b.id) <> COALESCE(h.carried_into_id, h.id)
        """,
    ),
    Invariant(
        11,
        "收款行金额等于行内拨付之和",
        """
        SELECT l.id AS payment_line_id, l.amount_fen, l.offset_fen,
               CAST(COALESCE(SUM(p.amount_fen), 0) AS BIGINT) AS paid_fen
        FROM payment_line l LEFT JOIN payment p ON p.payment_line_id = l.id
        GROUP BY l.id, l.amount_fen, l.offset_fen
        HAVING l.amount_fen <> COALESCE(SUM(p.amount_fen), 0)
            OR l.offset_fen <> COALESCE(SUM(p.offset_fen), 0)
        """,
    ),
    Invariant(
        11,
        "文件笔数和总额等于各行合计",
        """
        SELECT f.id AS payment_file_id, f.line_count, f.total_fen, COUNT(l.id) AS found_lines,
               CAST(COALESCE(SUM(l.amount_fen), 0) AS BIGINT) AS found_fen
        FROM payment_file f LEFT JOIN payment_line l ON l.payment_file_id = f.id
        GROUP BY f.id, f.line_count, f.total_fen, f.offset_fen
        HAVING f.line_count <> COUNT(l.id) OR f.total_fen <> COALESCE(SUM(l.amount_fen), 0)
            OR f.offset_fen <> COALESCE(SUM(l.offset_fen), 0)
        """,
    ),
    # a line that is met by offset in full is not sent: it is settled with the release
    Invariant(
        11,
        "文件与其拨付的状态相符",
        """
        SELECT f.id AS payment_file_id, f.state AS file_state, p.id AS payment_id, p.state AS payment_state
        FROM payment_file f JOIN payment p ON p.payment_file_id = f.id
        JOIN payment_line l ON l.id = p.payment_line_id
        WHERE (f.state IN ('prepared', 'checked') AND p.state <> 'pending')
           OR (f.state = 'voided' AND p.state <> 'voided')
           OR (f.state = 'released' AND l.amount_fen > 0 AND p.state <> 'released')
           OR (f.state = 'released' AND l.amount_fen = 0 AND p.state <> 'succeeded')
           OR (f.state = 'answered' AND p.state NOT IN ('released', 'succeeded', 'failed'))
           OR (f.state = 'closed' AND p.state NOT IN ('succeeded', 'failed'))
        """,
    ),
    Invariant(
        11,
        "收款行付到本机构已确认的账户",
        """
        SELECT l.id AS payment_line_id, l.institution_id, a.institution_id AS account_institution_id
        FROM payment_line l LEFT JOIN payee_account a ON a.id = l.payee_account_id
        WHERE a.id IS NULL OR a.institution_id <> l.institution_id OR a.state <> 'confirmed'
        """,
    ),
)

ANSWERS: tuple[Invariant, ...] = (
    Invariant(
        12,
        "每一收款行只有一个最终结果，金额相符",
        """
        SELECT l.id AS payment_line_id, COUNT(*) AS results
        FROM bank_result r LEFT JOIN payment_line l ON l.id = r.payment_line_id
        GROUP BY l.id HAVING COUNT(*) > 1 OR l.id IS NULL
        UNION ALL
        SELECT r.payment_line_id, 1 AS results
        FROM bank_result r JOIN payment_line l ON l.id = r.payment_line_id
        WHERE r.amount_fen <> l.amount_fen
        """,
    ),
    Invariant(
        12,
        "拨付的结果与银行回盘一致",
        """
        SELECT p.id AS payment_id, p.payment_line_id, p.state, r.outcome
        FROM payment p JOIN payment_line l ON l.id = p.payment_line_id
        LEFT JOIN bank_result r ON r.payment_line_id = p.payment_line_id
        WHERE (p.state = 'succeeded' AND l.amount_fen > 0 AND COALESCE(r.outcome, '') <> 'succeeded')
           OR (l.amount_fen = 0 AND r.id IS NOT NULL)
           OR (p.state = 'failed' AND COALESCE(r.outcome, '') <> 'failed')
           OR (r.id IS NOT NULL AND p.state NOT IN ('succeeded', 'failed'))
        """,
    ),
    Invariant(
        12,
        "申领支出等于到账拨付",
        """
        SELECT c.id AS claim_id, CAST(COALESCE(t.fen, 0) AS BIGINT) AS spent_fen,
               COALESCE(p.computed_fen, 0) AS paid_fen
        FROM claim c
        LEFT JOIN (SELECT claim_id, SUM(amount_fen) AS fen FROM transfer WHERE act = 'spend'
                   GROUP BY claim_id) t ON t.claim_id = c.id
        LEFT JOIN payment p ON p.claim_id = c.id AND p.state = 'succeeded'
        WHERE COALESCE(t.fen, 0) <> COALESCE(p.computed_fen, 0)
        """,
    ),
    Invariant(
        12,
        "银行只回复已签发的文件",
        """
        SELECT r.id AS bank_result_id, f.id AS payment_file_id, f.state
        FROM bank_result r
        JOIN payment_line l ON l.id = r.payment_line_id
        JOIN payment_file f ON f.id = l.payment_file_id
        WHERE f.state NOT IN ('answered', 'closed')
        """,
    ),
    Invariant(
        13,
        "追回不超过已付，且只追回已到账的本申领拨付",
        """
        SELECT k.id AS clawback_id, k.claim_id, k.payment_id, k.amount_fen, p.computed_fen
        FROM clawback k LEFT JOIN payment p ON p.id = k.payment_id
        WHERE p.id IS NULL OR p.claim_id <> k.claim_id OR p.institution_id <> k.institution_id
           OR p.state <> 'succeeded' OR k.amount_fen > p.computed_fen OR k.recovered_fen > k.amount_fen
        """,
    ),
    Invariant(
        13,
        "申领上缴等于其追回单已收回",
        """
        SELECT c.id AS claim_id, CAST(COALESCE(t.fen, 0) AS BIGINT) AS taken_back_fen,
               CAST(COALESCE(k.fen, 0) AS BIGINT) AS recovered_fen
        FROM claim c
        LEFT JOIN (SELECT claim_id, SUM(amount_fen) AS fen FROM transfer WHERE act = 'take_back'
                   GROUP BY claim_id) t ON t.claim_id = c.id
        LEFT JOIN (SELECT claim_id, SUM(recovered_fen) AS fen FROM clawback GROUP BY claim_id) k
               ON k.claim_id = c.id
        WHERE COALESCE(t.fen, 0) <> COALESCE(k.fen, 0)
        """,
    ),
    Invariant(
        13,
        "已收回等于各笔缴回与抵扣之和",
        """
        SELECT k.id AS clawback_id, k.state, k.recovered_fen,
               CAST(COALESCE(SUM(r.amount_fen), 0) AS BIGINT) AS repaid_fen
        FROM clawback k LEFT JOIN repayment r ON r.clawback_id = k.id
        GROUP BY k.id, k.state, k.recovered_fen, k.amount_fen
        HAVING k.recovered_fen <> COALESCE(SUM(r.amount_fen), 0)
            OR (k.state = 'met' AND k.recovered_fen <> k.amount_fen)
        """,
    ),
    Invariant(
        13,
        "拨付的抵扣等于其逐笔抵扣之和",
        """
        SELECT p.id AS payment_id, p.offset_fen, CAST(COALESCE(o.fen, 0) AS BIGINT) AS met_fen
        FROM payment p
        LEFT JOIN (SELECT payment_id, SUM(amount_fen) AS fen FROM payment_offset GROUP BY payment_id) o
               ON o.payment_id = p.id
        WHERE p.offset_fen <> COALESCE(o.fen, 0)
        """,
    ),
    Invariant(
        13,
        "已列未回盘的抵扣等于追回单的在途抵扣",
        """
        SELECT k.id AS clawback_id, k.planned_fen, CAST(COALESCE(o.fen, 0) AS BIGINT) AS under_way_fen
        FROM clawback k
        LEFT JOIN (SELECT x.clawback_id, SUM(x.amount_fen) AS fen FROM payment_offset x
                   JOIN payment p ON p.id = x.payment_id AND p.state IN ('pending', 'released')
                   GROUP BY x.clawback_id) o ON o.clawback_id = k.id
        WHERE k.planned_fen <> COALESCE(o.fen, 0)
        """,
    ),
    Invariant(
        13,
        "到账拨付的抵扣逐笔记入追回，未到账的一笔不记",
        """
        SELECT o.payment_id, o.clawback_id, o.amount_fen, r.amount_fen AS repaid_fen
        FROM payment_offset o JOIN payment p ON p.id = o.payment_id
        LEFT JOIN repayment r ON r.payment_id = o.payment_id AND r.clawback_id = o.clawback_id
        WHERE (p.state = 'succeeded' AND COALESCE(r.amount_fen, 0) <> o.amount_fen)
           OR (p.state <> 'succeeded' AND r.id IS NOT NULL)
        UNION ALL
        SELECT r.payment_id, r.clawback_id, 0 AS amount_fen, r.amount_fen AS repaid_fen
        FROM repayment r
        LEFT JOIN payment_offset o ON o.payment_id = r.payment_id AND o.clawback_id = r.clawback_id
        WHERE r.way = 'offset' AND o.payment_id IS NULL
        """,
    ),
)
