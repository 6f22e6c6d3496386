"""Programmes (券种): drafted, published, stopped, topped up, and tried out before anything is issued."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from voucher.doors.schemas.issue.issues import NewPerson, TriedLine
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.train.classes import LEVEL_CODES
from voucher.doors.schemas.values import (
    LIST,
    WORDS_MAX,
    Body,
    Fen,
    Ids,
    Moment,
    OnDay,
    Region,
    Several,
    Whole,
    Word,
    Words,
    Yuan,
)
from voucher.rules.vocabulary import CertificateKind

WORTHS, CHANNELS = ("face_value", "offset", "sign_in"), ("open", "directed")
GROUPS_MAX, ROSTER_MAX, QUANTITY_MAX = 100, 2_000, 10_000_000
TRADE = {"description": "职业编码或专项职业能力代码；与等级同填同不填", "example": "4-10-01-05"}
CAP = {"description": "每张券的补贴上限，整数分；定向券不填的按标准计算"}
LEVEL = {"description": LEVEL_CODES}


class NewProgramme(Body):
    """What a kind of voucher is for, what it may cost, where the money comes from, until when."""

    name = Words(required=True, metadata={"description": "券种名称"})
    region_code = Region(required=True)
    project_code = Words(required=True, most=40, metadata={"description": "补贴项目代码"})
    budget_id = Whole(
        load_default=None,
        allow_none=True,
        least=1,
        metadata={"description": "资金来源：一项预算；没有资金的项目不能发券"},
    )
    worth = Word(
        WORTHS, required=True, metadata={"description": "face_value 面值、offset 抵用、sign_in 签到"}
    )
    channel = Word(CHANNELS, required=True, metadata={"description": "open 通用、directed 定向"})
    training_kind = Words(required=True, most=40, metadata={"description": "字典 training_kind 的代码"})
    certificate_kind = Word(CertificateKind, required=True, metadata={"description": "凭哪种证书兑现"})
    trade_code = Words(load_default=None, allow_none=True, most=40, metadata=TRADE)
    level = Whole(load_default=None, allow_none=True, most=8, metadata=LEVEL)
    training_cap_fen = Fen(required=False, load_default=None, allow_none=True, metadata=CAP)
    evaluation_cap_fen = Fen(required=False, load_default=None, allow_none=True, metadata=CAP)
    quantity = Whole(required=True, least=1, most=QUANTITY_MAX, metadata={"description": "发放数量"})
    from_on = OnDay(required=True, metadata={"description": "发放日期起（含）"})
    until_on = OnDay(required=True, metadata={"description": "发放日期止（含）"})
    validity_days = Whole(load_default=None, allow_none=True, least=1, most=3660)
    certify_months = Whole(load_default=None, allow_none=True, least=1, most=120)
    document = Words(required=True, metadata={"description": "依据文号"})
    institution_ids = Ids(load_default=list, metadata={"description": "可用机构；不填为目录清单内全部"})
    group_codes = fields.List(
        Words(most=40),
        load_default=list,
        validate=validate.Length(0, GROUPS_MAX, error="最多 {max} 项"),
        error_messages=LIST,
        metadata={"description": "人员类别代码；不填为不限"},
    )


class ProgrammeFilter(Paging):
    """Which programmes."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)


class ProgrammeState(Schema):
    """A programme as lists show it."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "QZ-419001-2024-0003"})
    name = fields.String()
    state = fields.String()
    state_name = fields.String()
    region_code = fields.String()
    worth = fields.String()
    channel = fields.String()
    training_kind = fields.String()
    certificate_kind = fields.String()
    trade_code = fields.String(allow_none=True)
    level = fields.Integer(allow_none=True)
    training_cap_fen = fields.Integer()
    training_cap_display = Yuan("training_cap_fen")
    evaluation_cap_fen = fields.Integer()
    evaluation_cap_display = Yuan("evaluation_cap_fen")
    quantity = fields.Integer()
    from_on = fields.Date()
    until_on = fields.Date()
    validity_days = fields.Integer(allow_none=True)
    certify_months = fields.Integer(allow_none=True)
    document = fields.String()
    budget_id = fields.Integer()
    drafted_at = Moment()
    published_at = Moment(allow_none=True)


class FunnelStep(Schema):
    """How many vouchers of a programme ever came so far, and how many stand there now."""

    state = fields.String()
    state_name = fields.String()
    count = fields.Integer(metadata={"description": "到过这一步的张数"})
    standing = fields.Integer(metadata={"description": "现在停在这一步的张数"})


class LossState(Schema):
    """Vouchers that ended without payment: from where, how, and why."""

    from_state = fields.String()
    from_name = fields.String()
    state = fields.String()
    state_name = fields.String()
    why = fields.String(allow_none=True)
    count = fields.Integer()


class ProgrammeDetail(ProgrammeState):
    """A programme with whom and where it is for, and how far its vouchers have come."""

    institution_ids = fields.List(fields.Integer())
    group_codes = fields.List(fields.String())
    funnel = fields.List(fields.Nested(FunnelStep), metadata={"description": "发放—领取—核销—结业—取证—兑现"})
    losses = fields.List(fields.Nested(LossState), metadata={"description": "中途终止的，按去向和原因"})
    remaining = fields.Integer(metadata={"description": "还可发放的张数"})
    possible = fields.List(fields.String(), metadata={"description": "现在可以办理的事项"})


Programmes = page_of(ProgrammeState(), "Programmes")


class NewProgrammePublication(Body):
    """Nothing more has to be said to publish."""


class WithWhy(Body):
    """An act that must be explained."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "理由"})


class NewTopUp(Body):
    """More vouchers under the same conditions."""

    quantity = Whole(required=True, least=1, most=QUANTITY_MAX, metadata={"description": "增加的数量"})
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "理由"})


class NewPreview(Body):
    """Whom the vouchers would go to; nothing is issued."""

    institution_id = Whole(
        load_default=None, allow_none=True, least=1, metadata={"description": "机构试算时为本机构"}
    )
    people = Several(NewPerson, most=ROSTER_MAX, required=True)


class PreviewDone(Schema):
    """What would happen: who gets one, who waits, who does not and why, and what it would reserve."""

    issued = fields.Integer(metadata={"description": "可领人数"})
    waiting = fields.Integer(metadata={"description": "资金不足，须候补的人数"})
    refused = fields.Integer(metadata={"description": "不予发放的人数"})
    reserves_fen = fields.Integer(metadata={"description": "将占用的预算"})
    reserves_display = Yuan("reserves_fen")
    lines = fields.List(fields.Nested(TriedLine))
