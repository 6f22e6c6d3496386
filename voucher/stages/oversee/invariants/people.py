"""People: one person through certificate, claim and payment, one hand per step (4, 7, 8, 18)."""

from __future__ import annotations

from voucher.stages.oversee.invariants.shape import Invariant

SAME_PERSON: tuple[Invariant, ...] = (
    Invariant(
        4,
        "证书持有人、核验对象、享受资格与申领人是同一人",
        """
        SELECT c.id AS claim_id, c.person_id, t.person_id AS certificate_person_id,
               e.person_id AS entitlement_person_id, v.person_id AS verification_person_id
        FROM claim c
        LEFT JOIN certificate t ON t.id = c.certificate_id
        LEFT JOIN entitlement e ON e.id = c.entitlement_id
        LEFT JOIN verification v ON v.id = c.verification_id
        WHERE e.id IS NULL OR e.person_id <> c.person_id
           OR (c.basis_id IS NULL
               AND (t.id IS NULL OR v.id IS NULL OR t.person_id <> c.person_id OR v.person_id <> c.person_id))
        """,
    ),
    Invariant(
        4,
        "批次各行的人员即证书和申领的人员",
        """
        SELECT l.id AS line_id, l.person_id, t.person_id AS certificate_person_id,
               c.person_id AS claim_person_id
        FROM settlement_line l
        LEFT JOIN certificate t ON t.id = l.certificate_id
        LEFT JOIN claim c ON c.id = l.claim_id
        LEFT JOIN bonus_basis g ON g.id = l.basis_id
        WHERE COALESCE(t.person_id, g.person_id) IS NULL OR COALESCE(t.person_id, g.person_id) <> l.person_id
           OR (l.claim_id IS NOT NULL
               AND (c.id IS NULL OR c.person_id <> l.person_id
                    OR COALESCE(c.certificate_id, 0) <> COALESCE(l.certificate_id, 0)
                    OR COALESCE(c.basis_id, 0) <> COALESCE(l.basis_id, 0)))
        """,
    ),
    Invariant(
        7,
        "每个申领都有本证书本职业本等级核验一致的快照",
        """
        SELECT c.id AS claim_id, c.verification_id
        FROM claim c
        LEFT JOIN verification v ON v.id = c.verification_id
        WHERE c.basis_id IS NULL
          AND (v.id IS NULL OR v.verified <> 1 OR c.verified <> 1
               OR v.certificate_id <> c.certificate_id OR v.person_id <> c.person_id
               OR v.trade_code <> c.trade_code OR v.level <> c.level)
        """,
    ),
    Invariant(
        7,
        "每个奖补申领和拨付都以本人本事项本单位的登记为依据",
        """
        SELECT c.id AS claim_id, c.basis_id, p.id AS payment_id, p.basis_id AS payment_basis_id
        FROM claim c
        LEFT JOIN bonus_basis g ON g.id = c.basis_id
        LEFT JOIN payment p ON p.claim_id = c.id
        WHERE (c.basis_id IS NOT NULL
               AND (g.id IS NULL OR g.kind <> c.kind OR g.person_id <> c.person_id
                    OR g.item_code <> c.trade_code OR g.institution_id <> c.institution_id))
           OR (p.id IS NOT NULL AND COALESCE(p.basis_id, 0) <> COALESCE(c.basis_id, 0))
        """,
    ),
    Invariant(
        7,
        "每笔拨付都以本申领核验一致的快照为依据",
        """
        SELECT p.id AS payment_id, p.claim_id, p.verification_id
        FROM payment p
        LEFT JOIN verification v ON v.id = p.verification_id
        LEFT JOIN claim c ON c.id = p.claim_id
        WHERE c.id IS NULL OR p.verified <> 1
           OR (p.basis_id IS NULL
               AND (v.id IS NULL OR v.verified <> 1 OR v.certificate_id <> c.certificate_id
                    OR p.person_id <> v.person_id OR p.trade_code <> v.trade_code OR p.level <> v.level))
           OR p.person_id <> c.person_id OR p.trade_code <> c.trade_code OR p.level <> c.level
           OR p.institution_id <> c.institution_id
        """,
    ),
    Invariant(
        7,
        "核验一致的快照都有登记有效的本人本证记录",
        """
        SELECT v.id AS verification_id, v.certificate_id, v.register_entry_id
        FROM verification v
        LEFT JOIN register_entry r ON r.id = v.register_entry_id
        LEFT JOIN certificate t ON t.id = v.certificate_id
        LEFT JOIN person p ON p.id = v.person_id
        WHERE v.verified = 1
          AND (r.id IS NULL OR t.id IS NULL OR p.id IS NULL OR r.status <> 'valid'
               OR r.number <> t.number OR r.level <> t.level OR r.issued_on <> t.issued_on
               OR t.person_id <> v.person_id OR t.level <> v.level
               OR (r.subject_index <> p.blind_index AND NOT EXISTS (
                   SELECT 1 FROM number_correction n
                   WHERE n.person_id = p.id AND n.former_index = r.subject_index AND n.approved = 1
                     AND (n.kind = 'changed' OR v.asked_at <= n.decided_at))))
        """,
    ),
    Invariant(
        18,
        "盲索引与人员一一对应",
        """
        SELECT COUNT(*) AS persons, COUNT(DISTINCT blind_index) AS indexes
        FROM person HAVING COUNT(*) <> COUNT(DISTINCT blind_index)
        """,
    ),
    Invariant(
        18,
        "每个人员都有自己的密钥记录",
        """
        SELECT p.id AS person_id
        FROM person p LEFT JOIN subject_key k ON k.blind_index = p.blind_index
        WHERE k.id IS NULL
        """,
    ),
)

CORRECTED: tuple[Invariant, ...] = (
    Invariant(
        18,
        "每个曾用号码只指向一个人，且不是任何人的现用号码",
        """
        SELECT f.id AS former_number_id
        FROM former_number f LEFT JOIN person p ON p.blind_index = f.present_index
        WHERE f.ended_at IS NULL
          AND (p.id IS NULL OR EXISTS (SELECT 1 FROM person o WHERE o.blind_index = f.blind_index))
        """,
    ),
    Invariant(
        18,
        "现用号码即最近一次审核通过的更正",
        """
        SELECT p.id AS person_id, n.id AS correction_id
        FROM person p JOIN number_correction n ON n.person_id = p.id
        WHERE n.approved = 1 AND n.new_index <> p.blind_index
          AND NOT EXISTS (SELECT 1 FROM number_correction o
                          WHERE o.person_id = p.id AND o.approved = 1 AND o.id > n.id)
        """,
    ),
    Invariant(
        18,
        "曾用号码都出自一次审核通过的号码变更",
        """
        SELECT f.id AS former_number_id
        FROM former_number f LEFT JOIN number_correction n ON n.id = f.correction_id
        WHERE n.id IS NULL OR n.approved <> 1 OR n.kind <> 'changed' OR n.former_index <> f.blind_index
        """,
    ),
)

HANDS: tuple[Invariant, ...] = (
    Invariant(
        8,
        "一人在一个申领中只有一个环节",
        """
        SELECT claim_id, person_id, COUNT(DISTINCT step) AS steps
        FROM (SELECT claim_id, person_id, step FROM claim_hand
              UNION SELECT claim_id, signer_person_id, step FROM signature
              UNION SELECT id, submitter_person_id, 'submit' FROM claim) hands
        GROUP BY claim_id, person_id HAVING COUNT(DISTINCT step) > 1
        """,
    ),
    # a claim has a line in each batch it stood in, and came into each later one with its next revision
    Invariant(
        8,
        "批次的签署人等于批次内申领的签名人",
        """
        WITH signed AS (
            SELECT DISTINCT l.batch_id, s.signer_person_id AS person_id, s.step
            FROM signature s
            JOIN claim c ON c.id = s.claim_id
            JOIN settlement_line l ON l.claim_id = s.claim_id
            WHERE s.revision = c.revision - (
                SELECT COUNT(*) FROM settlement_line n WHERE n.claim_id = l.claim_id AND n.id > l.id)
        )
        SELECT 'missing' AS sin, g.batch_id, g.person_id, g.step
        FROM signed g
        LEFT JOIN batch_hand h ON h.batch_id = g.batch_id AND h.person_id = g.person_id AND h.step = g.step
        WHERE h.batch_id IS NULL
        UNION ALL
        SELECT 'unsigned' AS sin, h.batch_id, h.person_id, h.step
        FROM batch_hand h
        LEFT JOIN signed g ON g.batch_id = h.batch_id AND g.person_id = h.person_id AND g.step = h.step
        WHERE g.batch_id IS NULL
        """,
    ),
    Invariant(
        8,
        "审批通过的申领四个环节由四人办齐",
        """
        SELECT c.id AS claim_id, c.revision, c.state, COUNT(DISTINCT s.signer_person_id) AS people
        FROM claim c
        LEFT JOIN signature s ON s.claim_id = c.id AND s.revision = c.revision AND s.decision = 'pass'
             AND s.step IN ('first_review', 'second_review', 'approve')
             AND s.signer_person_id <> c.submitter_person_id
        WHERE c.state IN ('approved', 'paying', 'paid', 'bounced', 'recovering', 'recovered')
        GROUP BY c.id, c.revision, c.state
        HAVING COUNT(DISTINCT s.step) <> 3 OR COUNT(DISTINCT s.signer_person_id) <> 3
        """,
    ),
    Invariant(
        8,
        "人工核定的提出人、确认人与申报人各不相同",
        """
        SELECT g.id AS clearing_id, g.claim_id
        FROM clearing g JOIN claim c ON c.id = g.claim_id
        WHERE g.proposed_by_person_id = COALESCE(g.confirmed_by_person_id, 0)
           OR g.proposed_by_person_id = c.submitter_person_id
           OR g.confirmed_by_person_id = c.submitter_person_id
        """,
    ),
    Invariant(
        8,
        "处理异议的人没有办理过该申领",
        """
        SELECT o.id AS objection_id, o.claim_id, o.decided_by_person_id
        FROM objection o JOIN claim_hand h ON h.claim_id = o.claim_id AND h.person_id = o.decided_by_person_id
        UNION
        SELECT o.id, o.claim_id, o.decided_by_person_id
        FROM objection o JOIN payment p ON p.claim_id = o.claim_id
        JOIN payment_file f ON f.id = p.payment_file_id AND f.releaser_person_id = o.decided_by_person_id
        """,
    ),
    Invariant(
        8,
        "拨付文件的制单、复核、签发是三个人",
        """
        SELECT id AS payment_file_id, state
        FROM payment_file
        WHERE maker_person_id = COALESCE(checker_person_id, 0)
           OR maker_person_id = COALESCE(releaser_person_id, 0)
           OR COALESCE(checker_person_id, 0) = COALESCE(releaser_person_id, -1)
           OR (state = 'checked' AND checker_person_id IS NULL)
           OR (state IN ('released', 'answered', 'closed')
               AND (checker_person_id IS NULL OR releaser_person_id IS NULL))
        """,
    ),
    Invariant(
        8,
        "签发人没有办理过文件中的任何申领",
        """
        SELECT f.id AS payment_file_id, p.claim_id, f.releaser_person_id, h.step
        FROM payment_file f
        JOIN payment p ON p.payment_file_id = f.id
        JOIN claim_hand h ON h.claim_id = p.claim_id AND h.person_id = f.releaser_person_id
        """,
    ),
    Invariant(
        8,
        "收款账户由两人提出和确认",
        """
        SELECT id AS payee_account_id
        FROM payee_account
        WHERE proposed_by_person_id = COALESCE(confirmed_by_person_id, 0)
           OR (state = 'confirmed' AND confirmed_by_person_id IS NULL)
        """,
    ),
    Invariant(
        8,
        "姓名变更由两人提出和批准",
        """
        SELECT id AS former_name_id
        FROM former_name
        WHERE proposed_by_person_id = COALESCE(approved_by_person_id, 0)
           OR proposed_by_person_id = COALESCE(declined_by_person_id, 0)
           OR (approved_at IS NOT NULL AND approved_by_person_id IS NULL)
        """,
    ),
    Invariant(
        8,
        "号码更正由本人以外的两人提出和审核",
        """
        SELECT id AS correction_id
        FROM number_correction
        WHERE proposed_by_person_id = COALESCE(decided_by_person_id, 0)
           OR person_id IN (proposed_by_person_id, COALESCE(decided_by_person_id, 0))
           OR (approved = 1 AND decided_by_person_id IS NULL)
        """,
    ),
)
