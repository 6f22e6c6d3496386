"""Who plays: training institutions, evaluators and the people behind their accounts; all of them made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from voucher.demo.people import invent_organisation_codes
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.vocabulary import EvaluatorKind, InstitutionKind

JIYUAN, XINXIANG = "419001", "410700"
NURSE, HOUSEKEEPER, ELECTRICIAN, TURNER, COOK, BABY, SELLER, WELDER = (
    "4-10-01-05",
    "4-10-01-06",
    "6-31-01-03",
    "6-18-01-01",
    "4-03-02-01",
    "4-10-01-02",
    "4-01-06-02",
    "6-18-02-04",
)
NOODLES, STREAMING = "HNZX-005", "HNZX-010"
TRADES = (NURSE, HOUSEKEEPER, ELECTRICIAN, TURNER, COOK, BABY, SELLER, WELDER)


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation of the play, by a short name of its own (`key`)."""

    key: str
    name: str
    kind: InstitutionKind
    region_code: str = JIYUAN
    is_listed: bool = True


TRAINERS: tuple[Body, ...] = (
    Body("hope", "示例济源新希望职业培训学校", InstitutionKind.TRAINING_SCHOOL),
    Body("college", "示例济源技师学院", InstitutionKind.TECHNICIAN_COLLEGE),
    Body("vocational", "示例济源职业技术学院", InstitutionKind.VOCATIONAL_COLLEGE),
    Body("centre", "示例济源公共就业训练中心", InstitutionKind.PUBLIC_TRAINING_CENTRE),
    Body("steel", "示例豫光钢铁企业培训中心", InstitutionKind.ENTERPRISE_TRAINING_CENTRE),
    Body("industry", "示例王屋山产业学院", InstitutionKind.INDUSTRY_COLLEGE),
    Body("online", "示例愚公网络学习平台", InstitutionKind.ONLINE_PLATFORM),
    Body("station", "示例玉泉街道技能服务站", InstitutionKind.SKILL_SERVICE_STATION),
    Body("household", "示例济源巾帼家政培训学校", InstitutionKind.TRAINING_SCHOOL),
    Body("farm", "示例济源农业广播电视学校", InstitutionKind.AGRICULTURAL_BROADCAST_SCHOOL),
    Body("unlisted", "示例未入清单培训学校", InstitutionKind.TRAINING_SCHOOL, is_listed=False),
    Body("xinxiang", "示例新乡牧野职业培训学校", InstitutionKind.TRAINING_SCHOOL, XINXIANG),
    # where makers of institutions' own programs try them out
    Body("sandbox", "【沙箱】示例接口联调培训学校", InstitutionKind.TRAINING_SCHOOL),
)
EVALUATORS: tuple[Body, ...] = (
    Body("yuquan", "示例玉泉职业技能评价中心", InstitutionKind.EVALUATION_BODY),
    Body("jishui", "示例济水职业技能鉴定指导站", InstitutionKind.EVALUATION_BODY),
    Body("tianshui", "示例天水职业培训评价有限公司", InstitutionKind.EVALUATION_BODY),
    Body("kejing", "示例克井技能人才评价中心", InstitutionKind.EVALUATION_BODY),
    Body("wulongkou", "示例五龙口评价有限公司", InstitutionKind.EVALUATION_BODY),
    Body("shaoyuan", "示例邵原专项职业能力考核站", InstitutionKind.EVALUATION_BODY),
    Body("chengliu", "示例承留职业技能评价中心", InstitutionKind.EVALUATION_BODY),
    Body("lilin", "示例梨林职业技能评价中心", InstitutionKind.EVALUATION_BODY),
    Body("potou", "示例坡头职业技能评价中心", InstitutionKind.EVALUATION_BODY),
    Body("dayu", "示例大峪职业技能评价中心", InstitutionKind.EVALUATION_BODY),
    Body("sili", "示例思礼职业技能评价中心", InstitutionKind.EVALUATION_BODY),
    Body("muye", "示例牧野职业技能评价中心", InstitutionKind.EVALUATION_BODY, XINXIANG),
    # evaluates its own staff
    Body("heavy", "示例豫光重工有限公司", InstitutionKind.ENTERPRISE),
)
SPECIAL_BODY = "shaoyuan"
FIRST_FILING = 950_001


# who looks at the demonstration as a worker: in a class that is being taught today, not yet redeemed
MAIN_WORKER = Newcomer("419001199203150319", "赵小愚")
MAIN_LOGIN, MAIN_COHORT = "worker", "training"
# and one whose training and evaluation of half a year ago were paid: there is money to follow and to deny
MAIN_PAID_COHORT = "revoked"
# rings in the demonstration's mailbox only
MAIN_MOBILE = "13800138000"


@dataclass(frozen=True, slots=True)
class Hand:
    """One account of an organisation of the play."""

    login: str
    name: str
    role: Role
    body: str


HANDS: tuple[Hand, ...] = (
    Hand("institution", "机构管理员 小何", Role.INSTITUTION_ADMIN, "hope"),
    Hand("registrar", "教务 小高", Role.REGISTRAR, "hope"),
    Hand("scanner", "核销员 小林", Role.SCANNER, "hope"),
    Hand("teacher", "教师 小罗", Role.TEACHER, "hope"),
    Hand("evaluator", "评价机构管理员 小梁", Role.EVALUATOR_ADMIN, "yuquan"),
    Hand("examiner", "考评员 小宋", Role.EXAMINER, "yuquan"),
    Hand("scores", "成绩录入员 小唐", Role.SCORE_CLERK, "yuquan"),
    Hand("sandbox", "沙箱管理员 小沙", Role.INSTITUTION_ADMIN, "sandbox"),
    Hand("employer", "用人单位管理员 小钢", Role.EVALUATOR_ADMIN, "heavy"),
)


def list_codes() -> Iterator[tuple[Body, str]]:
    """Yield every organisation with its 统一社会信用代码, the same every time."""
    codes = {
        region: invent_organisation_codes(Random(f"province-{region}"), region)  # noqa: S311 — made up, not secret
        for region in (JIYUAN, XINXIANG)
    }
    for body in (*TRAINERS, *EVALUATORS):
        yield body, next(codes[body.region_code])


def filing_number(place: int) -> str:
    """Return the filing number of the evaluator at a place of the list."""
    return f"S000041{FIRST_FILING + place:06d}"


def evaluator_kind(body: Body) -> EvaluatorKind:
    """Return what kind of evaluator a body is."""
    if body.key == SPECIAL_BODY:
        return EvaluatorKind.SPECIAL_SKILL_BODY
    if body.kind is InstitutionKind.ENTERPRISE:
        return EvaluatorKind.EMPLOYER
    return EvaluatorKind.SOCIAL_ORGANISATION
