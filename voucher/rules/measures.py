"""The graduated ladder (处置措施): which step may follow which, on what grounds, and how its clocks run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.periods import in_force
from voucher.rules.privacy import mask_free_text
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "豫办〔2021〕29号 第3项、第4项（退出机制）; S2-04p; LIFECYCLE 机构"
HEARING_SOURCE = "行政处罚法 第44条、第45条、第63条（告知、陈述申辩、听证）; 【设】处置前告知"
EXPOSURE_SOURCE = "豫办〔2021〕29号 第4项（严肃查处并向社会曝光）; S2-04p; 个人信息保护法 第28条"


class Step(StrEnum):
    """A rung of the ladder, the referral at its end, and the way back."""

    WARN = "warn"
    RECTIFY = "rectify"
    SUSPEND = "suspend"
    DELIST = "delist"
    BLACKLIST = "blacklist"
    REFER = "refer"
    RESTORE = "restore"


STEP_NAMES: dict[Step, str] = {
    Step.WARN: "约谈",
    Step.RECTIFY: "责令整改",
    Step.SUSPEND: "停业整顿",
    Step.DELIST: "移出目录",
    Step.BLACKLIST: "列入黑名单",
    Step.REFER: "移送",
    Step.RESTORE: "恢复",
}
# from here on the institution may neither teach nor be paid before somebody has looked
STOPPING = frozenset({Step.SUSPEND, Step.DELIST, Step.BLACKLIST})
# what has to be put right by a day, and proven
WITH_DEADLINE = frozenset({Step.RECTIFY, Step.SUSPEND})
# what burdens an institution: a referral moves nothing here, a restoration is the way back
BURDENS = frozenset(Step) - {Step.REFER, Step.RESTORE}


class Ending(StrEnum):
    """Why an institution is restored."""

    ACCEPTED = "accepted"
    UPHELD = "upheld"
    EXPIRED = "expired"


ENDING_NAMES: dict[Ending, str] = {
    Ending.ACCEPTED: "整改验收合格",
    Ending.UPHELD: "申诉成立",
    Ending.EXPIRED: "期限届满",
}


class GroundKind(StrEnum):
    """What a measure may stand on."""

    FLAG = "flag"
    INSPECTION = "inspection"
    COMPLAINT = "complaint"


GROUND_NAMES: dict[GroundKind, str] = {
    GroundKind.FLAG: "风险线索",
    GroundKind.INSPECTION: "现场检查",
    GroundKind.COMPLAINT: "投诉举报",
}

STEP_SKIPPED = reason(
    "measure_step_not_open",
    "机构现为“{state}”，不能{step}",
    "请从机构页面选择现在可以办理的处置",
    SOURCE,
    Family.CONFLICT,
)
GROUND_MISSING = reason(
    "measure_ground_missing",
    "{step}须附至少 {least} 项查实的依据，现附 {count} 项",
    "请先对风险线索、现场检查或投诉下结论，再勾选为依据",
    SOURCE,
    Family.CONFLICT,
)
SKIP_UNEXPLAINED = reason(
    "measure_skip_unexplained",
    "从“{state}”直接{step}是越级处置，没有写明越级的理由",
    "请写明为什么较轻的处置不够；没有理由的，先办理较轻的一级",
    SOURCE,
    Family.CONFLICT,
)
DETAIL_MISSING = reason(
    "measure_detail_missing", "{step}没有写明{what}", "请补填后重新提出", SOURCE, Family.CONFLICT
)
HEARING_OPEN = reason(
    "measure_hearing_open",
    "机构可以在 {until}（含当天）前陈述申辩，现在还不能确认",
    "请等机构陈述，或等期限过去；风险线索已停住的款项不受影响",
    HEARING_SOURCE,
    Family.CONFLICT,
)
NOT_PROVEN = reason(
    "measure_not_proven",
    "机构还没有提交整改证明，不能以“{ending}”恢复",
    "请等机构在“处置与整改”提交证明，由两人验收；期限过了没有整改的，处置继续，可以办理更重的一级；"
    "申诉成立的，选择“申诉成立”",
    SOURCE,
    Family.CONFLICT,
)
NOT_EXPIRED = reason(
    "measure_not_expired",
    "期限到 {until}，还没有届满",
    "请在期满后办理；申诉成立的，选择“申诉成立”",
    SOURCE,
    Family.CONFLICT,
)
NO_APPEAL_UPHELD = reason(
    "measure_no_appeal_upheld",
    "使机构处在现在状态的那项处置，没有认定成立的申诉",
    "请先对那项处置的申诉下结论；别的处置申诉成立的，恢复时一并撤销，请另选恢复的缘由",
    SOURCE,
    Family.CONFLICT,
)
EXPOSED_TOO_EARLY = reason(
    "exposure_before_final",
    "处置“{state}”，还不能向社会曝光",
    "请在申诉期满、没有未决申诉，处置确定以后再公布",
    EXPOSURE_SOURCE,
    Family.CONFLICT,
)
EXPOSURE_PERSONAL = reason(
    "exposure_personal_data",
    "曝光内容含有证件号码、电话或账号",
    "请删去个人信息，只写机构的事实",
    EXPOSURE_SOURCE,
)
EXPOSURE_DAYS_WRONG = reason(
    "exposure_days_wrong",
    "公布期限应从 {first} 起，最长 {most} 日",
    "请改正起止日期",
    EXPOSURE_SOURCE,
)


@dataclass(frozen=True, slots=True)
class Path:
    """A dated row: from a state this step is open, with how many grounds and days to be heard.

    `is_direct` says that a lighter step is left out, which takes a reason.
    """

    from_state: str
    step: Step
    is_direct: bool
    grounds_least: int
    hearing_workdays: int
    since: date
    until: date | None
    source: str

    @property
    def legal_basis(self) -> str:
        """Return what of its source is law: the house's own assumptions (【设】) belong in no decision."""
        return "；".join(each for each in self.source.split("；") if not each.startswith("【"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A measure that stands: its step, until when it lasts, whether what it asked for was proven.

    `is_upheld` says that an appeal against this very measure was upheld.
    """

    step: Step
    until_on: date | None
    is_proven: bool
    is_upheld: bool


@rule(number="MEA-01", stage="监管", source=SOURCE, since=FOUNDED)
def find_path(paths: Iterable[Path], state: str, step: Step, on: date) -> Path:
    """Return the row by which a step is open from a state on a day. Raises measure_step_not_open."""
    for each in paths:
        if (each.from_state, each.step) == (state, step) and in_force(on, each.since, each.until):
            return each
    raise STEP_SKIPPED.refused(state=STATE_NAMES[Thing.INSTITUTION].get(state, state), step=STEP_NAMES[step])


@rule(number="MEA-02", stage="监管", source=SOURCE, since=FOUNDED)
def check_grounds(path: Path, grounds: int, skip_why: str) -> None:
    """Check that a step stands on enough concluded findings, and that a left-out step has its reason.

    Raises measure_ground_missing, measure_skip_unexplained.
    """
    name = STEP_NAMES[path.step]
    if grounds < path.grounds_least:
        raise GROUND_MISSING.refused(step=name, least=path.grounds_least, count=grounds)
    if path.is_direct and not skip_why.strip():
        raise SKIP_UNEXPLAINED.refused(state=STATE_NAMES[Thing.INSTITUTION][path.from_state], step=name)


@rule(number="MEA-03", stage="监管", source=SOURCE, since=FOUNDED)
def check_details(
    step: Step,
    today: date,
    *,
    deadline_on: date | None,
    until_on: date | None,
    recipient: str,
    ending: Ending | None,
) -> None:
    """Check what belongs to a step: a deadline to put things right, an end, a recipient, why it ends.

    Raises measure_detail_missing.
    """
    missing = ""
    if step in WITH_DEADLINE and (deadline_on is None or deadline_on <= today):
        missing = "整改期限（今天以后的日期）"
    elif step is Step.BLACKLIST and (until_on is None or until_on <= today):
        missing = "黑名单期限（今天以后的日期）"
    elif step is Step.REFER and not recipient.strip():
        missing = "移送给哪个机关"
    elif step is Step.RESTORE and ending is None:
        missing = "恢复的缘由"
    if missing:
        raise DETAIL_MISSING.refused(step=STEP_NAMES[step], what=missing)


@rule(number="MEA-04", stage="监管", source=HEARING_SOURCE, since=FOUNDED)
def check_heard(today: date, heard_until: date | None, *, has_stated: bool) -> None:
    """Check that whom a measure is against has been heard, or that its days are over.

    Raises measure_hearing_open.
    """
    if heard_until is not None and today <= heard_until and not has_stated:
        raise HEARING_OPEN.refused(until=heard_until.isoformat())


@rule(number="MEA-05", stage="监管", source=SOURCE, since=FOUNDED)
def check_restorable(ending: Ending, standing: Iterable[Standing], today: date) -> None:
    """Check that what restores an institution is true of the measures that stand against it.

    They come the oldest first: the last holds the institution where it is, and only an appeal against that
    one restores it; what was not appealed against keeps its own proof and its own end. A suspension proven
    in its turn needs no second proof of what led to it; a deadline that has passed proves nothing. Raises
    measure_not_proven, measure_not_expired, measure_no_appeal_upheld.
    """
    listed = list(standing)
    if ending is Ending.UPHELD:
        if not listed or not listed[-1].is_upheld:
            raise NO_APPEAL_UPHELD.refused()
        listed = [each for each in listed if not each.is_upheld]
    asked = [each for each in listed if each.step in WITH_DEADLINE]
    if asked and not asked[-1].is_proven:
        raise NOT_PROVEN.refused(ending=ENDING_NAMES[ending])
    for each in listed:
        if each.until_on is not None and today <= each.until_on:
            raise NOT_EXPIRED.refused(until=each.until_on.isoformat())


@rule(number="MEA-06", stage="监管", source=EXPOSURE_SOURCE, since=FOUNDED)
def check_exposure(
    state: str, words: Iterable[str], today: date, from_on: date, until_on: date, days_most: int
) -> None:
    """Check what is shown to everybody: only a final measure, no personal data, for so many days at most.

    Raises exposure_before_final, exposure_personal_data, exposure_days_wrong.
    """
    if state != "final":
        raise EXPOSED_TOO_EARLY.refused(state=STATE_NAMES[Thing.MEASURE][state])
    if any(mask_free_text(each).count("*") > each.count("*") for each in words):
        raise EXPOSURE_PERSONAL.refused()
    if from_on < today or until_on < from_on or (until_on - from_on).days >= days_most:
        raise EXPOSURE_DAYS_WRONG.refused(first=today.isoformat(), most=days_most)
