"""审计比对: which lists auditors bring every year, what each is held against, and the sentence of a hit.

A list has the days somebody stood on it, or none: then it stands for the whole span that is looked at, and
the sentence says so, because the clerk has to ask for the days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.rules.register import rule

SINCE = date(2021, 10, 28)
SOURCE = "审计署令第11号 第12条 电子数据比对; 豫办〔2021〕29号 四（三）专项审计; DOMAIN N12【设】"


class ListKind(StrEnum):
    """The kinds of lists auditors bring along."""

    INSURED = "insured"
    PENSION = "pension"
    PAYROLL = "payroll"
    DECEASED = "deceased"
    STUDENT = "student"
    CONTACTS = "contacts"
    ELSEWHERE = "elsewhere"
    CUSTODY = "custody"
    CERTIFICATE = "certificate"
    PAID = "paid"
    BACKFLOW = "backflow"
    ANSWERS = "answers"


class JoinKind(StrEnum):
    """What is asked: one of the lists held against what was paid, or the house against itself."""

    INSURED = "insured"
    PENSION = "pension"
    PAYROLL = "payroll"
    DECEASED = "deceased"
    STUDENT = "student"
    SHARED = "shared"
    OVERLAP = "overlap"
    BURST = "burst"


LIST_NAMES: dict[ListKind, str] = {
    ListKind.INSURED: "在职参保名单（社保）",
    ListKind.PENSION: "领取养老金名单（退休）",
    ListKind.PAYROLL: "财政供养人员名单",
    ListKind.DECEASED: "死亡名单",
    ListKind.STUDENT: "在校学生名单",
    ListKind.CONTACTS: "账户、电话名单",
    ListKind.ELSEWHERE: "其他地区、其他系统的培训名单",
    ListKind.CUSTODY: "羁押、服刑名单",
    ListKind.CERTIFICATE: "以前取得的证书名单",
    ListKind.PAID: "其他地区、其他系统的补贴发放名单",
    ListKind.BACKFLOW: "学员付给机构、招生人的资金流水",
    ListKind.ANSWERS: "逐题答卷",
}
# which risk rules read a list as well, once it is brought along; the others are for questions alone
FEEDS: dict[ListKind, tuple[str, ...]] = {
    ListKind.DECEASED: ("R02",),
    ListKind.PENSION: ("R02",),
    ListKind.STUDENT: ("R02",),
    ListKind.CUSTODY: ("R02",),
    ListKind.INSURED: ("R02",),
    ListKind.CERTIFICATE: ("R02",),
    ListKind.PAID: ("R01",),
    ListKind.CONTACTS: ("R15", "R26"),
    ListKind.BACKFLOW: ("R16",),
    ListKind.ANSWERS: ("R09",),
}
# of whom a list says that it holds for good, once it has begun
FOR_GOOD = frozenset({ListKind.DECEASED, ListKind.PENSION})
JOIN_NAMES: dict[JoinKind, str] = {
    JoinKind.INSURED: "在职参保（社保）",
    JoinKind.PENSION: "退休",
    JoinKind.PAYROLL: "财政供养",
    JoinKind.DECEASED: "死亡",
    JoinKind.STUDENT: "在校",
    JoinKind.SHARED: "共用账户、电话",
    JoinKind.OVERLAP: "时间重叠",
    JoinKind.BURST: "集中突击",
}
# which list a question is put to; without one only the house's own rows are read
NEEDED: dict[JoinKind, ListKind] = {
    JoinKind.INSURED: ListKind.INSURED,
    JoinKind.PENSION: ListKind.PENSION,
    JoinKind.PAYROLL: ListKind.PAYROLL,
    JoinKind.DECEASED: ListKind.DECEASED,
    JoinKind.STUDENT: ListKind.STUDENT,
}
WELCOME: dict[JoinKind, ListKind] = {
    JoinKind.SHARED: ListKind.CONTACTS,
    JoinKind.OVERLAP: ListKind.ELSEWHERE,
}
# what a hit is to be checked for, by the question
CHECKS: dict[JoinKind, str] = {
    JoinKind.INSURED: "请核对参保单位、起止月份，以及所用券种是否排除在职人员",
    JoinKind.PENSION: "请核对退休审批日期；开班时已领取养老金的不属于补贴对象",
    JoinKind.PAYROLL: "请核对人事编制登记；财政供养人员不属于补贴对象",
    JoinKind.DECEASED: "请核对死亡登记日期、签到方式和经办人；去世后的培训、考试不可能是本人",
    JoinKind.STUDENT: "请核对学籍起止；毕业学年学生另有规定的，调取依据",
    JoinKind.SHARED: "请逐人电话核实，核对是否一家人、是否有人代领代签",
    JoinKind.OVERLAP: "请调取两处签到记录和现场影像，核对本人当时在哪里",
    JoinKind.BURST: "请核对这些申领的申报材料、签到时间和经办人",
}

LIST_NEEDED = reason(
    "join_list_needed",
    "“{join}”比对要先选一份{kind}",
    "请先导入这一种名单，再选它比对",
    SOURCE,
)
LIST_UNSUITED = reason(
    "join_list_unsuited",
    "“{join}”比对不用这一种名单",
    "请选{kind}，或者不选名单",
    SOURCE,
)
SPAN_UNSOUND = reason(
    "join_span_unsound",
    "比对的期间不对：从 {since} 到 {until}",
    "开始日不晚于结束日，结束日不晚于今天，一次最多 {days} 天；更长的请分几次比对",
    SOURCE,
)
LIST_AHEAD = reason(
    "audit_list_ahead",
    "名单日期 {as_of} 在今天以后",
    "请填名单截止到哪一天，不能晚于今天",
    SOURCE,
)
LIST_ROW_BARE = reason(
    "audit_list_row_bare",
    "这一行没有账号、手机号、住址，也没有紧急联系人电话",
    "账户、电话名单每行至少填一项",
    SOURCE,
)
LIST_WORD_UNKNOWN = reason(
    "audit_list_word_unknown",
    "“{given}”不是规定的填写内容",
    "请填写以下之一：{accepted}",
    SOURCE,
)
LIST_EMPTY = reason(
    "audit_list_empty",
    "名单里没有可以比对的行",
    "请核对文件：第一行是列名，第二行起每行一人",
    SOURCE,
)
LIST_TWICE = reason(
    "audit_list_twice",
    "同一个文件已作为同一种名单导入（名单 {number}）",
    "请直接选那一份名单比对",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Used:
    """What one voucher or claim was used for: days of training or exam, what was claimed, how it stands."""

    what: str
    first_on: date
    last_on: date
    claim: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list: where it stands in the file, and between which days it speaks."""

    line: int
    since: date | None
    until: date | None
    is_name_other: bool = False


@rule(number="JOI-01", stage="监管", source=SOURCE, since=SINCE)
def check_join(
    kind: JoinKind, list_kind: ListKind | None, since: date, until: date, today: date, *, days_most: int
) -> None:
    """Refuse a question without its list, with another's, or over an unsound span.

    Raises join_list_needed, join_list_unsuited, join_span_unsound.
    """
    needed = NEEDED.get(kind)
    if needed is not None and list_kind is None:
        raise LIST_NEEDED.refused(join=JOIN_NAMES[kind], kind=LIST_NAMES[needed])
    suited = needed or WELCOME.get(kind)
    if list_kind is not None and list_kind is not suited:
        told = "不带名单" if suited is None else LIST_NAMES[suited]
        raise LIST_UNSUITED.refused(join=JOIN_NAMES[kind], kind=told)
    if not timedelta(0) <= until - since < timedelta(days=days_most) or until > today:
        raise SPAN_UNSOUND.refused(since=since, until=until, days=days_most)


@rule(number="JOI-02", stage="监管", source=SOURCE, since=SINCE)
def speaks_of(
    kind: JoinKind, listed: Listed, first_on: date, last_on: date, present_after: date | None
) -> bool:
    """Return whether a line of a list speaks against days of training or exam.

    Who draws a pension must not begin; who died must not begin, nor be present on a later day
    (`present_after` is the last day somebody was written down as present); all others must not stand on the
    list on any of the days.
    """
    since, until = listed.since, listed.until
    if kind is JoinKind.DECEASED:
        return since is None or since < first_on or (present_after is not None and since < present_after)
    last = first_on if kind is JoinKind.PENSION else last_on
    return (since is None or since <= last) and (until is None or until >= first_on)


@rule(number="JOI-03", stage="监管", source=SOURCE, since=SINCE)
def tell_listed(kind: JoinKind, list_name: str, listed: Listed, used: Used) -> str:
    """Return the sentence of a hit on a list: which line, which days, what was paid, what to check."""
    days = (
        "（名单没有起止日期，按整个期间在册）"
        if listed.since is None and listed.until is None
        else f"{_day(listed.since, '起始不详')} 至 {_day(listed.until, '名单日仍在册')}"
    )
    said = f"{list_name}第 {listed.line} 行" + ("：" if listed.since or listed.until else "") + days
    if kind is JoinKind.DECEASED and listed.since is not None:
        said = f"{list_name}第 {listed.line} 行：{listed.since.isoformat()} 去世"
    name = "；名单上的姓名与登记的不同，先核对是不是同一人" if listed.is_name_other else ""
    return f"{said}；{tell_used(used)}{name}。{CHECKS[kind]}。"


@rule(number="JOI-04", stage="监管", source=SOURCE, since=SINCE)
def tell_used(used: Used) -> str:
    """Return what a voucher was used for, in words: days, claim and amount."""
    days = used.first_on.isoformat()
    if used.last_on != used.first_on:
        days += f" 至 {used.last_on.isoformat()}"
    paid = f"，{used.claim} {format_yuan(used.amount_fen)} 元" if used.claim else "，尚未申领补贴"
    return f"{days} {used.what}{paid}"


@rule(number="JOI-05", stage="监管", source=SOURCE, since=SINCE)
def tell_overlap(first: str, second: str, sessions: int, used: Used) -> str:
    """Return the sentence of somebody present at two places at one time."""
    return (
        f"同一时间在两处都记了到课，共 {sessions} 次：{first}；{second}。涉及{tell_used(used)}。"
        f"{CHECKS[JoinKind.OVERLAP]}。"
    )


@rule(number="JOI-06", stage="监管", source=SOURCE, since=SINCE)
def tell_shared(said: str, used: Used) -> str:
    """Return the sentence of one of several who share an account or a phone."""
    return f"{said}此人{tell_used(used)}。{CHECKS[JoinKind.SHARED]}。"


@rule(number="JOI-07", stage="监管", source=SOURCE, since=SINCE)
def tell_burst(said: str) -> str:
    """Return the sentence of a burst of claims."""
    return f"{said}{CHECKS[JoinKind.BURST]}。"


def _day(on: date | None, unknown: str) -> str:
    return unknown if on is None else on.isoformat()
