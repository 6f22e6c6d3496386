"""Lives and keys: entitlements held once, states moved only along the tables, in order (5, 9, 22)."""

from __future__ import annotations

from voucher.stages.oversee.invariants.shape import Invariant

# every table with a life of its own and the word its events are written under
LIVES: dict[str, str] = {
    "programme": "programme",
    "issue": "issue",
    "application": "application",
    "voucher": "voucher",
    "training_class": "class",
    "exam_batch": "exam_batch",
    "claim": "claim",
    "settlement_batch": "batch",
    "notice": "notice",
    "objection": "objection",
    "payment_file": "payment_file",
    "payment": "payment",
    "payee_account": "account_correction",
    "clawback": "clawback",
    "institution": "institution",
    "filing": "filing",
    "certificate": "certificate",
    "risk_flag": "risk_flag",
    "appeal": "appeal",
    "measure": "measure",
    "complaint": "complaint",
}


def _every_object() -> str:
    """Return one query over every table with a life; the names are the constants above."""
    return " UNION ALL ".join(
        f"SELECT '{thing}' AS thing, id AS object_id, seq, state FROM {table}"  # noqa: S608 — constants
        for table, thing in LIVES.items()
    )


KEYS: tuple[Invariant, ...] = (
    Invariant(
        5,
        "同一享受资格同时只占用或享受一次",
        """
        SELECT MIN(id) AS entitlement_id, MAX(id) AS other_entitlement_id, COUNT(*) AS held
        FROM entitlement WHERE state IN ('taken', 'consumed') GROUP BY key HAVING COUNT(*) > 1
        """,
    ),
    Invariant(
        5,
        "同一享受资格同时只有一个有效申领",
        """
        SELECT MIN(id) AS claim_id, MAX(id) AS other_claim_id, COUNT(*) AS held
        FROM claim WHERE state NOT IN ('withdrawn', 'rejected', 'recovered')
        GROUP BY entitlement_key HAVING COUNT(*) > 1
        """,
    ),
    Invariant(
        5,
        "享受资格的状态与申领的状态相符",
        """
        SELECT c.id AS claim_id, c.state AS claim_state, e.id AS entitlement_id, e.state AS entitlement_state
        FROM claim c LEFT JOIN entitlement e ON e.id = c.entitlement_id
        WHERE e.id IS NULL OR e.key <> c.entitlement_key OR e.kind <> c.kind
           OR e.trade_code <> c.trade_code OR COALESCE(e.level, 0) <> c.level
           OR (c.state IN ('withdrawn', 'rejected') AND e.state <> 'freed')
           OR (c.state IN ('paid', 'recovering') AND e.state <> 'consumed')
           OR (c.state = 'recovered' AND e.state = 'taken')
           OR (c.state NOT IN ('withdrawn', 'rejected', 'paid', 'recovering', 'recovered')
               AND e.state <> 'taken')
        """,
    ),
    Invariant(
        5,
        "占用中的享受资格都有申领或在用的券",
        """
        SELECT e.id AS entitlement_id, e.state
        FROM entitlement e
        LEFT JOIN claim c ON c.entitlement_id = e.id
        LEFT JOIN commitment m ON m.entitlement_id = e.id AND m.ended_at IS NULL
        WHERE c.id IS NULL AND (e.state = 'consumed' OR (e.state = 'taken' AND m.id IS NULL))
        """,
    ),
)

STATES: tuple[Invariant, ...] = (
    Invariant(
        9,
        "状态等于最后一次办理",
        f"""
        SELECT o.thing, o.object_id, o.seq, o.state, e.to_state, n.seq AS later_seq
        FROM ({_every_object()}) o
        LEFT JOIN state_event e ON e.thing = o.thing AND e.object_id = o.object_id AND e.seq = o.seq
        LEFT JOIN state_event n ON n.thing = o.thing AND n.object_id = o.object_id AND n.seq = o.seq + 1
        WHERE e.id IS NULL OR e.to_state <> o.state OR n.id IS NOT NULL
        """,  # noqa: S608 — constants
    ),
    Invariant(
        9,
        "每一步都接着上一步，不缺不叉",
        """
        SELECT e.id AS event_id, e.thing, e.object_id, e.seq, e.from_state, p.to_state AS previous_to_state
        FROM state_event e
        LEFT JOIN state_event p
          ON p.thing = e.thing AND p.object_id = e.object_id AND p.seq = e.seq - 1
        WHERE (e.seq = 1 AND (e.from_state <> '-' OR e.previous_seq IS NOT NULL))
           OR (e.seq <> 1 AND (p.id IS NULL OR p.to_state <> e.from_state
                               OR e.previous_seq IS NULL OR e.previous_seq <> e.seq - 1))
        """,
    ),
    Invariant(
        9,
        "同一步只有一次办理",
        """
        SELECT thing, object_id, seq, COUNT(*) AS events
        FROM state_event GROUP BY thing, object_id, seq HAVING COUNT(*) > 1
        """,
    ),
    Invariant(
        9,
        "每一步都在状态表中",
        """
        SELECT e.id AS event_id, e.thing, e.object_id, e.from_state, e.event, e.to_state
        FROM state_event e
        LEFT JOIN transition t ON t.thing = e.thing AND t.from_state = e.from_state
             AND t.event = e.event AND t.to_state = e.to_state
        WHERE t.thing IS NULL
        """,
    ),
    Invariant(
        9,
        "每一次办理都有其对象",
        f"""
        SELECT e.id AS event_id, e.thing, e.object_id
        FROM state_event e
        LEFT JOIN ({_every_object()}) o ON o.thing = e.thing AND o.object_id = e.object_id
        WHERE e.seq = 1 AND o.object_id IS NULL
        """,  # noqa: S608 — constants
    ),
    Invariant(
        22,
        "办理先后以序号为准",
        """
        SELECT e.id AS event_id, p.id AS previous_event_id, e.thing, e.object_id, e.seq
        FROM state_event e
        JOIN state_event p ON p.thing = e.thing AND p.object_id = e.object_id AND p.seq = e.seq - 1
        WHERE p.id >= e.id
        """,
    ),
    Invariant(
        22,
        "候补按序号先后，后来者不先得（轮到时待处置的保留序号）",
        """
        SELECT l.id AS waiting_id, MIN(e.id) AS overtaken_id, l.budget_id
        FROM waiting l
        JOIN waiting e ON e.budget_id = l.budget_id AND e.id < l.id AND e.ended_at IS NULL
        LEFT JOIN claim c ON c.id = e.claim_id
        WHERE l.served = 1 AND NOT EXISTS (
            SELECT 1 FROM hold h
            WHERE h.opened_at <= l.ended_at AND (h.closed_at IS NULL OR h.closed_at >= l.ended_at)
              AND (h.thing = 'claim' AND h.object_id = c.id
                OR h.thing = 'voucher' AND h.object_id = c.voucher_id
                OR h.thing = 'certificate' AND h.object_id = c.certificate_id))
        GROUP BY l.id, l.budget_id
        """,
    ),
)
