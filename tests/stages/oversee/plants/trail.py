"""Sins against the trail."""

from __future__ import annotations

from tests.stages.oversee.plants.shape import AT, Plant

TRAIL: tuple[Plant, ...] = (
    Plant(
        16,
        "封存序号从一开始连续无缺",
        ("DELETE FROM audit_seal WHERE seq = 5",),
        ("audit_seal",),
        refused=True,
    ),
    Plant(
        16,
        "同一对象的留痕逐条相接",
        ("UPDATE audit_row SET previous_hash = NULL WHERE thing = 'claim'",),
        ("audit_row",),
        refused=True,
    ),
    Plant(
        16,
        "检查点等于封存链",
        ("UPDATE audit_checkpoint SET chain_hash = 'x'",),
        ("audit_checkpoint",),
        refused=True,
    ),
    Plant(
        16,
        "留痕在十秒内封存",
        (
            (
                "INSERT INTO audit_row (at, actor_user_id, actor_person_id, act, thing, object_id, content,"
                f" content_hash) SELECT {AT}, 1, 1, 'x', 'x', 1, '{{}}', '{'0' * 64}'"
            ),
        ),
    ),
    Plant(
        22,
        "同一对象的留痕按先后封存",
        (
            (
                "UPDATE audit_seal SET seq = seq + 900000"
                " WHERE audit_row_id = (SELECT MIN(id) FROM audit_row WHERE thing = 'claim')"
            ),
        ),
        ("audit_seal",),
        refused=True,
    ),
)
