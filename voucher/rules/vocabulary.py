"""The words everybody shares: methods, kinds, fund sources (and levels), each read from Chinese text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from voucher.rules.errors import Reason, reason
from voucher.rules.levels import LEVEL_NAMES as LEVEL_NAMES
from voucher.rules.levels import UNKNOWN_STEP, UNKNOWN_TITLE, clean_word, mask_word
from voucher.rules.levels import Level as Level
from voucher.rules.levels import certificate_digit as certificate_digit
from voucher.rules.levels import level_of_digit as level_of_digit
from voucher.rules.levels import name_level as name_level
from voucher.rules.levels import parse_level as parse_level
from voucher.rules.register import rule

Word = TypeVar("Word", bound=StrEnum)

FOUNDING_SOURCE = "豫办〔2021〕29号"
FOUNDED = date(2021, 10, 28)


class Method(StrEnum):
    """How a certificate was earned (取得方式)."""

    EXAM = "exam"
    PROCESS = "process"
    DIRECT = "direct"
    COMPETITION = "competition"
    EXCEPTIONAL = "exceptional"
    CREDIT = "credit"


METHOD_NAMES: dict[Method, str] = {
    Method.EXAM: "考试",
    Method.PROCESS: "过程评价",
    Method.DIRECT: "直接认定",
    Method.COMPETITION: "竞赛",
    Method.EXCEPTIONAL: "破格",
    Method.CREDIT: "学分认定",
}


class CertificateKind(StrEnum):
    """What kind of certificate (证书类型)."""

    SKILL_LEVEL = "skill_level"
    QUALIFICATION = "qualification"
    SPECIAL_SKILL = "special_skill"
    TRAINING_COMPLETION = "training_completion"
    SPECIAL_OPERATION = "special_operation"
    SPECIAL_EQUIPMENT = "special_equipment"


CERTIFICATE_KIND_NAMES: dict[CertificateKind, str] = {
    CertificateKind.SKILL_LEVEL: "职业技能等级证书",
    CertificateKind.QUALIFICATION: "职业资格证书",
    CertificateKind.SPECIAL_SKILL: "专项职业能力证书",
    CertificateKind.TRAINING_COMPLETION: "培训合格证书",
    CertificateKind.SPECIAL_OPERATION: "特种作业操作证书",
    CertificateKind.SPECIAL_EQUIPMENT: "特种设备作业人员证书",
}
# S2-Gd: these five make a 技能人才; a 培训合格证书 does not.
SKILL_PERSON_KINDS: frozenset[CertificateKind] = frozenset(CertificateKind) - {
    CertificateKind.TRAINING_COMPLETION
}
# One occupation and level is one fact, whichever of the two certificates says so (AC-D5).
LEVEL_CERTIFICATE_KINDS: frozenset[CertificateKind] = frozenset(
    {CertificateKind.SKILL_LEVEL, CertificateKind.QUALIFICATION}
)


class SubsidyKind(StrEnum):
    """Which subsidy: each has its own payee and its own entitlement key."""

    EVALUATION = "evaluation"
    TRAINING = "training"


SUBSIDY_NAMES: dict[SubsidyKind, str] = {
    SubsidyKind.EVALUATION: "评价补贴",
    SubsidyKind.TRAINING: "培训补贴",
}


class FundSource(StrEnum):
    """The six sources a budget may be fed from; one voucher is charged to exactly one."""

    EMPLOYMENT_SUBSIDY = "employment_subsidy"
    UNEMPLOYMENT_INSURANCE = "unemployment_insurance"
    FISCAL = "fiscal"
    DEPARTMENT_TRAINING = "department_training"
    LOCAL_TALENT = "local_talent"
    INDUSTRY_DEVELOPMENT = "industry_development"


FUND_SOURCE_NAMES: dict[FundSource, str] = {
    FundSource.EMPLOYMENT_SUBSIDY: "就业补助资金",
    FundSource.UNEMPLOYMENT_INSURANCE: "失业保险基金",
    FundSource.FISCAL: "财政资金",
    FundSource.DEPARTMENT_TRAINING: "统筹部门培训资金",
    FundSource.LOCAL_TALENT: "地方人才经费",
    FundSource.INDUSTRY_DEVELOPMENT: "行业产业发展经费",
}


class Outcome(StrEnum):
    """What the rules say of a line before anybody submits it."""

    PAYABLE = "payable"
    REFUSED = "refused"
    MANUAL = "manual"


OUTCOME_NAMES: dict[Outcome, str] = {
    Outcome.PAYABLE: "可兑现",
    Outcome.REFUSED: "不予受理",
    Outcome.MANUAL: "转人工",
}


class EvaluatorKind(StrEnum):
    """What kind of body evaluates (评价机构类别)."""

    EMPLOYER = "employer"
    SCHOOL = "school"
    SOCIAL_ORGANISATION = "social_organisation"
    APPRAISAL_BODY = "appraisal_body"
    SPECIAL_SKILL_BODY = "special_skill_body"
    AUTHORITY = "authority"


EVALUATOR_KIND_NAMES: dict[EvaluatorKind, str] = {
    EvaluatorKind.EMPLOYER: "用人单位",
    EvaluatorKind.SCHOOL: "院校",
    EvaluatorKind.SOCIAL_ORGANISATION: "社会培训评价组织",
    EvaluatorKind.APPRAISAL_BODY: "鉴定机构",
    EvaluatorKind.SPECIAL_SKILL_BODY: "专项考核机构",
    EvaluatorKind.AUTHORITY: "主管部门",
}


class InstitutionKind(StrEnum):
    """What kind of institution trains or evaluates (机构类型)."""

    ENTERPRISE = "enterprise"
    ENTERPRISE_TRAINING_CENTRE = "enterprise_training_centre"
    INDUSTRY_COLLEGE = "industry_college"
    ONLINE_PLATFORM = "online_platform"
    PUBLIC_TRAINING_CENTRE = "public_training_centre"
    SKILL_SERVICE_STATION = "skill_service_station"
    TRAINING_SCHOOL = "training_school"
    TECHNICIAN_COLLEGE = "technician_college"
    VOCATIONAL_COLLEGE = "vocational_college"
    AGRICULTURAL_BROADCAST_SCHOOL = "agricultural_broadcast_school"
    EVALUATION_BODY = "evaluation_body"
    OTHER = "other"


INSTITUTION_KIND_NAMES: dict[InstitutionKind, str] = {
    InstitutionKind.ENTERPRISE: "企业",
    InstitutionKind.ENTERPRISE_TRAINING_CENTRE: "企业培训中心",
    InstitutionKind.INDUSTRY_COLLEGE: "产业学院",
    InstitutionKind.ONLINE_PLATFORM: "网络学习平台",
    InstitutionKind.PUBLIC_TRAINING_CENTRE: "公共就业训练中心",
    InstitutionKind.SKILL_SERVICE_STATION: "技能服务站",
    InstitutionKind.TRAINING_SCHOOL: "职业培训学校",
    InstitutionKind.TECHNICIAN_COLLEGE: "技工院校",
    InstitutionKind.VOCATIONAL_COLLEGE: "职业院校",
    InstitutionKind.AGRICULTURAL_BROADCAST_SCHOOL: "农业广播电视学校",
    InstitutionKind.EVALUATION_BODY: "评价机构",
    InstitutionKind.OTHER: "其他",
}

METHOD_UNKNOWN = reason("method_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, "S0-09b; S2-02f; S2-14c")
CERTIFICATE_KIND_UNKNOWN = reason("certificate_kind_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, "S2-Gd; S1-10a")
SUBSIDY_KIND_UNKNOWN = reason("subsidy_kind_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, "S2-04n; S2-16h")
OUTCOME_UNKNOWN = reason("outcome_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, "【设】申领结论三类")
FUND_SOURCE_UNKNOWN = reason("fund_source_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, "S2-Z3a; S0-17a")
EVALUATOR_KIND_UNKNOWN = reason("evaluator_kind_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, "S2-04c; S1-10a")
INSTITUTION_KIND_UNKNOWN = reason(
    "institution_kind_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, "S2-01d; S2-03a,c,g"
)


def _parse(
    text: str,
    names: Mapping[Word, str],
    unknown: Reason,
    word: str,
    aliases: Mapping[str, Word] | None = None,
) -> Word:
    cleaned = clean_word(text)
    for member, name in names.items():
        if cleaned == name:
            return member
    if aliases and cleaned in aliases:
        return aliases[cleaned]
    raise unknown.refused(word=word, given=mask_word(cleaned), accepted="、".join(names.values()))


_CERTIFICATE_KIND_ALIASES = {
    "技能等级证书": CertificateKind.SKILL_LEVEL,
    "职业技能等级认定证书": CertificateKind.SKILL_LEVEL,
    "国家职业资格证书": CertificateKind.QUALIFICATION,
    "专项职业能力考核证书": CertificateKind.SPECIAL_SKILL,
    "职业培训合格证书": CertificateKind.TRAINING_COMPLETION,
    "特种作业操作证": CertificateKind.SPECIAL_OPERATION,
    "特种设备作业人员证": CertificateKind.SPECIAL_EQUIPMENT,
}
_FUND_SOURCE_ALIASES = {
    "就业补助资金结构调整": FundSource.EMPLOYMENT_SUBSIDY,
    "失业保险基金提取": FundSource.UNEMPLOYMENT_INSURANCE,
    "失业保险": FundSource.UNEMPLOYMENT_INSURANCE,
}


@rule(number="VOC-05", stage="评价", source="豫人社规〔2022〕2号; S0-09b; S2-02f; S2-14c", since=FOUNDED)
def parse_method(text: str) -> Method:
    """Read how a certificate was earned. Raises method_unknown."""
    return _parse(text, METHOD_NAMES, METHOD_UNKNOWN, "取得方式", {"破格晋升": Method.EXCEPTIONAL})


@rule(number="VOC-06", stage="持证", source=f"{FOUNDING_SOURCE} 二; S2-Gd; S1-10a", since=FOUNDED)
def parse_certificate_kind(text: str) -> CertificateKind:
    """Read the kind of a certificate. Raises certificate_kind_unknown."""
    return _parse(
        text, CERTIFICATE_KIND_NAMES, CERTIFICATE_KIND_UNKNOWN, "证书类型", _CERTIFICATE_KIND_ALIASES
    )


@rule(number="VOC-07", stage="兑现", source=f"{FOUNDING_SOURCE} 第4、16项; S2-04n", since=FOUNDED)
def parse_subsidy_kind(text: str) -> SubsidyKind:
    """Read which subsidy is meant. Raises subsidy_kind_unknown."""
    aliases = {"职业技能评价补贴": SubsidyKind.EVALUATION, "职业培训补贴": SubsidyKind.TRAINING}
    return _parse(text, SUBSIDY_NAMES, SUBSIDY_KIND_UNKNOWN, "补贴类型", aliases)


@rule(number="VOC-08", stage="兑现", source=f"{FOUNDING_SOURCE} 四（三）; S2-Z3a", since=FOUNDED)
def parse_fund_source(text: str) -> FundSource:
    """Read one fund source of six; two in one field are refused (AC-H11). Raises fund_source_unknown."""
    return _parse(text, FUND_SOURCE_NAMES, FUND_SOURCE_UNKNOWN, "资金渠道", _FUND_SOURCE_ALIASES)


@rule(number="VOC-09", stage="兑现", source="【设】申领结论三类 (LIFECYCLE Claim)", since=FOUNDED)
def parse_outcome(text: str) -> Outcome:
    """Read what the rules said of a line. Raises outcome_unknown."""
    return _parse(text, OUTCOME_NAMES, OUTCOME_UNKNOWN, "结论")


@rule(number="VOC-10", stage="评价", source=f"{FOUNDING_SOURCE} 第4项; S2-04c", since=FOUNDED)
def parse_evaluator_kind(text: str) -> EvaluatorKind:
    """Read what kind of body evaluates. Raises evaluator_kind_unknown."""
    aliases = {
        "专项职业能力考核机构": EvaluatorKind.SPECIAL_SKILL_BODY,
        "职业技能鉴定机构": EvaluatorKind.APPRAISAL_BODY,
    }
    return _parse(text, EVALUATOR_KIND_NAMES, EVALUATOR_KIND_UNKNOWN, "评价机构类别", aliases)


@rule(number="VOC-11", stage="培训", source=f"{FOUNDING_SOURCE} 第1、3项; S2-01d", since=FOUNDED)
def parse_institution_kind(text: str) -> InstitutionKind:
    """Read what kind of institution trains or evaluates. Raises institution_kind_unknown."""
    aliases = {
        "民办职业培训机构": InstitutionKind.TRAINING_SCHOOL,
        "职业培训机构": InstitutionKind.TRAINING_SCHOOL,
    }
    return _parse(text, INSTITUTION_KIND_NAMES, INSTITUTION_KIND_UNKNOWN, "机构类型", aliases)


class Problem(StrEnum):
    """What a holder may say is wrong with a voucher."""

    NOT_ME = "not_me"
    NOT_RECEIVED = "not_received"
    OTHER = "other"


PROBLEM_NAMES: dict[Problem, str] = {
    Problem.NOT_ME: "不是本人办理的",
    Problem.NOT_RECEIVED: "没有收到（课程、证书等）",
    Problem.OTHER: "其他问题",
}
