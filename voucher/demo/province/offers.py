"""What the province offers: one programme of every kind, both axes and the ways to a certificate."""

from __future__ import annotations

from dataclasses import dataclass

from voucher.demo.province.cast import (
    COOK,
    ELECTRICIAN,
    HOUSEKEEPER,
    NOODLES,
    NURSE,
    STREAMING,
    TURNER,
    WELDER,
)
from voucher.rules.vocabulary import CertificateKind, Level


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme of the play; a price limit of None is computed from the standards.

    Whoever wants a voucher with `demands` applies for it first and answers each of them.
    """

    key: str
    name: str
    worth: str
    channel: str
    training_kind: str
    project_code: str
    certificate_kind: CertificateKind = CertificateKind.SKILL_LEVEL
    trade_code: str | None = None
    level: Level | None = None
    training_cap_fen: int | None = None
    evaluation_cap_fen: int | None = None
    quantity: int = 200
    trainers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()


OFFERS: tuple[Offer, ...] = (
    Offer(
        "nurse", "养老护理员五级面值定向券", "face_value", "directed", "project_based", "TRAIN-GROUPS",
        trade_code=NURSE, level=Level.JUNIOR,
    ),
    Offer(
        "electrician", "电工四级抵用定向券", "offset", "directed", "on_job", "TRAIN-STAFF",
        trade_code=ELECTRICIAN, level=Level.INTERMEDIATE,
    ),
    Offer(
        "free-face", "职业技能提升面值通用券", "face_value", "open", "menu", "TRAIN-GROUPS",
        training_cap_fen=1_600_00, evaluation_cap_fen=240_00,
    ),
    Offer(
        "free-offset", "职业技能提升抵用通用券", "offset", "open", "menu", "TRAIN-GROUPS",
        training_cap_fen=2_000_00, evaluation_cap_fen=280_00,
    ),
    Offer(
        "noodles", "烩面制作专项职业能力券", "face_value", "directed", "project_based", "TRAIN-SPECIAL",
        certificate_kind=CertificateKind.SPECIAL_SKILL, trade_code=NOODLES,
    ),
    Offer(
        "streaming", "直播销售专项职业能力券", "offset", "directed", "new_occupation", "TRAIN-SPECIAL",
        certificate_kind=CertificateKind.SPECIAL_SKILL, trade_code=STREAMING,
    ),
    Offer(
        "completion", "企业职工岗位技能培训合格证书券", "offset", "directed", "on_job", "TRAIN-COMPLETION",
        certificate_kind=CertificateKind.TRAINING_COMPLETION, trade_code=COOK,
    ),
    Offer(
        "apprentice", "企业新型学徒制车工四级券", "offset", "directed", "apprenticeship", "TRAIN-APPRENTICE",
        trade_code=TURNER, level=Level.INTERMEDIATE,
    ),
    Offer(
        "lecture", "创业公开课签到券", "sign_in", "directed", "entrepreneurship", "TRAIN-STARTUP",
        certificate_kind=CertificateKind.TRAINING_COMPLETION, trade_code=COOK,
    ),
    Offer(
        "pre-job", "餐饮业岗前培训合格证书券", "offset", "directed", "pre_job", "TRAIN-PREJOB",
        certificate_kind=CertificateKind.TRAINING_COMPLETION, trade_code=COOK,
    ),
    Offer(
        "transfer", "化解过剩产能职工转岗焊工五级券", "face_value", "directed", "job_transfer",
        "TRAIN-TRANSFER", trade_code=WELDER, level=Level.JUNIOR,
    ),
    Offer(
        "order", "家政服务员五级订单式培训券", "offset", "directed", "made_to_order", "TRAIN-GROUPS",
        trade_code=HOUSEKEEPER, level=Level.JUNIOR,
    ),
    Offer(
        "post", "车工五级定岗式培训券", "offset", "directed", "post_specific", "TRAIN-STAFF",
        trade_code=TURNER, level=Level.JUNIOR,
    ),
    Offer(
        "targeted", "脱贫劳动力电工五级定向式培训券", "face_value", "directed", "targeted", "TRAIN-GROUPS",
        trade_code=ELECTRICIAN, level=Level.JUNIOR,
    ),
    Offer(
        "technician", "电工二级技师培训券", "offset", "directed", "technician", "TRAIN-TECHNICIAN",
        trade_code=ELECTRICIAN, level=Level.TECHNICIAN,
    ),
    Offer(
        "preparing", "新成长劳动力劳动预备制焊工五级券", "face_value", "directed", "work_preparation",
        "TRAIN-PREPARE", trade_code=WELDER, level=Level.JUNIOR,
    ),
    Offer(
        "knowledge", "新知识新技术电工三级抵用券", "offset", "directed", "new_knowledge", "TRAIN-STAFF",
        trade_code=ELECTRICIAN, level=Level.SENIOR,
    ),
    Offer(
        "contest", "车工三级赛前培训券", "offset", "directed", "before_competition", "TRAIN-STAFF",
        trade_code=TURNER, level=Level.SENIOR,
    ),
    Offer(
        "package", "母婴服务套餐制面值通用券（先申请后领取）", "face_value", "open", "package",
        "TRAIN-GROUPS", training_cap_fen=1_200_00, evaluation_cap_fen=200_00,
        demands=("本人想学什么、学完准备到哪里就业", "参加培训的时间安排：能否脱产、每天几小时"),
    ),
    Offer("small", "养老护理员四级面值定向券（资金将用完）", "face_value", "directed", "project_based",
        "TRAIN-GROUPS", trade_code=NURSE, level=Level.INTERMEDIATE, quantity=40),
)  # fmt: skip
DRAFTED_ONLY = Offer(
    "drafted", "母婴护理五级面值定向券（待发布）", "face_value", "directed", "project_based", "TRAIN-GROUPS",
    trade_code="4-10-01-02", level=Level.JUNIOR,
)  # fmt: skip
