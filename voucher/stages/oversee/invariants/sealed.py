"""The trail as far as a query can see it: gapless, in order, sealed soon, anchored (16, 22).

Hashes and signatures are recomputed by `voucher.stages.oversee.trail`.
"""

from __future__ import annotations

from voucher.stages.oversee.invariants.shape import Invariant

TRAIL: tuple[Invariant, ...] = (
    Invariant(
        16,
        "封存序号从一开始连续无缺",
        """
        SELECT s.seq, s.audit_row_id
        FROM audit_seal s
        LEFT JOIN audit_seal p ON p.seq = s.seq - 1
        LEFT JOIN audit_row r ON r.id = s.audit_row_id
        WHERE s.seq < 1 OR (s.seq > 1 AND p.seq IS NULL) OR r.id IS NULL
        """,
    ),
    Invariant(
        16,
        "同一对象的留痕逐条相接",
        """
        SELECT id AS audit_row_id, thing, object_id
        FROM (SELECT id, thing, object_id, previous_hash,
                     LAG(content_hash) OVER (PARTITION BY thing, object_id ORDER BY id) AS expected
              FROM audit_row) r
        WHERE COALESCE(previous_hash, '') <> COALESCE(expected, '')
        """,
    ),
    Invariant(
        16,
        "检查点等于封存链",
        """
        SELECT c.id AS checkpoint_id, c.seq
        FROM audit_checkpoint c LEFT JOIN audit_seal s ON s.seq = c.seq
        WHERE s.seq IS NULL OR s.chain_hash <> c.chain_hash
        """,
    ),
    Invariant(
        16,
        "留痕在十秒内封存",
        """
        SELECT r.id AS audit_row_id, r.thing, r.object_id
        FROM audit_row r LEFT JOIN audit_seal s ON s.audit_row_id = r.id
        WHERE s.seq IS NULL AND r.at < :sealed_by
        """,
        asks_time=True,
    ),
    Invariant(
        22,
        "同一对象的留痕按先后封存",
        """
        SELECT id AS audit_row_id, thing, object_id, seq, previous_seq
        FROM (SELECT r.id, r.thing, r.object_id, s.seq,
                     LAG(s.seq) OVER (PARTITION BY r.thing, r.object_id ORDER BY r.id) AS previous_seq
              FROM audit_row r JOIN audit_seal s ON s.audit_row_id = r.id) t
        WHERE previous_seq >= seq
        """,
    ),
)
