"""May this person still have it? One answer before any training, across every fund and earlier payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.holders import Earlier, list_earlier
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue
from voucher.registry.facts import read_person_facts
from voucher.registry.institutions import Institution
from voucher.registry.outside.reading import Facts, read_outside, read_parameters
from voucher.registry.outside.systems import list_systems
from voucher.registry.tables import read_age_limits, read_duplicate_parameters
from voucher.rules.duplicates import HELD_BY_VOUCHER, canonical_occupation, entitlement_key, fold_key
from voucher.rules.eligibility import FACTS_UNKNOWN, Finding, Judgement, judge_eligibility
from voucher.rules.errors import Refusal, reason
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.outside import FactKind, judge_outside, wanted_facts
from voucher.rules.standing import SOURCE, Standing, join_outcomes, judge_standing
from voucher.rules.vocabulary import (
    FUND_SOURCE_NAMES,
    SUBSIDY_NAMES,
    CertificateKind,
    FundSource,
    Outcome,
    SubsidyKind,
)

KINDS = (SubsidyKind.TRAINING, SubsidyKind.EVALUATION)
WORST_FIRST = (Outcome.REFUSED, Outcome.MANUAL, Outcome.PAYABLE)
NO_LEVEL_NAME = "专项职业能力"

LEVEL_NEEDED = reason(
    "standing_level_needed",
    "没有说明问的是哪个等级",
    "请选择等级；专项职业能力项目不分等级，请直接选择项目",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class About:
    """What is asked about: a trade with its level, or a 专项 item without one, in a region."""

    trade_code: str
    trade_name: str
    level: Level | None
    certificate_kind: CertificateKind
    region_code: str

    @property
    def level_name(self) -> str:
        """Return the level in words."""
        return NO_LEVEL_NAME if self.level is None else name_level(self.level)


@dataclass(frozen=True, slots=True)
class EarlierView:
    """What somebody has had or been promised before, as a person reads it; the amount is in fen."""

    number: str
    subsidy_name: str
    trade_name: str
    level_name: str
    fund_name: str
    region_name: str
    institution_name: str | None
    state_name: str
    filed_on: date
    amount_fen: int


@dataclass(frozen=True, slots=True)
class SubsidyView:
    """The answer for one subsidy: every check, the refusal that stands in the way, the claim behind it."""

    kind: str
    name: str
    outcome: str
    findings: tuple[Finding, ...]
    refusal: Refusal | None
    earlier: EarlierView | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The one answer; `declare` is left to the person's own promise, `verify` to other systems."""

    about: About
    on: date
    outcome: str
    declare: bool
    verify: bool
    findings: tuple[Finding, ...]
    outside: tuple[Finding, ...]
    refusal: Refusal | None
    subsidies: tuple[SubsidyView, ...]
    earlier: tuple[EarlierView, ...]


def get_about(session: Session, trade_code: str, level: int | None, region_code: str) -> About:
    """Return what a question is about. Raises Refused standing_level_needed, region_unknown."""
    catalogue.get_region(session, region_code)
    name = catalogue.name_trades(session, [trade_code]).get(trade_code, trade_code)
    if session.get(catalogue.SpecialItem, trade_code) is not None:
        return About(trade_code, name, None, CertificateKind.SPECIAL_SKILL, region_code)
    if not level:
        raise LEVEL_NEEDED.refused()
    return About(trade_code, name, Level(level), CertificateKind.SKILL_LEVEL, region_code)


def may_still_claim(session: Session, keyring: Keyring, person_id: int, about: About, on: date) -> Answer:
    """Return whether a person may still have the subsidies of a trade and level on a day, and why.

    Every fund, region and year counts. Raises Refused parameter_missing, occupation_alias_circle.
    """
    regions = catalogue.list_ancestry(session, about.region_code)
    facts = read_person_facts(session, keyring, [person_id])[person_id]
    person = judge_eligibility(facts, on, read_age_limits(session, on, regions), strict=True)
    earlier = list_earlier(session, [person_id]).get(person_id, [])
    views = {each.claim.number + each.claim.kind: view for each, view in _view(session, earlier)}
    standings = [_judge(session, person_id, about, kind, earlier, regions, on) for kind in KINDS]
    declare = person.refusal is not None and person.refusal.code == FACTS_UNKNOWN.code
    own = Outcome.PAYABLE if declare else person.outcome
    outside = _judge_outside(session, person_id, about, regions, on)
    persons = (own, outside.outcome)
    worst = next(each for each in WORST_FIRST if each in persons)
    return Answer(
        about=about,
        on=on,
        outcome=str(join_outcomes(worst, [each.outcome for each in standings])),
        declare=declare,
        verify=outside.outcome is Outcome.MANUAL,
        findings=person.findings,
        outside=outside.findings,
        refusal=(None if declare else person.refusal) or outside.refusal,
        subsidies=tuple(_tell(each, views) for each in standings),
        earlier=tuple(views.values()),
    )


def _judge_outside(
    session: Session, person_id: int, about: About, regions: Sequence[str], on: date
) -> Judgement:
    """Return what other systems have said of the person, whichever fund a voucher may come from."""
    connected = frozenset(list_systems(session, on))
    wanted = wanted_facts(FundSource.EMPLOYMENT_SUBSIDY, (), connected)
    facts = read_outside(session, [person_id]).get(person_id, {})
    if not wanted and not facts:
        return Judgement(Outcome.PAYABLE, (), None)
    trade = None
    if about.level is not None:
        aliases = catalogue.read_aliases(session)
        trade = (canonical_occupation(about.trade_code, aliases), about.level)
    # insurance is a question of one fund; here it would bar every other
    asked: Facts = {kind: told for kind, told in facts.items() if kind is not FactKind.INSURANCE}
    return judge_outside(wanted, asked, trade, (), on, read_parameters(session, on, regions))


def _judge(
    session: Session,
    person_id: int,
    about: About,
    kind: SubsidyKind,
    earlier: Sequence[Earlier],
    regions: Sequence[str],
    on: date,
) -> Standing:
    aliases = catalogue.read_aliases(session)
    is_item = about.level is None
    key = entitlement_key(
        kind,
        person_id,
        certificate_kind=about.certificate_kind,
        occupation_code=None if is_item else about.trade_code,
        level=about.level,
        item_code=about.trade_code if is_item else None,
        aliases=aliases,
    )
    return judge_standing(
        kind,
        key,
        about.level,
        None if is_item else canonical_occupation(about.trade_code, aliases),
        on,
        [replace(each.claim, key=fold_key(each.claim.key, aliases)) for each in earlier],
        read_duplicate_parameters(session, kind, on, regions),
    )


def _tell(standing: Standing, views: dict[str, EarlierView]) -> SubsidyView:
    behind = standing.precedence.earlier
    return SubsidyView(
        kind=str(standing.kind),
        name=SUBSIDY_NAMES[standing.kind],
        outcome=str(standing.outcome),
        findings=standing.findings,
        refusal=standing.precedence.refusal,
        earlier=views.get(behind.number + behind.kind) if behind is not None else None,
    )


def _view(session: Session, earlier: Sequence[Earlier]) -> list[tuple[Earlier, EarlierView]]:
    """Return the earlier claims with names instead of codes, the newest first."""
    trades = catalogue.name_trades(session, [each.trade_code for each in earlier])
    places = catalogue.name_regions(session, [each.region_code for each in earlier])
    wanted = sorted({each.institution_id for each in earlier if each.institution_id is not None})
    houses = dict(
        session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(wanted))).all()
    )
    told = [
        (
            each,
            EarlierView(
                number=each.claim.number,
                subsidy_name=SUBSIDY_NAMES[each.claim.kind],
                trade_name=trades.get(each.trade_code, each.trade_code),
                level_name=NO_LEVEL_NAME if each.claim.level is None else name_level(each.claim.level),
                fund_name=FUND_SOURCE_NAMES[FundSource(each.fund)],
                region_name=places.get(each.region_code, each.region_code),
                institution_name=houses.get(each.institution_id or 0),
                state_name="券已锁定"
                if each.claim.state == HELD_BY_VOUCHER
                else STATE_NAMES[Thing.CLAIM][each.claim.state],
                filed_on=each.claim.filed_on,
                amount_fen=each.amount_fen,
            ),
        )
        for each in earlier
    ]
    return sorted(told, key=lambda pair: (pair[1].filed_on, pair[1].number), reverse=True)
