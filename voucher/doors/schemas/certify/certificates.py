"""Certificates: recorded, verified again, revoked and put back, issued by a class, checked by anybody."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from voucher.doors.schemas.cited import Cited
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.steps import TimelineStep, TwoSteps
from voucher.doors.schemas.values import (
    LIST,
    WORDS_MAX,
    Body,
    Fen,
    OnDay,
    Region,
    Several,
    Whole,
    Word,
    Words,
)
from voucher.rules.vocabulary import CertificateKind, Method

CERTIFICATES_MAX, NUMBERS_MAX, NUMBER_MAX, SCORE_MAX = 500, 500, 60, 10_000
NUMBER = {"description": "证书编号", "example": "S000041010001235000001"}
SCORE = {"description": "成绩，单位为百分之一分"}


class Number(Words):
    """A certificate's number, as it is printed."""

    def __init__(self) -> None:
        super().__init__(required=True, most=NUMBER_MAX, metadata=NUMBER)


class CardDay(OnDay):
    """Which of several cards of one number; left out for every other certificate."""

    def __init__(self) -> None:
        super().__init__(
            load_default=None,
            allow_none=True,
            metadata={"description": "发证日期；特种作业操作证复审换证后编号不变，有几张的，凭它指明哪一张"},
        )


class CardTrade(Words):
    """Which of several cards of one number and day; left out for every other certificate."""

    def __init__(self) -> None:
        super().__init__(
            load_default=None,
            allow_none=True,
            most=40,
            metadata={"description": "作业项目编码；同一编号同日有几个作业项目的，凭它指明哪一张"},
        )


class NewCertificate(Body):
    """A certificate as its evaluator issued it; the register decides whether it stands."""

    name = Words(required=True, most=60, metadata={"description": "姓名", "example": "张三"})
    identity_number = Words(
        required=True, most=40, metadata={"description": "证件号码", "example": "41010519900315991X"}
    )
    kind = Word(CertificateKind, required=True, metadata={"description": "证书类型"})
    trade_code = Words(required=True, most=40, metadata={"description": "职业编码或专项能力编码"})
    level = Whole(required=True, most=8, metadata={"description": "等级；没有等级的为 0"})
    number = Number()
    issued_on = OnDay(required=True)
    evaluator_code = Words(required=True, most=18, metadata={"description": "评价机构统一社会信用代码"})
    method = Word(Method, required=True, metadata={"description": "取得方式"})
    theory_hundredths = Whole(load_default=None, allow_none=True, most=SCORE_MAX, metadata=SCORE)
    skill_hundredths = Whole(load_default=None, allow_none=True, most=SCORE_MAX, metadata=SCORE)
    comprehensive_hundredths = Whole(load_default=None, allow_none=True, most=SCORE_MAX, metadata=SCORE)
    fee_fen = Fen(required=False, load_default=None, allow_none=True)
    evaluation_batch = Words(
        load_default=None, allow_none=True, most=60, metadata={"description": "评价批次号"}
    )


class NewCertificates(Body):
    """Certificates that are recorded together, all of them or none."""

    certificates = Several(NewCertificate, most=CERTIFICATES_MAX, required=True)


class CertificatesRecorded(Schema):
    """What became of the rows, and how many vouchers they certified at once."""

    added = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()
    certified = fields.Integer(metadata={"description": "随之转为已持证的券"})


class CertificateFilter(Paging):
    """Which certificates."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)


class KeptRefusal(Schema):
    """Why the register did not confirm a certificate."""

    code = fields.String()
    title = fields.String()
    next_step = fields.String()
    source = Cited()


class CertificateState(Schema):
    """A certificate; the holder is masked, and so is a number that holds the holder's own."""

    id = fields.Integer()
    number = fields.String(metadata=NUMBER)
    masked_name = fields.String(metadata={"example": "张*"})
    kind = fields.String()
    kind_name = fields.String()
    trade_code = fields.String()
    trade_name = fields.String()
    level = fields.Integer()
    level_name = fields.String()
    issued_on = fields.Date()
    institution_id = fields.Integer()
    institution_name = fields.String()
    state = fields.String()
    state_name = fields.String()
    verified = fields.Boolean(
        allow_none=True, metadata={"description": "最近一次核验是否一致；未核验为 null"}
    )
    refusals = fields.List(fields.Nested(KeptRefusal))
    voucher_id = fields.Integer(allow_none=True, metadata={"description": "以证换券的券"})


Certificates = page_of(CertificateState(), "Certificates")


class CertificateDetail(CertificateState):
    """A certificate and what happened to it."""

    timeline = fields.List(fields.Nested(TimelineStep))


class NewVerification(Body):
    """Certificates the register is asked about again."""

    numbers = fields.List(
        Words(most=NUMBER_MAX),
        required=True,
        validate=validate.Length(1, NUMBERS_MAX, error="应为 {min} 至 {max} 项"),
        error_messages=LIST,
        metadata={"example": ["S000041010001235000001"]},
    )


class VerificationDone(Schema):
    """How many answers were different from the last ones."""

    changed = fields.Integer()


class NewHandVerification(Body):
    """What one person read of a certificate at its register; a second person reads by themselves."""

    number = Number()
    card_issued_on = CardDay()
    card_trade_code = CardTrade()
    identity_number = Words(
        required=True, most=40, metadata={"description": "证件号码", "example": "41010519900315991X"}
    )
    name = Words(required=True, most=60, metadata={"description": "姓名", "example": "张三"})
    trade_code = Words(required=True, most=40, metadata={"description": "职业编码或专项能力编码"})
    level = Whole(
        required=True, most=8, metadata={"description": "等级 1–8：学徒工至首席技师；没有等级的为 0"}
    )
    issued_on = OnDay(required=True)
    evaluator_code = Words(required=True, most=18, metadata={"description": "评价机构统一社会信用代码"})
    status = Words(
        required=True, most=10, metadata={"description": "登记中的状态：有效 或 撤销", "example": "有效"}
    )
    evidence = Words(
        required=True, most=WORDS_MAX, metadata={"description": "依据：查询页面、回执、来函的编号"}
    )


class HandVerified(Schema):
    """Whether two people have now read alike, and whether what both read is this certificate."""

    second = fields.Boolean(metadata={"description": "false 表示已录入，等另一人各自核验"})
    verified = fields.Boolean(metadata={"description": "两人录入一致，并与本证书相符"})
    refusals = fields.List(fields.Nested(KeptRefusal), metadata={"description": "两人录入一致而不符的各项"})


class NewCertificateRevocation(Body):
    """A certificate that is revoked by the office, bound to the consequences that were seen."""

    number = Number()
    issued_on = CardDay()
    trade_code = CardTrade()
    seen = Words(required=True, most=64, metadata={"description": "看到的后果的摘要 digest，来自预览"})
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "事实和依据"})


class NewCertificateReinstatement(TwoSteps):
    """A revoked certificate stands again after an appeal."""

    number = Number()
    issued_on = CardDay()
    trade_code = CardTrade()


class CertificateMoved(Schema):
    """A certificate and the state it stands in now."""

    id = fields.Integer()
    state = fields.String()
    state_name = fields.String()


class CertificateReinstated(CertificateMoved):
    """Whether the certificate stands again, or a second person still has to agree."""

    reinstated = fields.Boolean(metadata={"description": "false 表示已提出，待另一人确认"})


class NewCompletions(Body):
    """The signed-off class whose graduates get their 培训合格证书."""

    class_id = Whole(required=True, least=1)


class CompletionsIssued(Schema):
    """How many certificates were issued now."""

    class_id = fields.Integer()
    count = fields.Integer()


class NewCertificateCheck(Body):
    """What who holds a certificate knows: its number, its holder's name, the end of the identity number."""

    number = Number()
    name = Words(required=True, most=60, metadata={"description": "持证人姓名", "example": "张三"})
    last_four = Words(
        required=True, most=8, metadata={"description": "持证人证件号码后四位", "example": "991X"}
    )


class CardChecked(Schema):
    """What is printed on a certificate, and whether it stands."""

    valid = fields.Boolean()
    state_name = fields.String()
    kind_name = fields.String()
    trade_name = fields.String()
    level_name = fields.String()
    issued_on = fields.Date()
    institution_name = fields.String()


class CertificateChecked(CardChecked):
    """What anybody may know who holds the certificate in hands; a number may have cards of other trades."""

    others = fields.List(fields.Nested(CardChecked))
