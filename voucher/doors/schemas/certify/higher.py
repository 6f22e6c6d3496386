"""A certificate above the level of a voucher: proposed by one, decided by another."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from voucher.doors.schemas.steps import TwoSteps
from voucher.doors.schemas.train.places import VoucherMoved
from voucher.doors.schemas.values import WORDS_MAX, Whole, Words


class NewHigherCertificate(TwoSteps):
    """One person proposes with reason and evidence, another agrees, or declines with a reason."""

    voucher_id = Whole(required=True, least=1)
    certificate_number = Words(
        load_default=None, allow_none=True, metadata={"description": "提出时必填：持券人的高等级证书编号"}
    )
    evidence = Words(
        load_default=None,
        allow_none=True,
        most=WORDS_MAX,
        metadata={"description": "提出时必填：核实了什么、凭据在哪里"},
    )

    @validates_schema
    def check_proposal(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse to propose without a certificate and evidence."""
        if data["step"] == "ask":
            for name in ("certificate_number", "evidence"):
                if data[name] is None:
                    raise ValidationError("提出时须填写", name)


class HigherCertificateDone(VoucherMoved):
    """A voucher, and whether it is certified now or still waits."""

    certified = fields.Boolean(metadata={"description": "false 表示已提出待另一人决定，或者没有同意"})
