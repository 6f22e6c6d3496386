"""Money: transfers, balances, counters, reservations and the queue (1, 2, 24)."""

from __future__ import annotations

from voucher.stages.oversee.invariants.shape import Invariant

LEDGER: tuple[Invariant, ...] = (
    Invariant(
        1,
        "账户余额等于流水累计",
        """
        SELECT a.id AS account_id, a.budget_id, a.role, a.balance_fen,
               CAST(COALESCE(i.fen, 0) - COALESCE(o.fen, 0) AS BIGINT) AS history_fen
        FROM account a
        LEFT JOIN (SELECT to_account_id AS id, SUM(amount_fen) AS fen FROM transfer GROUP BY to_account_id) i
          ON i.id = a.id
        LEFT JOIN (SELECT from_account_id AS id, SUM(amount_fen) AS fen FROM transfer
                   GROUP BY from_account_id) o
          ON o.id = a.id
        WHERE a.balance_fen <> COALESCE(i.fen, 0) - COALESCE(o.fen, 0)
        """,
    ),
    Invariant(
        1,
        "每个预算各账户合计为零",
        """
        SELECT budget_id, CAST(SUM(balance_fen) AS BIGINT) AS sum_fen
        FROM account GROUP BY budget_id HAVING SUM(balance_fen) <> 0
        """,
    ),
    Invariant(
        1,
        "每笔流水金额为正，只在同一预算的规定账户之间",
        """
        SELECT t.id AS transfer_id, t.act, f.role AS from_role, g.role AS to_role
        FROM transfer t
        LEFT JOIN account f ON f.id = t.from_account_id
        LEFT JOIN account g ON g.id = t.to_account_id
        WHERE t.amount_fen <= 0 OR f.id IS NULL OR g.id IS NULL OR f.budget_id <> g.budget_id
           OR NOT ((t.act = 'grant' AND f.role = 'treasury' AND g.role = 'available')
                OR (t.act = 'reserve' AND f.role = 'available' AND g.role = 'reserved')
                OR (t.act = 'release' AND f.role = 'reserved' AND g.role = 'available')
                OR (t.act = 'spend' AND f.role = 'reserved' AND g.role = 'spent')
                OR (t.act = 'take_back' AND f.role = 'spent' AND g.role = 'returned')
                OR (t.act = 'carry_out' AND f.role IN ('reserved', 'available') AND g.role = 'treasury')
                OR (t.act = 'carry_in' AND f.role = 'treasury' AND g.role IN ('reserved', 'available'))
                OR (t.act = 'hand_back' AND f.role = 'available' AND g.role = 'treasury'))
        """,
    ),
    Invariant(
        2,
        "预算计数等于账户余额且不超支",
        """
        SELECT b.id AS budget_id, b.granted_fen, b.reserved_fen, b.spent_fen, b.returned_fen
        FROM budget b
        LEFT JOIN (SELECT budget_id, COUNT(*) AS accounts,
                          SUM(CASE WHEN role = 'treasury' THEN -balance_fen ELSE 0 END) AS granted,
                          SUM(CASE WHEN role = 'available' THEN balance_fen ELSE 0 END) AS available,
                          SUM(CASE WHEN role = 'reserved' THEN balance_fen ELSE 0 END) AS reserved,
                          SUM(CASE WHEN role = 'spent' THEN balance_fen ELSE 0 END) AS spent,
                          SUM(CASE WHEN role = 'returned' THEN balance_fen ELSE 0 END) AS returned
                   FROM account GROUP BY budget_id) a ON a.budget_id = b.id
        WHERE a.accounts IS NULL OR a.accounts <> 5
           OR b.granted_fen <> a.granted OR b.reserved_fen <> a.reserved
           OR b.spent_fen <> a.spent OR b.returned_fen <> a.returned
           OR a.available < 0 OR a.reserved < 0 OR a.spent < 0 OR a.returned < 0
           OR b.granted_fen - b.reserved_fen - b.spent_fen - b.returned_fen <> a.available
        """,
    ),
)

YEARS: tuple[Invariant, ...] = (
    Invariant(
        24,
        "年末结转后旧年度不留占用和余额，结转流水等于两人办理的数",
        """
        SELECT b.id AS budget_id, b.granted_fen, b.reserved_fen, b.spent_fen, b.returned_fen
        FROM budget b
        WHERE b.carried_into_id IS NOT NULL
          AND (b.reserved_fen <> 0 OR b.granted_fen <> b.spent_fen + b.returned_fen
               OR NOT EXISTS (SELECT 1 FROM year_end y WHERE y.budget_id = b.id AND y.done_at IS NOT NULL))
        UNION ALL
        SELECT b.id AS budget_id, b.granted_fen, b.reserved_fen, b.spent_fen, b.returned_fen
        FROM budget b
        LEFT JOIN budget n ON n.id = b.carried_into_id
        WHERE b.carried_into_id IS NOT NULL
          AND (n.id IS NULL OR n.carried_into_id IS NOT NULL OR n.region_code <> b.region_code
               OR n.source <> b.source
               OR n.year <= b.year)
        """,
    ),
)

RESERVATIONS: tuple[Invariant, ...] = (
    Invariant(
        24,
        "下达等于可用、占用、支出与上缴之和，逐笔可还原",
        """
        SELECT b.id AS budget_id, b.granted_fen, b.reserved_fen, b.spent_fen, b.returned_fen
        FROM budget b
        LEFT JOIN (SELECT a.budget_id,
                          SUM(CASE WHEN t.act IN ('grant', 'carry_in') THEN t.amount_fen
                                   WHEN t.act IN ('carry_out', 'hand_back') THEN -t.amount_fen
                                   ELSE 0 END) AS granted,
                          SUM(CASE WHEN t.act = 'reserve' OR (t.act = 'carry_in' AND g.role = 'reserved')
                                   THEN t.amount_fen
                                   WHEN t.act IN ('release', 'spend')
                                        OR (t.act = 'carry_out' AND a.role = 'reserved')
                                   THEN -t.amount_fen ELSE 0 END) AS reserved,
                          SUM(CASE t.act WHEN 'spend' THEN t.amount_fen
                                         WHEN 'take_back' THEN -t.amount_fen ELSE 0 END) AS spent,
                          SUM(CASE t.act WHEN 'take_back' THEN t.amount_fen ELSE 0 END) AS returned
                   FROM transfer t JOIN account a ON a.id = t.from_account_id
                   JOIN account g ON g.id = t.to_account_id
                   GROUP BY a.budget_id) t ON t.budget_id = b.id
        WHERE b.granted_fen <> COALESCE(t.granted, 0) OR b.reserved_fen <> COALESCE(t.reserved, 0)
           OR b.spent_fen <> COALESCE(t.spent, 0) OR b.returned_fen <> COALESCE(t.returned, 0)
        """,
    ),
    Invariant(
        24,
        "预算占用等于各申领与培训券占用之和",
        """
        SELECT b.id AS budget_id, b.reserved_fen,
               CAST(COALESCE(c.fen, 0) + COALESCE(v.fen, 0) AS BIGINT) AS held_fen
        FROM budget b
        LEFT JOIN (SELECT COALESCE(h.carried_into_id, h.id) AS budget_id, SUM(i.reserved_fen) AS fen
                   FROM claim i JOIN budget h ON h.id = i.budget_id
                   GROUP BY COALESCE(h.carried_into_id, h.id)) c
          ON c.budget_id = b.id
        LEFT JOIN (SELECT COALESCE(h.carried_into_id, h.id) AS budget_id, SUM(i.reserved_fen) AS fen
                   FROM voucher i JOIN budget h ON h.id = i.budget_id
                   GROUP BY COALESCE(h.carried_into_id, h.id)) v
          ON v.budget_id = b.id
        WHERE b.reserved_fen <> COALESCE(c.fen, 0) + COALESCE(v.fen, 0)
        """,
    ),
    Invariant(
        24,
        "申领占用等于该申领的流水",
        """
        SELECT c.id AS claim_id, c.reserved_fen, CAST(COALESCE(t.fen, 0) AS BIGINT) AS history_fen
        FROM claim c
        LEFT JOIN (SELECT claim_id,
                          SUM(CASE WHEN act IN ('reserve', 'carry_in') THEN amount_fen
                                   WHEN act IN ('release', 'spend', 'carry_out') THEN -amount_fen
                                   ELSE 0 END) AS fen
                   FROM transfer WHERE claim_id IS NOT NULL GROUP BY claim_id) t ON t.claim_id = c.id
        WHERE c.reserved_fen <> COALESCE(t.fen, 0)
        """,
    ),
    Invariant(
        24,
        "在办申领占用等于应付，其余申领不占用",
        """
        SELECT id AS claim_id, state, amount_fen, reserved_fen
        FROM claim
        WHERE (state IN ('submitted', 'first_reviewed', 'second_reviewed', 'returned', 'noticed', 'objected',
                         'cleared', 'approved', 'paying', 'bounced') AND reserved_fen <> amount_fen)
           OR (state IN ('draft', 'manual', 'withdrawn', 'rejected', 'paid', 'recovering', 'recovered')
               AND reserved_fen <> 0)
        """,
    ),
    Invariant(
        24,
        "申领流水只用本申领的预算",
        """
        SELECT t.id AS transfer_id, t.claim_id, a.budget_id, c.budget_id AS claim_budget_id
        FROM transfer t
        JOIN account a ON a.id = t.from_account_id
        JOIN claim c ON c.id = t.claim_id
        JOIN budget b ON b.id = a.budget_id
        JOIN budget h ON h.id = c.budget_id
        WHERE COALESCE(b.carried_into_id, b.id) <> COALESCE(h.carried_into_id, h.id)
        """,
    ),
    Invariant(
        24,
        "已结束的培训券不再占用资金",
        """
        SELECT id AS voucher_id, state, reserved_fen
        FROM voucher
        WHERE reserved_fen <> 0
          AND state IN ('settled', 'expired', 'withdrawn', 'revoked', 'dropped', 'completed', 'lapsed',
                        'recovering', 'recovered')
        """,
    ),
    Invariant(
        24,
        "排队等候资金的恰是草稿申领",
        """
        SELECT w.id AS waiting_id, w.claim_id, c.state
        FROM waiting w LEFT JOIN claim c ON c.id = w.claim_id
        WHERE w.claim_id IS NOT NULL AND w.ended_at IS NULL
          AND (c.id IS NULL OR c.state <> 'draft' OR c.budget_id <> w.budget_id)
        UNION ALL
        SELECT NULL AS waiting_id, c.id AS claim_id, c.state
        FROM claim c
        WHERE c.state = 'draft'
          AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.claim_id = c.id AND w.ended_at IS NULL)
        """,
    ),
    Invariant(
        24,
        "每批留存的合计等于各行之和",
        """
        SELECT batch_id, outcome, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(fen) AS BIGINT) AS fen
        FROM (
            SELECT batch_id, outcome, lines, claims, people, amount_fen AS fen FROM batch_sum
            UNION ALL
            SELECT batch_id, outcome, -COUNT(*), -COUNT(claim_id),
                   CASE outcome WHEN 'payable' THEN -COUNT(DISTINCT person_id) ELSE 0 END, -SUM(amount_fen)
            FROM settlement_line GROUP BY batch_id, outcome
        ) both_sides
        GROUP BY batch_id, outcome
        HAVING SUM(lines) <> 0 OR SUM(claims) <> 0 OR SUM(people) <> 0 OR SUM(fen) <> 0
        """,
    ),
)
