"""What a programme (券种) may say: its two axes, what it is for, what it may cost, how long it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from voucher.rules.errors import Refused, reason
from voucher.rules.levels import LEVEL_NAMES, Level, clean_word, mask_word
from voucher.rules.money import check_fen
from voucher.rules.register import rule
from voucher.rules.subsidy import Case, Form, Modifier, Price, Standard, price_subsidy
from voucher.rules.vocabulary import (
    CERTIFICATE_KIND_NAMES,
    LEVEL_CERTIFICATE_KINDS,
    CertificateKind,
    Outcome,
    SubsidyKind,
)

SOURCE = "豫办〔2021〕29号 第16项; S2-16a,b; DOMAIN W1、W2"
AXES_SOURCE = "DOMAIN W3、W6（功能：面值、抵用、签到；发放：通用、定向）; AC-A6; S2-16a"
TRADE_SOURCE = "豫办〔2021〕29号 一、第4项; S2-00a; S2-03e; S2-04r"
CAPS_SOURCE = "豫人社规〔2022〕2号; 【设】发放时按上限预占 (DESIGN 4)"
SINCE = date(2021, 10, 28)
NO_LEVEL = 0
Axis = TypeVar("Axis", bound=StrEnum)


class Worth(StrEnum):
    """What a voucher does (功能): shows a value, opens the right to a subsidy, or only signs in."""

    FACE_VALUE = "face_value"
    OFFSET = "offset"
    SIGN_IN = "sign_in"


class Channel(StrEnum):
    """How a voucher is given (发放): taken by oneself for any class, or issued to a person for one trade."""

    OPEN = "open"
    DIRECTED = "directed"


WORTH_NAMES: dict[Worth, str] = {
    Worth.FACE_VALUE: "面值券",
    Worth.OFFSET: "抵用券",
    Worth.SIGN_IN: "签到券",
}
CHANNEL_NAMES: dict[Channel, str] = {Channel.OPEN: "通用券", Channel.DIRECTED: "定向券"}

AXIS_UNKNOWN = reason(
    "voucher_axis_unknown",
    "券的{axis}“{given}”不在规定的范围内",
    "请从以下选一项，不能兼选：{accepted}",
    AXES_SOURCE,
)
DIRECTED_WITHOUT_TRADE = reason(
    "directed_without_trade",
    "定向券没有指定职业（工种）或专项职业能力项目",
    "请指定职业和等级，或专项职业能力项目；由本人自选的，请选通用券",
    AXES_SOURCE,
)
TRADE_WITHOUT_LEVEL = reason(
    "trade_without_level",
    "职业（项目）与等级没有同时填写",
    "请同时填写，或都不填（由本人在报名时选择）；专项职业能力和不分等级的课程，等级填 0",
    TRADE_SOURCE,
)
TRADE_UNKNOWN = reason(
    "trade_unknown",
    "没有代码为 {trade} 的职业或专项职业能力项目（{on}）",
    "请从职业分类大典或专项职业能力目录中选择；新增的请先导入目录",
    TRADE_SOURCE,
)
TRADE_UNFIT = reason(
    "trade_unfit",
    "{kind}与所选{trade}、等级“{level}”不相符",
    "职业技能等级和职业资格证书须选职业和等级；专项职业能力证书须选专项项目；其余不分等级",
    TRADE_SOURCE,
)
CAPS_NEEDED = reason(
    "caps_needed",
    "通用券没有填写培训补贴和评价补贴的上限",
    "请填写每张券最多占用的两项金额：由本人自选职业的券，发放时按上限预占",
    CAPS_SOURCE,
)
SIGN_IN_PAYS_NOTHING = reason(
    "sign_in_pays_nothing",
    "签到券不占用资金，不能填写补贴上限",
    "请将两项上限留空或填 0；需要补贴的，请选面值券或抵用券",
    "DOMAIN W6（打卡签到专用券）",
)
PAYS_NOTHING = reason(
    "programme_pays_nothing",
    "按现行标准，这个券种的两项补贴都是 0 元",
    "请核对职业、等级和证书类型；只用于签到的，请选签到券",
    CAPS_SOURCE,
)
QUANTITY_INVALID = reason("quantity_invalid", "数量必须是大于零的整数", "请核对数量后重新填写", SOURCE)
PROGRAMME_DATES = reason(
    "programme_dates",
    "发放日期 {from_on} 至 {until_on} 不成立，或已经过去",
    "请填写不早于今日结束的发放期，首尾两日计入",
    SOURCE,
)
PERIOD_INVALID = reason(
    "programme_period_invalid",
    "有效天数、取证月数必须是大于零的整数，或留空按参数执行",
    "请核对后重新填写",
    "【参】有效期不超过3个月（DOMAIN V11）; 【设】LIFECYCLE Two dates",
)
PROGRAMME_WORDS_MISSING = reason(
    "programme_words_missing", "没有填写{what}", "请补填{what}：券种名称和依据文号都会公开显示", SOURCE
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a drafted programme says, before any register is asked; amounts in fen, both dates included."""

    name: str
    document: str
    worth: Worth
    channel: Channel
    certificate_kind: CertificateKind
    trade_code: str | None
    level: int | None
    training_cap_fen: int | None
    evaluation_cap_fen: int | None
    quantity: int
    from_on: date
    until_on: date
    validity_days: int | None
    certify_months: int | None


@rule(number="PRG-01", stage="发券", source=AXES_SOURCE, since=SINCE)
def parse_worth(text: str) -> Worth:
    """Read what a voucher does, from its code or its Chinese word. Raises voucher_axis_unknown."""
    return _parse(text, WORTH_NAMES, "功能")


@rule(number="PRG-02", stage="发券", source=AXES_SOURCE, since=SINCE)
def parse_channel(text: str) -> Channel:
    """Read how a voucher is given, from its code or its Chinese word. Raises voucher_axis_unknown."""
    return _parse(text, CHANNEL_NAMES, "发放方式")


def _parse(text: str, names: Mapping[Axis, str], axis: str) -> Axis:
    word = clean_word(text)
    for member, name in names.items():
        if word in (member.value, name, name.removesuffix("券")):
            return member
    raise AXIS_UNKNOWN.refused(axis=axis, given=mask_word(word), accepted="、".join(names.values()))


@rule(number="PRG-03", stage="发券", source=SOURCE, since=SINCE)
def check_terms(terms: Terms, today: date) -> None:
    """Refuse what a programme cannot mean, whatever the registers hold.

    Raises programme_words_missing, quantity_invalid, programme_dates, programme_period_invalid,
    directed_without_trade, trade_without_level, sign_in_pays_nothing, caps_needed, amount_not_fen.
    """
    for what, text in (("券种名称", terms.name), ("依据文号", terms.document)):
        if not text.strip():
            raise PROGRAMME_WORDS_MISSING.refused(what=what)
    check_quantity(terms.quantity)
    if terms.until_on < max(terms.from_on, today):
        raise PROGRAMME_DATES.refused(from_on=terms.from_on.isoformat(), until_on=terms.until_on.isoformat())
    if any(period is not None and period <= 0 for period in (terms.validity_days, terms.certify_months)):
        raise PERIOD_INVALID.refused()
    if (terms.trade_code is None) != (terms.level is None):
        raise TRADE_WITHOUT_LEVEL.refused()
    if terms.channel is Channel.DIRECTED and terms.trade_code is None:
        raise DIRECTED_WITHOUT_TRADE.refused()
    _check_caps(terms)


def _check_caps(terms: Terms) -> None:
    caps_fen = (terms.training_cap_fen, terms.evaluation_cap_fen)
    given_fen = [check_fen(each) for each in caps_fen if each is not None]
    if terms.worth is Worth.SIGN_IN:
        if any(given_fen):
            raise SIGN_IN_PAYS_NOTHING.refused()
        return
    if any(each < 0 for each in given_fen) or (terms.trade_code is None and len(given_fen) < len(caps_fen)):
        raise CAPS_NEEDED.refused()


@rule(number="PRG-04", stage="发券", source=SOURCE, since=SINCE)
def check_quantity(quantity: int) -> None:
    """Refuse a number of vouchers that is none. Raises quantity_invalid."""
    if quantity <= 0:
        raise QUANTITY_INVALID.refused()


@rule(number="PRG-05", stage="发券", source=TRADE_SOURCE, since=SINCE)
def check_trade_fits(certificate_kind: CertificateKind, level: int, *, is_item: bool) -> None:
    """Refuse a certificate that is not given for an occupation, an item or a level like this.

    Level certificates need an occupation and a level, 专项 certificates an item; everything else has
    no level, which is written 0. Raises trade_unfit.
    """
    if certificate_kind in LEVEL_CERTIFICATE_KINDS:
        fits = not is_item and level in {each.value for each in Level}
    elif certificate_kind is CertificateKind.SPECIAL_SKILL:
        fits = is_item and level == NO_LEVEL
    else:
        fits = level == NO_LEVEL
    if not fits:
        named = {each.value: name for each, name in LEVEL_NAMES.items()}
        raise TRADE_UNFIT.refused(
            kind=CERTIFICATE_KIND_NAMES[certificate_kind],
            trade="专项职业能力项目" if is_item else "职业",
            level=named.get(level, "无" if level == NO_LEVEL else str(level)),
        )


@rule(number="PRG-06", stage="发券", source=CAPS_SOURCE, since=SINCE)
def price_at_most(case: Case, standards: Sequence[Standard], modifiers: Sequence[Modifier]) -> Price:
    """Return what a certificate may cost at most on a day, before anybody knows the hours of a class."""
    unhourly = [each for each in standards if each.form != Form.TRAINING_COMPLETION_HOUR]
    return price_subsidy(replace(case, hours=None), unhourly, modifiers)


@rule(number="PRG-07", stage="发券", source=CAPS_SOURCE, since=SINCE)
def programme_caps(
    terms: Terms, case: Case | None, standards: Sequence[Standard], modifiers: Sequence[Modifier]
) -> dict[SubsidyKind, int]:
    """Return what one voucher may cost at most per subsidy, in fen: as given, or by the standards.

    `case` is the trade on the first day of issue, None where the holder chooses. A subsidy without a
    standard is worth nothing. Raises programme_pays_nothing, standards_conflict.
    """
    given_fen = {
        SubsidyKind.TRAINING: terms.training_cap_fen,
        SubsidyKind.EVALUATION: terms.evaluation_cap_fen,
    }
    if terms.worth is Worth.SIGN_IN:
        return dict.fromkeys(given_fen, 0)
    caps_fen = {
        kind: _cap_fen(replace(case, kind=kind), standards, modifiers)
        if cap_fen is None and case is not None
        else cap_fen or 0
        for kind, cap_fen in given_fen.items()
    }
    if not any(caps_fen.values()):
        raise PAYS_NOTHING.refused()
    return caps_fen


def _cap_fen(case: Case, standards: Sequence[Standard], modifiers: Sequence[Modifier]) -> int:
    price = price_at_most(case, standards, modifiers)
    if price.outcome is Outcome.MANUAL and price.refusal is not None:
        raise Refused(price.refusal)
    return price.amount_fen
