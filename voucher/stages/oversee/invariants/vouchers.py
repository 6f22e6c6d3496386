"""Vouchers: redeemed once, one holder throughout, claimed only when earned, money kept as promised.

Numbers 3, 4, 5, 6, 7 and 24 as far as they speak of vouchers.
"""

from __future__ import annotations

from voucher.stages.oversee.invariants.shape import Invariant

# every table that names a voucher together with a person, and what its rows are called
NAMES_PERSON: tuple[tuple[str, str], ...] = (
    ("issue_line", "id"),
    ("acceptance", "voucher_id"),
    ("credential", "id"),
    ("enrolment", "id"),
    ("redemption", "id"),
    ("attendance", "id"),
    ("attendance_mark", "id"),
    ("study", "id"),
    ("completion", "id"),
    ("class_rating", "id"),
    ("phone_draw_entry", "id"),
    ("candidate", "id"),
    ("voucher_proof", "voucher_id"),
    ("claim", "id"),
    ("appeal", "id"),
    ("audit_join_hit", "join_id"),
)


def _every_person() -> str:
    """Return one query over every row that names a voucher and a person; the names are constants."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS source, {key} AS row_id, voucher_id, person_id FROM {table}"  # noqa: S608 — constants
        f" WHERE voucher_id IS NOT NULL"
        for table, key in NAMES_PERSON
    )


REDEEMED: tuple[Invariant, ...] = (
    Invariant(
        3,
        "每张券最多一次有效核销",
        """
        SELECT voucher_id, COUNT(*) AS redemptions
        FROM redemption WHERE reversed_at IS NULL GROUP BY voucher_id HAVING COUNT(*) > 1
        """,
    ),
    Invariant(
        3,
        "一个出示码只核销一次，且是本券用过的码",
        """
        SELECT r.id AS redemption_id, r.voucher_id, s.voucher_id AS shown_for_voucher_id
        FROM redemption r
        LEFT JOIN screen_code s ON s.id = r.screen_code_id
        LEFT JOIN redemption o ON o.screen_code_id = r.screen_code_id AND o.id <> r.id
        WHERE r.presentation_id IS NULL
          AND (s.id IS NULL OR s.voucher_id <> r.voucher_id OR s.used_at IS NULL OR o.id IS NOT NULL)
        UNION ALL
        SELECT r.id, r.voucher_id, p.voucher_id
        FROM redemption r
        LEFT JOIN presentation_seen p ON p.id = r.presentation_id
        WHERE r.presentation_id IS NOT NULL
          AND (p.id IS NULL OR p.voucher_id <> r.voucher_id OR p.operation <> 'redeem'
               OR p.institution_id <> r.institution_id)
        """,
    ),
    Invariant(
        3,
        "离线登记确认的，都是本券在本班的核销",
        """
        SELECT o.id AS offline_scan_id, o.voucher_id, o.class_id, o.redemption_id
        FROM offline_scan o
        LEFT JOIN redemption r ON r.id = o.redemption_id
        WHERE o.outcome = 'confirmed'
          AND (r.id IS NULL OR r.voucher_id <> o.voucher_id OR r.class_id <> o.class_id)
        """,
    ),
)

HOLDERS: tuple[Invariant, ...] = (
    Invariant(
        4,
        "领取、锁定、核销、上课、考试、持证、申领的都是持有人",
        f"""
        SELECT r.source, r.row_id, r.voucher_id, r.person_id, v.holder_person_id
        FROM ({_every_person()}) r
        LEFT JOIN voucher v ON v.id = r.voucher_id
        WHERE v.id IS NULL OR r.person_id <> v.holder_person_id
        """,  # noqa: S608 — constants
    ),
    Invariant(
        5,
        "培训券锁定的享受资格与本券、本人、本项补贴相符",
        """
        SELECT m.id AS commitment_id, m.voucher_id, v.state, e.id AS entitlement_id, e.state AS key_state
        FROM commitment m
        LEFT JOIN voucher v ON v.id = m.voucher_id
        LEFT JOIN entitlement e ON e.id = m.entitlement_id
        WHERE v.id IS NULL OR e.id IS NULL OR e.person_id <> v.holder_person_id OR e.kind <> m.kind
           OR (m.ended_at IS NULL
               AND (e.state = 'freed'
                    OR v.state NOT IN ('enrolled', 'training', 'trained', 'assessed', 'certified')))
        """,
    ),
)

EARNED: tuple[Invariant, ...] = (
    Invariant(
        6,
        "按券申领的都有有效核销和合格结业",
        """
        SELECT c.id AS claim_id, c.voucher_id, r.id AS redemption_id, k.passed
        FROM claim c
        LEFT JOIN redemption r ON r.voucher_id = c.voucher_id AND r.reversed_at IS NULL
        LEFT JOIN completion k ON k.voucher_id = c.voucher_id
        WHERE c.voucher_id IS NOT NULL AND (r.id IS NULL OR COALESCE(k.passed, 0) <> 1)
        """,
    ),
    Invariant(
        6,
        "须经评价的证书，按券申领的都有公布的合格成绩",
        """
        SELECT c.id AS claim_id, c.voucher_id, t.kind
        FROM claim c
        JOIN certificate t ON t.id = c.certificate_id
        WHERE c.voucher_id IS NOT NULL
          AND t.kind NOT IN ('training_completion', 'special_operation', 'special_equipment')
          AND NOT EXISTS (SELECT 1 FROM candidate d
                          JOIN exam_batch b ON b.id = d.batch_id
                          JOIN exam_result x ON x.candidate_id = d.id
                          WHERE d.voucher_id = c.voucher_id AND b.state = 'published'
                            AND x.passed = 1 AND x.confirmed_at IS NOT NULL)
        """,
    ),
    Invariant(
        6,
        "按券申领的证书即该券所换的证书",
        """
        SELECT c.id AS claim_id, c.voucher_id, c.certificate_id, p.certificate_id AS proven_certificate_id
        FROM claim c LEFT JOIN voucher_proof p ON p.voucher_id = c.voucher_id
        WHERE c.voucher_id IS NOT NULL AND (p.voucher_id IS NULL OR p.certificate_id <> c.certificate_id)
        """,
    ),
    Invariant(
        7,
        "持证的券都有本人、本职业、本等级核验一致的证书",
        """
        SELECT v.id AS voucher_id, v.state, p.certificate_id, p.verification_id
        FROM voucher v
        LEFT JOIN voucher_proof p ON p.voucher_id = v.id
        LEFT JOIN verification f ON f.id = p.verification_id
        WHERE v.state IN ('certified', 'settled', 'recovering', 'recovered')
          AND (p.voucher_id IS NULL OR f.id IS NULL OR f.verified <> 1 OR p.verified <> 1
               OR f.certificate_id <> p.certificate_id OR f.person_id <> v.holder_person_id
               OR f.trade_code <> p.trade_code OR f.level <> p.level)
        UNION ALL
        SELECT p.voucher_id, 'class' AS state, p.certificate_id, p.verification_id
        FROM voucher_proof p
        JOIN enrolment n ON n.voucher_id = p.voucher_id AND n.ended_at IS NULL
        JOIN training_class l ON l.id = n.class_id
        WHERE p.level <> l.level
          AND NOT (p.level > l.level AND EXISTS (
              SELECT 1 FROM higher_certificate h
              WHERE h.voucher_id = p.voucher_id AND h.certificate_id = p.certificate_id
                AND h.decided_at IS NOT NULL AND h.declined_why IS NULL))
        UNION ALL
        SELECT p.voucher_id, 'promise' AS state, p.certificate_id, p.verification_id
        FROM voucher_proof p
        JOIN commitment m ON m.voucher_id = p.voucher_id AND m.ended_at IS NULL
        JOIN entitlement e ON e.id = m.entitlement_id
        WHERE e.trade_code <> p.trade_code OR COALESCE(e.level, 0) <> p.level
        """,
    ),
)

KEPT: tuple[Invariant, ...] = (
    Invariant(
        24,
        "培训券占用等于该券的流水",
        """
        SELECT v.id AS voucher_id, v.reserved_fen, CAST(COALESCE(t.fen, 0) AS BIGINT) AS history_fen
        FROM voucher v
        LEFT JOIN (SELECT voucher_id,
                          SUM(CASE WHEN act IN ('reserve', 'carry_in') THEN amount_fen
                                   WHEN act IN ('release', 'carry_out') THEN -amount_fen ELSE 0 END) AS fen
                   FROM transfer WHERE voucher_id IS NOT NULL GROUP BY voucher_id) t ON t.voucher_id = v.id
        WHERE v.reserved_fen <> COALESCE(t.fen, 0)
        """,
    ),
    Invariant(
        24,
        "培训券流水只用本券的预算，只占用和释放",
        """
        SELECT t.id AS transfer_id, t.voucher_id, t.act, a.budget_id, v.budget_id AS voucher_budget_id
        FROM transfer t
        JOIN account a ON a.id = t.from_account_id
        JOIN voucher v ON v.id = t.voucher_id
        JOIN budget b ON b.id = a.budget_id
        JOIN budget h ON h.id = v.budget_id
        WHERE COALESCE(b.carried_into_id, b.id) <> COALESCE(h.carried_into_id, h.id)
           OR t.act NOT IN ('reserve', 'release', 'carry_out', 'carry_in')
        """,
    ),
    # what a claim has once reserved has left its voucher, whatever became of the claim
    Invariant(
        24,
        "培训券占用等于上限，锁定后等于尚未转入申领的承诺",
        """
        SELECT v.id AS voucher_id, v.state, v.cap_fen, v.reserved_fen,
               CAST(COALESCE(m.fen, 0) AS BIGINT) AS promised_fen
        FROM voucher v
        LEFT JOIN (SELECT m.voucher_id, SUM(m.amount_fen) AS fen
                   FROM commitment m
                   WHERE m.ended_at IS NULL
                     AND NOT EXISTS (SELECT 1 FROM claim c JOIN transfer t ON t.claim_id = c.id
                                     WHERE c.entitlement_id = m.entitlement_id)
                   GROUP BY m.voucher_id) m ON m.voucher_id = v.id
        WHERE (v.state = 'issued' AND v.reserved_fen <> v.cap_fen)
           OR (v.state IN ('enrolled', 'training', 'trained', 'assessed', 'certified')
               AND v.reserved_fen <> COALESCE(m.fen, 0))
        """,
    ),
    Invariant(
        24,
        "发放数量等于名册已发之数，不超过券种数量",
        """
        SELECT p.id AS programme_id, p.quantity, COALESCE(v.vouchers, 0) AS vouchers,
               COALESCE(v.counted, 0) AS counted, COALESCE(l.issued, 0) AS issued
        FROM programme p
        LEFT JOIN (SELECT programme_id, COUNT(*) AS vouchers,
                          SUM(CASE WHEN replaces_voucher_id IS NULL THEN 1 ELSE 0 END) AS counted
                   FROM voucher GROUP BY programme_id) v ON v.programme_id = p.id
        LEFT JOIN (SELECT s.programme_id, COUNT(*) AS issued
                   FROM issue_line i JOIN issue s ON s.id = i.issue_id
                   WHERE i.outcome = 'issued' GROUP BY s.programme_id) l ON l.programme_id = p.id
        WHERE COALESCE(v.counted, 0) > p.quantity OR COALESCE(v.vouchers, 0) <> COALESCE(l.issued, 0)
        """,
    ),
    Invariant(
        24,
        "排队等候资金的名册行恰是候补行",
        """
        SELECT w.id AS waiting_id, w.issue_line_id, l.outcome
        FROM waiting w
        LEFT JOIN issue_line l ON l.id = w.issue_line_id
        LEFT JOIN issue s ON s.id = l.issue_id
        LEFT JOIN programme p ON p.id = s.programme_id
        WHERE w.issue_line_id IS NOT NULL AND w.ended_at IS NULL
          AND (l.id IS NULL OR l.outcome <> 'waiting' OR p.budget_id <> w.budget_id)
        UNION ALL
        SELECT NULL AS waiting_id, l.id AS issue_line_id, l.outcome
        FROM issue_line l
        WHERE l.outcome = 'waiting'
          AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.issue_line_id = l.id AND w.ended_at IS NULL)
        """,
    ),
)
