"""Problem details (RFC 9457) as every refusal is answered."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.rules.errors import reason

BODY_INVALID = reason(
    "body_invalid", "提交的内容有误", "请按 facts.fields 逐项改正后重新提交", "DESIGN §8; RFC 9457"
)


class Problem(Schema):
    """One refusal: what, why, the next step, facts for machines, and the source."""

    type = fields.String(metadata={"example": "urn:voucher:problem:budget_exhausted"})
    title = fields.String(metadata={"example": "预算余额不足：需要 200.00 元，可用 0.00 元"})
    status = fields.Integer(metadata={"example": 409})
    detail = fields.String(metadata={"description": "下一步怎么办"})
    instance = fields.String(metadata={"example": "/api/v1/batches"})
    code = fields.String(metadata={"description": "稳定代码，永不改变", "example": "budget_exhausted"})
    facts = fields.Dict(keys=fields.String(), metadata={"description": "供程序使用的事实，不含个人信息"})
    source = fields.String(metadata={"description": "依据", "example": "豫办〔2021〕29号 四(三)"})
