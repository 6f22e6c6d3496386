"""Who signs what, in which order, and never the same person twice: hands by person, not by account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.money import check_fen, format_yuan
from voucher.rules.periods import in_force
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第16项、四（一）; S2-16i; LIFECYCLE Hands"
ORDER_SOURCE = f"{SOURCE}; AC-H1"
BANDS_SOURCE = "【设】审核层级按金额分档、可配置 (AC-H1; S2-16i)"
SINCE = date(2021, 10, 28)

SAME_HAND = reason(
    "same_hand",
    "您已办理过{done}，不能再办理{step}",
    "请由另一人办理{step}；同一人的不同账号视为同一人",
    SOURCE,
    Family.FORBIDDEN,
)
FIXED_ROLE = reason(
    "fixed_role",
    "您在本申领单中是{earlier}人，不能改办{step}",
    "退回补正后各环节仍由原角色或新的人员办理，一人一单只有一个角色",
    SOURCE,
    Family.FORBIDDEN,
)
ALREADY_SIGNED = reason(
    "already_signed",
    "您已在本申领单中办理{done}，不能处理它的异议和本人反映",
    "请由没有办理过本申领单的人员处理",
    SOURCE,
    Family.FORBIDDEN,
)
CLEARED_IT = reason(
    "cleared_it",
    "您参与过该申领的转人工核定，不能办理{step}",
    "请由没有参与核定的人员办理；同一人的不同账号视为同一人",
    SOURCE,
    Family.FORBIDDEN,
)
SECOND_PERSON_NEEDED = reason(
    "second_person_needed",
    "此事须由两人办理，不能由同一人提出并确认",
    "请由另一人确认；同一人的不同账号视为同一人",
    SOURCE,
    Family.FORBIDDEN,
)
INVOLVED = reason(
    "involved",
    "申领 {claim} 是您本人的，或付给您任职的机构，您不能办理它的{step}",
    "请回避，由没有关系的人员办理；逐条办理的，可以只选其余各条。同一人的不同账号视为同一人",
    f"公务员法 第七十六条（涉及本人利害关系的应当回避）; {SOURCE}",
    Family.FORBIDDEN,
)
STEP_SKIPPED = reason(
    "step_skipped",
    "不能跳级：{step}之前还须先办理{expected}",
    "请先完成{expected}",
    ORDER_SOURCE,
    Family.CONFLICT,
)
STEP_DONE = reason("step_done", "{step}已经办理", "请刷新后办理下一环节", ORDER_SOURCE, Family.CONFLICT)
STEP_NOT_REQUIRED = reason(
    "step_not_required", "本件不需要{step}", "请按流程办理：{required}", BANDS_SOURCE, Family.CONFLICT
)
BAND_MISSING = reason(
    "band_missing",
    "{amount} 元在 {on} 没有适用的审核层级",
    "请管理员录入覆盖该金额和日期的审核分档",
    BANDS_SOURCE,
)
BAND_INCOMPLETE = reason(
    "band_incomplete",
    "审核分档缺少{missing}",
    "每件申领至少须经申报、初审、复核、审批四人；请管理员补全分档",
    f"{SOURCE}; {BANDS_SOURCE}",
)


class Step(StrEnum):
    """The steps in their order: those of a claim, then those of the payment file that pays it."""

    SUBMIT = "submit"
    FIRST_REVIEW = "first_review"
    SECOND_REVIEW = "second_review"
    PROVINCE_REVIEW = "province_review"
    APPROVE = "approve"
    MAKE = "make"
    CHECK = "check"
    RELEASE = "release"


STEP_NAMES: dict[Step, str] = {
    Step.SUBMIT: "申报",
    Step.FIRST_REVIEW: "初审",
    Step.SECOND_REVIEW: "复核",
    Step.PROVINCE_REVIEW: "省级复核",
    Step.APPROVE: "审批",
    Step.MAKE: "制单",
    Step.CHECK: "付款复核",
    Step.RELEASE: "签发",
}
CLAIM_STEPS: tuple[Step, ...] = tuple(Step)[:5]
FILE_STEPS: tuple[Step, ...] = tuple(Step)[5:]
_FOUR_HANDS = (Step.SUBMIT, Step.FIRST_REVIEW, Step.SECOND_REVIEW, Step.APPROVE)
_ROLES: dict[Step, frozenset[Role]] = {
    Step.SUBMIT: frozenset({Role.OPERATOR, Role.EVALUATOR_ADMIN, Role.INSTITUTION_ADMIN}),
    Step.FIRST_REVIEW: frozenset({Role.OFFICER_COUNTY}),
    Step.SECOND_REVIEW: frozenset({Role.OFFICER_CITY}),
    Step.PROVINCE_REVIEW: frozenset({Role.OFFICER_PROVINCE}),
    Step.APPROVE: frozenset({Role.FINANCE_APPROVER}),
    Step.MAKE: frozenset({Role.FINANCE_MAKER}),
    Step.CHECK: frozenset({Role.FINANCE_CHECKER}),
    Step.RELEASE: frozenset({Role.FINANCE_RELEASER}),
}


@dataclass(frozen=True, slots=True)
class Beneficiaries:
    """Whom a claim concerns, by its number: the person it is made of, the institution it is paid to."""

    claim: str
    person_id: int
    payee_id: int


@dataclass(frozen=True, slots=True)
class AmountBand:
    """One dated row: the steps a claim of at least this amount goes through; both dates are included."""

    minimum_fen: int
    steps: tuple[Step, ...]
    document: str
    since: date
    until: date | None = None


@rule(number="APP-01", stage="兑现", source=SOURCE, since=SINCE)
def check_hands(step: Step, person_id: int, hands: Mapping[Step, int], *, doing: str | None = None) -> None:
    """Refuse a person who has already done a step that must be another's; `hands` are persons by step.

    The steps of a claim need different people; maker, checker and releaser differ; the releaser has
    done no step of any claim in the file, so ask once per claim. `doing` names the act where it is no step
    of its own and only bears the same bar. Raises same_hand.
    """
    for done, person in hands.items():
        if person == person_id and done is not step and _must_differ(step, done):
            raise SAME_HAND.refused(done=STEP_NAMES[done], step=doing or STEP_NAMES[step])


def _must_differ(one: Step, other: Step) -> bool:
    if Step.RELEASE in (one, other):
        return True
    return (one in CLAIM_STEPS) == (other in CLAIM_STEPS)


@rule(number="APP-02", stage="兑现", source=SOURCE, since=SINCE)
def check_fixed_role(step: Step, earlier_role: Step | None) -> None:
    """Refuse a person another role in a claim than the one held before. Raises fixed_role."""
    if earlier_role is not None and earlier_role is not step:
        raise FIXED_ROLE.refused(earlier=STEP_NAMES[earlier_role], step=STEP_NAMES[step])


@rule(number="APP-03", stage="兑现", source=f"{SOURCE}; LIFECYCLE Claim dismiss/uphold", since=SINCE)
def check_unsigned(person_id: int, hands: Mapping[Step, int]) -> None:
    """Refuse a decision on an objection by somebody who has signed the claim. Raises already_signed."""
    for done, person in hands.items():
        if person == person_id:
            raise ALREADY_SIGNED.refused(done=STEP_NAMES[done])


@rule(number="APP-04", stage="兑现", source=SOURCE, since=SINCE)
def check_two_people(first_person_id: int, second_person_id: int) -> None:
    """Refuse one person as both hands of a reversal, release, correction or reinstatement.

    Raises second_person_needed.
    """
    if first_person_id == second_person_id:
        raise SECOND_PERSON_NEEDED.refused()


@rule(number="APP-05", stage="兑现", source=f"{SOURCE}; 济源无下辖县（市、区）, S0-00", since=SINCE)
def roles_for(step: Step, *, same_office: bool) -> frozenset[Role]:
    """Return the roles that may take a step; `same_office` where a region has no level below it.

    There the officers of one office give both reviews, two different people by check_hands.
    """
    if same_office and step in (Step.FIRST_REVIEW, Step.SECOND_REVIEW):
        return _ROLES[Step.FIRST_REVIEW] | _ROLES[Step.SECOND_REVIEW]
    return _ROLES[step]


@rule(number="APP-06", stage="兑现", source=BANDS_SOURCE, since=SINCE)
def required_steps(amount_fen: int, on: date, bands: Iterable[AmountBand]) -> tuple[Step, ...]:
    """Return the steps of a claim by its amount in fen: those of the highest band it reaches, in order.

    Raises band_missing, band_incomplete, amount_not_fen.
    """
    check_fen(amount_fen)
    reached = [
        band for band in bands if band.minimum_fen <= amount_fen and in_force(on, band.since, band.until)
    ]
    band = max(reached, key=lambda each: (each.minimum_fen, each.since), default=None)
    if band is None:
        raise BAND_MISSING.refused(amount=format_yuan(amount_fen), on=on.isoformat())
    missing = [STEP_NAMES[step] for step in _FOUR_HANDS if step not in band.steps]
    if missing:
        raise BAND_INCOMPLETE.refused(missing="、".join(missing))
    return tuple(step for step in Step if step in band.steps)


@rule(number="APP-07", stage="兑现", source=ORDER_SOURCE, since=SINCE)
def next_step(done: Collection[Step], required: Sequence[Step]) -> Step | None:
    """Return the first required step that is not done, or None when all are."""
    return next((step for step in required if step not in done), None)


@rule(number="APP-08", stage="兑现", source=ORDER_SOURCE, since=SINCE)
def check_order(step: Step, done: Collection[Step], required: Sequence[Step]) -> None:
    """Refuse any step but the next one. Raises step_not_required, step_done, step_skipped."""
    if step not in required:
        names = " → ".join(STEP_NAMES[each] for each in required)
        raise STEP_NOT_REQUIRED.refused(step=STEP_NAMES[step], required=names)
    if step in done:
        raise STEP_DONE.refused(step=STEP_NAMES[step])
    expected = next_step(done, required)
    if expected is not None and expected is not step:
        raise STEP_SKIPPED.refused(step=STEP_NAMES[step], expected=STEP_NAMES[expected])


@rule(number="APP-09", stage="兑现", source=f"{SOURCE}; 【设】核定人不再审批、签发或处理其异议", since=SINCE)
def check_not_cleared(step: str, person_id: int, clearers: Collection[int]) -> None:
    """Refuse a later decision by somebody who has set the amount of a claim left to a person.

    They may still review it, because a small office has no others. Raises cleared_it.
    """
    if person_id in clearers:
        raise CLEARED_IT.refused(step=step)


@rule(number="APP-10", stage="兑现", source=INVOLVED.source, since=SINCE)
def check_uninvolved(
    step: str, person_id: int, institutions: Collection[int], claims: Iterable[Beneficiaries]
) -> None:
    """Refuse a decision on one's own claim, or one paid to an institution one works for with any account.

    Names the first such claim. Raises involved.
    """
    for each in claims:
        if each.person_id == person_id or each.payee_id in institutions:
            raise INVOLVED.refused(claim=each.claim, step=step)
