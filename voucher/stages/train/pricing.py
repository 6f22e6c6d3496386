"""What a place in a class is worth, and what enrolment locks for it: keys, amounts, the money kept.

面值 定向 is priced by the day of issue, everything else by the day of enrolment; nothing above the cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import budget as budgets
from voucher.ledger import commitments, entitlements
from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import CONSUMED, TAKEN, Entitlement
from voucher.ledger.holders import find_earned_days, find_holders
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.catalogue import Project
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.duplicates import (
    EarlierClaim,
    canonical_occupation,
    entitlement_key,
    fold_key,
    judge_duplicates,
)
from voucher.rules.entitlement_periods import entitlement_period, is_by_period
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import Level
from voucher.rules.money import format_yuan
from voucher.rules.subsidy import Case, Price, price_subsidy
from voucher.rules.vocabulary import CertificateKind, Method, Outcome, SubsidyKind
from voucher.stages.issue.queries import Programme
from voucher.stages.train.models.classes import TrainingClass

SOURCE = "豫人社规〔2022〕2号; DOMAIN W2; 【设】锁定时定值，不高于发放时预占（DESIGN 4）"
# paid first on an equal footing; the order in which a voucher's subsidies are told
KINDS = (SubsidyKind.TRAINING, SubsidyKind.EVALUATION)

NO_SUBSIDY_FOR_CLASS = reason(
    "no_subsidy_for_class",
    "该班级按现行标准没有可兑现的补贴：{why}",
    "请选择有补贴标准的班级；只需登记学习的，请使用签到券",
    SOURCE,
    Family.CONFLICT,
)
VALUE_ABOVE_CAP = reason(
    "value_above_cap",
    "该班级的补贴合计 {needed} 元，高于本券的上限 {cap} 元",
    "请选择补贴不高于上限的班级，或使用其他培训券",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One subsidy a place in a class would lock: its key, its amount in fen and the sum's words."""

    kind: SubsidyKind
    key: str
    amount_fen: int
    explanation: str


def canonical_trade(session: Session, kind: str, code: str) -> str:
    """Return a trade's code after the alias map; an item (专项) has no aliases."""
    return canonical_trades(session, kind, [code])[code]


def canonical_trades(session: Session, kind: str, codes: Iterable[str]) -> dict[str, str]:
    """Return the code of each trade after the alias map, which is read once for all."""
    if kind == CertificateKind.SPECIAL_SKILL:
        return {code: code for code in codes}
    aliases = catalogue.read_aliases(session)
    return {code: canonical_occupation(code, aliases) for code in codes}


def price_class(session: Session, offered: TrainingClass, kind: SubsidyKind, on: date) -> Price:
    """Return what a class earns of one subsidy by the standards in force on a day, if it ends as planned."""
    case = class_case(session, offered, kind, on)
    return price_subsidy(case, tables.read_standards(session), tables.read_modifiers(session))


def class_case(session: Session, offered: TrainingClass, kind: SubsidyKind, on: date) -> Case:
    """Return what of a class the standards of a day are asked about."""
    special = offered.certificate_kind == CertificateKind.SPECIAL_SKILL
    return Case(
        kind=kind,
        certificate_kind=CertificateKind(offered.certificate_kind),
        level=Level(offered.level) if offered.level else None,
        occupation_code=None
        if special
        else canonical_trade(session, offered.certificate_kind, offered.trade_code),
        item_code=offered.trade_code if special else None,
        method=Method.EXAM,
        issued_on=on,
        region_codes=tuple(catalogue.list_ancestry(session, offered.region_code)),
        hours=offered.hours_planned,
        mode=TrainingMode(offered.mode),
        training_kind=offered.training_kind,
    )


def priced_on(voucher: Voucher, today: date) -> date:
    """Return the day whose standards count: the issue of a 面值 定向 voucher, else the enrolment."""
    if voucher.worth == "face_value" and voucher.channel == "directed":
        return voucher.priced_on or day_of(voucher.issued_at)
    return today


def promise(work: Work, voucher: Voucher, programme: Programme, offered: TrainingClass) -> list[Promise]:
    """Return what enrolling a voucher in a class would lock; nothing for a 签到 voucher.

    A subsidy the programme keeps no money for is not promised. Raises Refused no_subsidy_for_class,
    value_above_cap, duplicate_entitlement, yearly_cap_reached, higher_level_held, and what leaves the
    standard in doubt.
    """
    if voucher.worth == "sign_in":
        return []
    caps_fen = {
        SubsidyKind.TRAINING: programme.training_cap_fen,
        SubsidyKind.EVALUATION: programme.evaluation_cap_fen,
    }
    promised: list[Promise] = []
    told: list[str] = []
    for kind in KINDS:
        price = price_class(work.session, offered, kind, priced_on(voucher, work.today))
        if price.outcome is Outcome.MANUAL and price.refusal is not None:
            raise Refused(price.refusal)
        if price.refusal is not None:
            told.append(price.refusal.title)
        elif caps_fen[kind]:
            amount_fen = price.amount_fen
            if kind is SubsidyKind.TRAINING and voucher.channel == "directed":
                amount_fen = min(amount_fen, voucher.face_value_fen or amount_fen)
            key = _key(work.session, voucher, offered, kind)
            promised.append(Promise(kind, key, amount_fen, price.explanation))
    if not promised:
        raise NO_SUBSIDY_FOR_CLASS.refused(why="；".join(told) or "本券种没有安排相应资金")
    needed_fen = sum(each.amount_fen for each in promised)
    if needed_fen > voucher.cap_fen:
        raise VALUE_ABOVE_CAP.refused(needed=format_yuan(needed_fen), cap=format_yuan(voucher.cap_fen))
    _check_precedence(work, voucher, offered, promised)
    return promised


def _key(session: Session, voucher: Voucher, offered: TrainingClass, kind: SubsidyKind) -> str:
    special = offered.certificate_kind == CertificateKind.SPECIAL_SKILL
    return entitlement_key(
        kind,
        voucher.holder_person_id,
        certificate_kind=CertificateKind(offered.certificate_kind),
        occupation_code=None if special else offered.trade_code,
        level=Level(offered.level) if offered.level else None,
        item_code=offered.trade_code if special else None,
        project_code=session.get_one(Project, offered.project_id).code,
        period=_period(offered),
        aliases=catalogue.read_aliases(session),
    )


def _period(offered: TrainingClass) -> str | None:
    return entitlement_period(
        CertificateKind(offered.certificate_kind), offered.training_kind, offered.ends_on
    )


def _check_precedence(
    work: Work, voucher: Voucher, offered: TrainingClass, promised: Sequence[Promise]
) -> None:
    """Refuse what the person has or is promised already; what an officer decides waits for the claim.

    So does the yearly cap of the evaluation subsidy: it counts in the year it is claimed in, and bars nobody
    from training.
    """
    session = work.session
    earlier = _read_earlier(work, voucher.holder_person_id)
    regions = catalogue.list_ancestry(session, offered.region_code)
    for each in promised:
        parameters = tables.read_duplicate_parameters(session, each.kind, work.today, regions)
        if each.kind is SubsidyKind.EVALUATION:
            parameters = replace(parameters, yearly_cap=None)
        if any(is_by_period(one) for one in (each.key, *(before.key for before in earlier))):
            months = tables.read_parameter_number(session, tables.CARD_RENEWAL_MONTHS, work.today, regions)
            parameters = replace(parameters, period_months=months)
        judged = judge_duplicates(
            each.key,
            Level(offered.level) if offered.level else None,
            canonical_trade(session, offered.certificate_kind, offered.trade_code) if offered.level else None,
            work.today,
            earlier,
            parameters,
            offered.ends_on,
        )
        if judged.outcome is Outcome.REFUSED and judged.refusal is not None:
            raise Refused(judged.refusal)


def _read_earlier(work: Work, person_id: int) -> list[EarlierClaim]:
    """Return what the person holds province-wide, by the keys themselves: of vouchers and of claims."""
    held = work.session.scalars(
        select(Entitlement)
        .where(Entitlement.person_id == person_id, Entitlement.state.in_((TAKEN, CONSUMED)))
        .order_by(Entitlement.id)
    ).all()
    named = find_holders(work.session, [each.key for each in held])
    aliases = catalogue.read_aliases(work.session)
    days = find_earned_days(work.session, [each.key for each in held])
    return [
        EarlierClaim(
            number=named[each.key].number if each.key in named else day_of(each.taken_at).isoformat(),
            kind=SubsidyKind(each.kind),
            key=fold_key(each.key, aliases),
            occupation_code=each.trade_code if each.level else None,
            level=Level(each.level) if each.level else None,
            state="paid" if each.state == CONSUMED else "submitted",
            filed_on=day_of(each.taken_at),
            paid=each.state == CONSUMED,
            earned_on=days.get(each.key),
        )
        for each in held
    ]


def lock_in(work: Work, voucher: Voucher, programme: Programme, offered: TrainingClass) -> None:
    """Take the keys, write down the amounts and bring the money kept for a locked voucher to their sum.

    The voucher's budget is locked. Raises Refused what `promise` refuses, budget_exhausted,
    entitlement_taken where somebody else is committed meanwhile.
    """
    promised = promise(work, voucher, programme, offered)
    day = priced_on(voucher, work.today)
    trade = canonical_trade(work.session, offered.certificate_kind, offered.trade_code)
    wanted: list[dict[str, object]] = [
        {
            "key": each.key,
            "kind": str(each.kind),
            "person_id": voucher.holder_person_id,
            "trade_code": trade,
            "level": offered.level or None,
        }
        for each in promised
    ]
    ids = entitlements.take(work, wanted)
    work.session.add_all(
        Commitment(
            voucher_id=voucher.id,
            kind=str(each.kind),
            entitlement_id=entitlement_id,
            amount_fen=each.amount_fen,
            explanation=each.explanation,
            priced_on=day,
            made_at=work.at,
        )
        for each, entitlement_id in zip(promised, ids, strict=True)
    )
    _keep(work, voucher, sum(each.amount_fen for each in promised))
    if voucher.worth == "face_value" and voucher.face_value_fen is None:
        training = [each.amount_fen for each in promised if each.kind is SubsidyKind.TRAINING]
        voucher.face_value_fen = sum(training)
        voucher.priced_on = day
    work.session.flush()


def _keep(work: Work, voucher: Voucher, needed_fen: int) -> None:
    """Reserve more, or give back what is not needed, so that exactly so much is kept for the voucher."""
    more_fen = needed_fen - voucher.reserved_fen
    if more_fen > 0:
        budgets.reserve(work, voucher.budget_id, [commitments.money_of(voucher, more_fen)])
    elif more_fen < 0:
        budgets.release(work, voucher.budget_id, [commitments.money_of(voucher, -more_fen)])
    voucher.reserved_fen = needed_fen
