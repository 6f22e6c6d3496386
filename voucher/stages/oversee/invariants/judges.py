"""Judges: who denies a claim, decides an objection or answers its person has no other hand in it (8)."""

from __future__ import annotations

from voucher.stages.oversee.invariants.shape import Invariant

JUDGES: tuple[Invariant, ...] = (
    Invariant(
        8,
        "本人反映由本人以外的两人答复和确认",
        """
        SELECT id AS denial_id, claim_id
        FROM claim_denial
        WHERE answered_by_person_id = COALESCE(confirmed_by_person_id, 0)
           OR person_id IN (COALESCE(answered_by_person_id, 0), COALESCE(confirmed_by_person_id, 0))
           OR (confirmed_at IS NOT NULL AND (answered_by_person_id IS NULL OR confirmed_by_person_id IS NULL))
        """,
    ),
    Invariant(
        8,
        "答复本人反映的人没有办理、核定、签发过该申领",
        """
        SELECT d.id AS denial_id, d.claim_id, h.person_id, h.step
        FROM claim_denial d
        JOIN claim_hand h ON h.claim_id = d.claim_id
             AND h.person_id IN (d.answered_by_person_id, d.confirmed_by_person_id)
        UNION
        SELECT d.id, d.claim_id, g.proposed_by_person_id, 'clear'
        FROM claim_denial d
        JOIN clearing g ON g.claim_id = d.claim_id
             AND (g.proposed_by_person_id IN (d.answered_by_person_id, d.confirmed_by_person_id)
                  OR g.confirmed_by_person_id IN (d.answered_by_person_id, d.confirmed_by_person_id))
        UNION
        SELECT d.id, d.claim_id, f.releaser_person_id, 'release'
        FROM claim_denial d
        JOIN payment p ON p.claim_id = d.claim_id
        JOIN payment_file f ON f.id = p.payment_file_id
             AND f.releaser_person_id IN (d.answered_by_person_id, d.confirmed_by_person_id)
        """,
    ),
    Invariant(
        8,
        "放行本人反映停住的申领的两人没有办理、核定过该申领",
        """
        SELECT r.id AS reinstatement_id, d.claim_id, h.person_id, h.step
        FROM claim_denial d
        JOIN reinstatement r ON r.thing = 'hold' AND r.object_id = d.hold_id AND r.decided_at IS NOT NULL
        JOIN claim_hand h ON h.claim_id = d.claim_id
             AND h.person_id IN (r.asked_by_person_id, r.decided_by_person_id)
        UNION
        SELECT r.id, d.claim_id, g.proposed_by_person_id, 'clear'
        FROM claim_denial d
        JOIN reinstatement r ON r.thing = 'hold' AND r.object_id = d.hold_id AND r.decided_at IS NOT NULL
        JOIN clearing g ON g.claim_id = d.claim_id
             AND (g.proposed_by_person_id IN (r.asked_by_person_id, r.decided_by_person_id)
                  OR g.confirmed_by_person_id IN (r.asked_by_person_id, r.decided_by_person_id))
        """,
    ),
    Invariant(
        8,
        "不予通过的人没有申报过该申领，审批以后不予通过的没有办理过其他环节",
        """
        SELECT e.id AS event_id, e.object_id AS claim_id, e.actor_person_id, h.step
        FROM claim c
        JOIN state_event e ON e.thing = 'claim' AND e.object_id = c.id AND e.event = 'reject'
        JOIN claim_hand h ON h.claim_id = c.id AND h.person_id = e.actor_person_id
        WHERE c.state = 'rejected'
          AND (h.step = 'submit'
               OR (e.from_state IN ('approved', 'bounced') AND h.step <> 'approve'
                   AND NOT EXISTS (SELECT 1 FROM state_event v
                                   WHERE v.thing = 'voucher' AND v.object_id = c.voucher_id
                                     AND v.event IN ('decertify', 'decertify_paid') AND v.at = e.at)))
        """,
    ),
    Invariant(
        8,
        "因异议成立、本人反映属实终止的申领由作出决定的人终止",
        """
        SELECT e.id AS event_id, e.object_id AS claim_id, e.event, e.actor_person_id
        FROM claim c
        JOIN state_event e ON e.thing = 'claim' AND e.object_id = c.id
        WHERE c.state = 'rejected'
          AND ((e.event = 'uphold' AND NOT EXISTS (
                    SELECT 1 FROM objection o
                    WHERE o.claim_id = e.object_id AND o.decided_by_person_id = e.actor_person_id))
               OR (e.event = 'disown' AND NOT EXISTS (
                    SELECT 1 FROM claim_denial d
                    WHERE d.claim_id = e.object_id AND d.upheld = 1
                      AND d.confirmed_by_person_id = e.actor_person_id)))
        """,
    ),
)
