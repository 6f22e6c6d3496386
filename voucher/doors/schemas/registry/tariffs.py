"""Tariffs (补贴标准): what changes when, and new rows, proposed by one officer and agreed to by another."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.train.classes import LEVEL_CODES
from voucher.doors.schemas.values import LINE_MAX, Body, Fen, Moment, OnDay, Region, Whole, Word, Words, Yuan
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.tariffs import FORMS, Subject
from voucher.rules.vocabulary import Method, SubsidyKind

SHARE_MOST = 100_000
SUBJECT = {"description": "standard 标准、modifier 比例、shortage 急需紧缺职业"}
SHARE = {"description": "比例，万分之几：12000 是上浮两成"}


class NewTariff(Body):
    """A row to be entered: an amount, a share, or an occupation in short supply."""

    subject = Word(Subject, required=True, metadata=SUBJECT)
    since = OnDay(required=True, metadata={"description": "生效日期，今日之后"})
    until = OnDay(load_default=None, allow_none=True)
    document = Words(required=True, most=LINE_MAX, metadata={"description": "文件名称和文号"})
    kind = Word(SubsidyKind, load_default=None, allow_none=True)
    form = Word(FORMS, load_default=None, allow_none=True, metadata={"description": "证书类型"})
    occupation_code = Words(load_default=None, allow_none=True, most=40)
    level = Whole(load_default=None, allow_none=True, least=1, most=8, metadata={"description": LEVEL_CODES})
    # left out it is the whole province's, which the province alone may propose
    region_code = Region(load_default=None, allow_none=True)
    amount_fen = Fen(required=False, load_default=None, allow_none=True)
    basis_points = Whole(load_default=None, allow_none=True, least=0, most=SHARE_MOST, metadata=SHARE)
    method = Word(
        Method, load_default=None, allow_none=True, metadata={"description": "只适用于一种取证方式"}
    )
    mode = Word(
        TrainingMode, load_default=None, allow_none=True, metadata={"description": "只适用于一种培训形式"}
    )


class TariffFilter(Schema):
    """Which rows."""

    subject = Word(Subject, load_default=Subject.STANDARD, metadata=SUBJECT)


class NewTariffEnding(Body):
    """The last day of a row that stands, earlier than it says."""

    subject = Word(Subject, required=True, metadata=SUBJECT)
    row_id = Whole(required=True, least=1, metadata={"description": "现行的一行，见 /tariffs"})
    ends_on = OnDay(required=True, metadata={"description": "最后一日，今日或以后"})
    document = Words(required=True, most=LINE_MAX, metadata={"description": "停止所依据的文件名称和文号"})


class NewTariffDecision(Body):
    """Agreed to, or turned down with a reason."""

    decision = Word(("agree", "decline"), required=True)
    why = Words(
        load_default=None, allow_none=True, metadata={"description": "不予登记的理由，decline 时必填"}
    )


class TariffFor(Schema):
    """What a row is for; null is any."""

    subject = fields.String(metadata=SUBJECT)
    kind = fields.String(allow_none=True)
    form = fields.String(allow_none=True)
    occupation_code = fields.String(allow_none=True)
    level = fields.Integer(allow_none=True)
    region_code = fields.String(allow_none=True)
    document = fields.String(allow_none=True)


class TariffRowState(TariffFor):
    """A row of the tariffs."""

    since = fields.Date()
    until = fields.Date(allow_none=True)
    amount_fen = fields.Integer(allow_none=True)
    amount_display = Yuan("amount_fen")
    basis_points = fields.Integer(allow_none=True, metadata=SHARE)
    method = fields.String(allow_none=True)
    mode = fields.String(allow_none=True)


class StandingTariff(TariffRowState):
    """A row that counts today or later."""

    row_id = fields.Integer()


class StandingTariffs(Schema):
    """Every row of a subject that counts today or later, the oldest first."""

    items = fields.List(fields.Nested(StandingTariff))


class TariffProposalState(TariffRowState):
    """A proposed row or its last day, and what was decided."""

    id = fields.Integer()
    ends_row_id = fields.Integer(
        allow_none=True, metadata={"description": "提前停止的是哪一行；新标准为 null"}
    )
    proposed_at = Moment()
    decided_at = Moment(allow_none=True)
    agreed = fields.Boolean(allow_none=True, metadata={"description": "没有审核的为 null"})
    why = fields.String(allow_none=True)


class TariffProposals(Schema):
    """Everything that waits for a second officer, the oldest first."""

    items = fields.List(fields.Nested(TariffProposalState))


class ComingChange(TariffFor):
    """What is another from a day on: fen for a standard, ten-thousandths for a share; null is none."""

    on = fields.Date()
    condition = fields.String(allow_none=True)
    before = fields.Integer(allow_none=True)
    after = fields.Integer(allow_none=True)


class ComingChanges(Schema):
    """Every change after today, the first day first."""

    items = fields.List(fields.Nested(ComingChange))
