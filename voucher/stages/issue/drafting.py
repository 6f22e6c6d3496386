"""Drafting a programme (券种): its terms, its fund, what it is for, where and for whom it may be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voucher.ledger import states
from voucher.ledger.budget import BUDGET_MISSING, Budget, check_year_open
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.dictionaries import check_word
from voucher.registry.listing import check_listed
from voucher.registry.tables import read_modifiers, read_standards
from voucher.rules.actor import Role, check_reach
from voucher.rules.dictionaries import Dictionary
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level, mask_word
from voucher.rules.lifecycle import Thing
from voucher.rules.programmes import (
    TRADE_UNKNOWN,
    Terms,
    check_terms,
    check_trade_fits,
    parse_channel,
    parse_worth,
    programme_caps,
)
from voucher.rules.subsidy import Case
from voucher.rules.vocabulary import CertificateKind, Method, SubsidyKind, parse_certificate_kind
from voucher.stages.issue.models import Programme, ProgrammeGroup, ProgrammeInstitution

PROGRAMME_WITHOUT_FUND = reason(
    "programme_without_fund",
    "券种没有指定资金来源",
    "请选择本地区或其上级地区的一项预算：没有资金的项目不能发券",
    "豫办〔2021〕29号 四（三）; S2-Z3a; S2-15h",
    Family.INVALID,
)


@dataclass(frozen=True, slots=True)
class NewProgramme:
    """A programme as an officer drafts it; caps in fen, empty where the standards shall give them."""

    name: str
    region_code: str
    project_code: str
    budget_id: int | None
    worth: str
    channel: str
    training_kind: str
    certificate_kind: str
    quantity: int
    from_on: date
    until_on: date
    document: str
    trade_code: str | None = None
    level: int | None = None
    training_cap_fen: int | None = None
    evaluation_cap_fen: int | None = None
    validity_days: int | None = None
    certify_months: int | None = None
    institution_ids: Sequence[int] = ()
    group_codes: Sequence[str] = ()


def draft_programme(work: Work, new: NewProgramme) -> Programme:
    """Write down a programme and return it; nothing is issued before another person has published it.

    Raises Refused region_unknown, role_missing, region_foreign, project_unknown, programme_without_fund,
    budget_missing, word_unknown, trade_unknown, trade_unfit, institution_not_listed and what
    `voucher.rules.programmes.check_terms` and `programme_caps` raise.
    """
    catalogue.get_region(work.session, new.region_code)
    check_reach(work.actor, new.region_code, Role.OPERATOR)
    project = catalogue.get_project(work.session, new.project_code)
    budget = _get_fund(work, new)
    terms = _read_terms(new)
    check_terms(terms, work.today)
    _check_registers(work, new)
    case = _case_of(work, new, terms)
    caps_fen = programme_caps(terms, case, read_standards(work.session), read_modifiers(work.session))
    programme = Programme(
        name=new.name.strip(),
        region_code=new.region_code,
        project_id=project.id,
        budget_id=budget.id,
        worth=terms.worth,
        channel=terms.channel,
        training_kind=new.training_kind,
        certificate_kind=terms.certificate_kind,
        trade_code=_trade_of(case),
        level=new.level,
        training_cap_fen=caps_fen[SubsidyKind.TRAINING],
        evaluation_cap_fen=caps_fen[SubsidyKind.EVALUATION],
        quantity=new.quantity,
        from_on=new.from_on,
        until_on=new.until_on,
        validity_days=new.validity_days,
        certify_months=new.certify_months,
        document=new.document.strip(),
        drafted_by_person_id=work.actor.person_id,
        drafted_at=work.at,
        **states.first_state(Thing.PROGRAMME, "draft"),
    )
    work.session.add(programme)
    work.session.flush()
    _say_where_and_whom(work, programme, new)
    told: dict[str, object] = {
        "budget": budget.id,
        "quantity": new.quantity,
        "caps_fen": [programme.training_cap_fen, programme.evaluation_cap_fen],
    }
    states.begin(work, Thing.PROGRAMME, [programme.id], "draft", content={programme.id: told})
    return programme


def _get_fund(work: Work, new: NewProgramme) -> Budget:
    if new.budget_id is None:
        raise PROGRAMME_WITHOUT_FUND.refused()
    found = work.session.get(Budget, new.budget_id)
    if found is None or found.region_code not in catalogue.list_ancestry(work.session, new.region_code):
        raise BUDGET_MISSING.refused(budget=new.budget_id)
    check_year_open(work, found)
    return found


def _read_terms(new: NewProgramme) -> Terms:
    known = {each.value: each for each in CertificateKind}
    kind = known.get(new.certificate_kind) or parse_certificate_kind(new.certificate_kind)
    return Terms(
        name=new.name,
        document=new.document,
        worth=parse_worth(new.worth),
        channel=parse_channel(new.channel),
        certificate_kind=kind,
        trade_code=new.trade_code,
        level=new.level,
        training_cap_fen=new.training_cap_fen,
        evaluation_cap_fen=new.evaluation_cap_fen,
        quantity=new.quantity,
        from_on=new.from_on,
        until_on=new.until_on,
        validity_days=new.validity_days,
        certify_months=new.certify_months,
    )


def _check_registers(work: Work, new: NewProgramme) -> None:
    check_word(work.session, Dictionary.TRAINING_KIND, new.training_kind, new.from_on)
    for code in new.group_codes:
        check_word(work.session, Dictionary.PERSON_GROUP, code, new.from_on)
    for institution_id in new.institution_ids:
        check_listed(work.session, institution_id, work.today)


def _case_of(work: Work, new: NewProgramme, terms: Terms) -> Case | None:
    """Return what is to be priced, on the first day of issue; None where the holder chooses the trade."""
    if terms.trade_code is None or terms.level is None:
        return None
    code = terms.trade_code.strip()
    item = work.session.get(catalogue.SpecialItem, code)
    if item is None:
        code = canonical_occupation(code, catalogue.read_aliases(work.session))
        found = work.session.get(catalogue.Occupation, code)
        if found is None or not _stands(found, terms.from_on):
            raise TRADE_UNKNOWN.refused(trade=mask_word(code), on=terms.from_on.isoformat())
    check_trade_fits(terms.certificate_kind, terms.level, is_item=item is not None)
    return Case(
        kind=SubsidyKind.TRAINING,
        certificate_kind=terms.certificate_kind,
        level=Level(terms.level) if terms.level else None,
        occupation_code=code if item is None else None,
        item_code=code if item is not None else None,
        method=Method.EXAM,
        issued_on=terms.from_on,
        region_codes=tuple(catalogue.list_ancestry(work.session, new.region_code)),
        training_kind=new.training_kind,
    )


def _stands(occupation: catalogue.Occupation, on: date) -> bool:
    since, until = occupation.since, occupation.until
    return (since is None or since <= on) and (until is None or on <= until)


def _trade_of(case: Case | None) -> str | None:
    return None if case is None else case.occupation_code or case.item_code


def _say_where_and_whom(work: Work, programme: Programme, new: NewProgramme) -> None:
    work.session.add_all(
        ProgrammeInstitution(programme_id=programme.id, institution_id=each)
        for each in sorted(set(new.institution_ids))
    )
    work.session.add_all(
        ProgrammeGroup(programme_id=programme.id, group_code=each) for each in sorted(set(new.group_codes))
    )
    work.session.flush()
