"""Filing of training institutions (机构备案): what has to be shown, how long a licence carries a class."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "豫办〔2021〕29号 第3项; S2-03c; 【参】P6 定点机构办法（办学许可、师资、场地）"
LICENCE_SOURCE = "民办教育促进法 第十二条、第十八条（办学许可证）; 【设】证照过期不得新开班"
STAFF_SOURCE = "人社部发〔2024〕5号 两目录一系统; DOMAIN N2 开班申请（师资、教学资源）"

FILING_INCOMPLETE = reason(
    "filing_incomplete",
    "备案申请还缺：{what}",
    "请补全后重新提交，已填写的内容都还在",
    SOURCE,
)
LICENCE_DATES = reason(
    "licence_dates_wrong",
    "证照有效期有误：{problem}",
    "请按证照原件填写；已经过期的证照，请先向发证机关办理延续，再申请备案",
    LICENCE_SOURCE,
)
LICENCE_EXPIRED = reason(
    "licence_expired",
    "{institution}的证照 {until} 到期，早于开班日期 {starts_on}",
    "请机构办理证照延续，并提交备案变更；审核通过后再开班、核销。到期前已开的班不受影响",
    LICENCE_SOURCE,
    Family.CONFLICT,
)
TEACHER_UNFILED = reason(
    "teacher_not_filed",
    "教师“{teacher}”不在机构备案的师资中",
    "请在“资质与备案”中申请增加教师，审核通过后再提交开班申请，或选择已备案的教师",
    STAFF_SOURCE,
    Family.CONFLICT,
)
TEACHER_UNKNOWN = reason(
    "teacher_not_known",
    "教师“{teacher}”没有备案，在授课机构也没有账号，认不出是谁",
    "请机构管理员在“人员”里为这位教师实名开通教师账号，或在“资质与备案”中填报师资，再提交",
    STAFF_SOURCE,
    Family.CONFLICT,
)
TEACHER_UNFIT = reason(
    "teacher_not_qualified",
    "教师“{teacher}”{problem}",
    "请选择资格有效、备案可教该职业的教师，或先申请变更备案",
    STAFF_SOURCE,
    Family.CONFLICT,
)
ROOM_UNFILED = reason(
    "room_not_filed",
    "场地“{room}”不在机构备案的场地中",
    "请在“资质与备案”中申请增加场地，审核通过后再提交开班申请，或选择已备案的场地",
    STAFF_SOURCE,
    Family.CONFLICT,
)
ROOM_SMALL = reason(
    "room_too_small",
    "场地“{room}”备案 {seats} 个座位，班额 {capacity} 人坐不下",
    "请减少班额，或选择更大的场地",
    STAFF_SOURCE,
    Family.LIMIT,
)
PROJECT_UNFILED = reason(
    "project_not_filed",
    "{what}没有按“{project}”项目备案，备案的是：{filed}",
    "请选择已备案的补贴项目，或先在“资质与备案”中申请增加",
    "豫人社办〔2025〕60号 目录清单管理; S2-03c; 【设】备案写明每个职业等级按什么项目培训",
    Family.CONFLICT,
)
SCOPE_OUTSIDE = reason(
    "outside_filed_scope",
    "{what}不在机构 {year} 年获准的职业、等级范围内",
    "请选择范围内的职业和等级；需要增加的，请先申请变更备案并列入清单",
    "豫人社办〔2025〕60号 目录清单管理; S2-03c; AC-E7",
    Family.CONFLICT,
)

PART_FULL = reason(
    "filing_part_full",
    "这件备案已有 {count} {unit}{part}，最多 {most} {unit}",
    "请先移除不再使用的；规模大、确实需要更多的，请联系受理备案的人社部门调整上限",
    SOURCE,
    Family.LIMIT,
)
PAPER_HEAVY = reason(
    "filing_paper_too_large",
    "这份文件有 {size_mb} MB，超过 {most_mb} MB 的上限",
    "请重新拍照或把扫描分辨率调到 200 dpi 后再上传，一次传一份",
    SOURCE,
    Family.LIMIT,
)
PAPERS_FULL = reason(
    "filing_papers_full",
    "这件备案上传的文件合计将有 {size_mb} MB，超过 {most_mb} MB 的上限（删掉的也算，原件依法留存）",
    "请只传必需的，照片调到 200 dpi、每张 1 MB 以内；已经传够的直接提交，放不下的撤回后重新申请备案",
    SOURCE,
    Family.LIMIT,
)
UPLOADER_FULL = reason(
    "filing_uploads_full",
    "您 {days} 天内为备案上传的文件合计将有 {size_mb} MB，超过 {most_mb} MB 的上限",
    "请过些天再传，或由本机构另一位经办人上传；确有需要的，联系当地人社部门",
    SOURCE,
    Family.LIMIT,
)
PART_NAMES = {
    "licences": ("证照", "份"),
    "scopes": ("职业和等级", "项"),
    "teachers": ("教师", "名"),
    "rooms": ("场地", "个"),
    "photos": ("这个场地的照片", "张"),
}
_MB = 1024 * 1024


class LicenceKind(StrEnum):
    """What a licence allows (证照类型)."""

    SCHOOL = "school"
    BUSINESS = "business"
    NONPROFIT = "nonprofit"
    PUBLIC_BODY = "public_body"
    OTHER = "other"


LICENCE_NAMES: dict[LicenceKind, str] = {
    LicenceKind.SCHOOL: "办学许可证",
    LicenceKind.BUSINESS: "营业执照",
    LicenceKind.NONPROFIT: "民办非企业单位登记证书",
    LicenceKind.PUBLIC_BODY: "事业单位法人证书",
    LicenceKind.OTHER: "其他资质",
}


@rule(number="FIL-01", stage="培训", source=SOURCE, since=FOUNDED)
def check_complete(
    words: Mapping[str, str], counts: Mapping[str, int], taught: Collection[str], scope: Mapping[str, str]
) -> None:
    """Refuse a filing that leaves something out, all of it said at once.

    `words` and `counts` are by Chinese label, `taught` the trades its teachers may teach, `scope` the trades
    applied for with their names. Raises filing_incomplete.
    """
    missing = [label for label, text in words.items() if not text.strip()]
    missing += [label for label, count in counts.items() if count < 1]
    missing += [f"能教“{name}”的教师" for code, name in scope.items() if code not in taught]
    if missing:
        raise FILING_INCOMPLETE.refused(what="、".join(missing))


@rule(number="FIL-02", stage="培训", source=LICENCE_SOURCE, since=FOUNDED)
def check_licence_dates(since: date, until: date | None, today: date) -> None:
    """Refuse a licence not yet in force, or no longer; without a last day it is for long (长期).

    Raises licence_dates_wrong.
    """
    if since > today:
        raise LICENCE_DATES.refused(problem=f"{since.isoformat()} 才生效")
    if until is not None and until < since:
        raise LICENCE_DATES.refused(problem="截止日早于起始日")
    if until is not None and until < today:
        raise LICENCE_DATES.refused(problem=f"已于 {until.isoformat()} 过期")


@rule(number="FIL-03", stage="培训", source=LICENCE_SOURCE, since=FOUNDED)
def licensed_until(ends: Sequence[date | None]) -> date | None:
    """Return the last day on which all licences stand; None where none of them ends."""
    return min((each for each in ends if each is not None), default=None)


@rule(number="FIL-04", stage="培训", source=LICENCE_SOURCE, since=FOUNDED)
def check_licensed(institution: str, until: date | None, starts_on: date) -> None:
    """Refuse a class that begins after the licences have ended; one that runs by then goes on.

    Raises licence_expired.
    """
    if until is not None and starts_on > until:
        raise LICENCE_EXPIRED.refused(
            institution=institution, until=until.isoformat(), starts_on=starts_on.isoformat()
        )


@rule(number="FIL-05", stage="培训", source=f"{LICENCE_SOURCE}；提醒天数【设】", since=FOUNDED)
def warned_until(today: date, days: int) -> date:
    """Return the last end of a licence of which an institution and its office are warned today."""
    return today + timedelta(days=days)


@rule(number="FIL-06", stage="培训", source=STAFF_SOURCE, since=FOUNDED)
def check_teacher(teacher: str, trades: Collection[str], until: date | None, trade: str, on: date) -> None:
    """Refuse a teacher who is not filed for a trade, or whose qualification ends before a class does.

    Raises teacher_not_qualified.
    """
    if trade not in trades:
        raise TEACHER_UNFIT.refused(teacher=teacher, problem="没有备案教这个职业")
    if until is not None and until < on:
        raise TEACHER_UNFIT.refused(
            teacher=teacher, problem=f"的资格 {until.isoformat()} 到期，早于结班日期 {on.isoformat()}"
        )


@rule(number="FIL-07", stage="培训", source=STAFF_SOURCE, since=FOUNDED)
def check_room(room: str, seats: int, capacity: int) -> None:
    """Refuse a room with fewer seats than a class has. Raises room_too_small."""
    if capacity > seats:
        raise ROOM_SMALL.refused(room=room, seats=seats, capacity=capacity)


@rule(number="FIL-08", stage="培训", source="豫人社办〔2025〕60号; S2-03c; AC-E7", since=FOUNDED)
def check_scope(scope: Collection[tuple[str, int]], trade: str, level: int, what: str, year: int) -> None:
    """Refuse a trade and level an institution was not allowed; a list that names none allows all.

    Level 0 in the scope stands for every level of its trade. Raises outside_filed_scope.
    """
    if scope and (trade, level) not in scope and (trade, 0) not in scope:
        raise SCOPE_OUTSIDE.refused(what=what, year=year)


@rule(number="FIL-09", stage="培训", source=PROJECT_UNFILED.source, since=FOUNDED)
def check_scope_project(
    scope: Collection[tuple[str, int, str]], trade: str, level: int, project: str, what: str
) -> None:
    """Refuse a project under which an institution did not file a trade and level it filed otherwise.

    Level 0 in the scope stands for every level of its trade. Raises project_not_filed.
    """
    filed = {named for code, at, named in scope if code == trade and at in (0, level)}
    if filed and project not in filed:
        raise PROJECT_UNFILED.refused(what=what, project=project, filed="、".join(sorted(filed)))


@rule(number="FIL-10", stage="培训", source=f"{SOURCE}；上限【设】", since=FOUNDED)
def check_part_fits(part: str, count: int, most: int) -> None:
    """Refuse one more entry where a part of a filing holds as many as it may. Raises filing_part_full."""
    if count >= most:
        name, unit = PART_NAMES[part]
        raise PART_FULL.refused(part=name, unit=unit, count=count, most=most)


@rule(number="FIL-11", stage="培训", source=f"{SOURCE}；上限【设】", since=FOUNDED)
def check_paper_fits(size_bytes: int, most_bytes: int) -> None:
    """Refuse a paper of more bytes than allowed. Raises filing_paper_too_large."""
    if size_bytes > most_bytes:
        raise PAPER_HEAVY.refused(size_mb=-(-size_bytes // _MB), most_mb=most_bytes // _MB)


@rule(number="FIL-12", stage="培训", source=f"{SOURCE}；上限【设】", since=FOUNDED)
def check_papers_fit(held_bytes: int, more_bytes: int, most_bytes: int) -> None:
    """Refuse a paper that makes all those of one filing heavier than allowed. Raises filing_papers_full."""
    if held_bytes + more_bytes > most_bytes:
        size = -(-(held_bytes + more_bytes) // _MB)
        raise PAPERS_FULL.refused(size_mb=size, most_mb=most_bytes // _MB)


@rule(number="FIL-13", stage="培训", source=f"{SOURCE}；上限【设】", since=FOUNDED)
def check_uploads_fit(held_bytes: int, more_bytes: int, most_bytes: int, days: int) -> None:
    """Refuse a paper that makes one person's of some days too heavy. Raises filing_uploads_full."""
    if held_bytes + more_bytes > most_bytes:
        size = -(-(held_bytes + more_bytes) // _MB)
        raise UPLOADER_FULL.refused(size_mb=size, most_mb=most_bytes // _MB, days=days)
