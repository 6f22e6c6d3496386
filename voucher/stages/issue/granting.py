"""Vouchers made in one go, their money reserved in one movement; or a place in the queue, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from voucher.ledger import budget as budgets
from voucher.ledger import queueing
from voucher.ledger import vouchers as ledger
from voucher.ledger.postings import Line
from voucher.ledger.restoring import check_reconciled
from voucher.ledger.vouchers import Terms
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import read_modifiers, read_standards, require_parameter_number
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Refusal, Refused, refusal_as_json
from voucher.rules.issuing import redeem_by
from voucher.rules.levels import Level
from voucher.rules.programmes import Channel, Worth, price_at_most
from voucher.rules.subsidy import Case
from voucher.rules.vocabulary import CertificateKind, Method, Outcome, SubsidyKind
from voucher.stages.issue.models import IssueLine, Programme


def make_vouchers(work: Work, programme: Programme, holders: Sequence[tuple[int, int | None]]) -> list[int]:
    """Issue a voucher to each holder (person, and the voucher it replaces), keep its cap; return the ids.

    The budget is locked by the caller. Raises Refused restored_unreconciled, budget_exhausted,
    parameter_missing, no_standard.
    """
    if not holders:
        return []
    check_reconciled(work.session)
    face_value_fen = _face_value_fen(work, programme)
    terms = Terms(
        programme_id=programme.id,
        region_code=programme.region_code,
        project_id=programme.project_id,
        budget_id=programme.budget_id,
        worth=programme.worth,
        channel=programme.channel,
        cap_fen=programme.cap_fen,
        face_value_fen=face_value_fen,
        priced_on=work.today if face_value_fen is not None else None,
        redeem_by=redeem_by(work.today, _validity_days(work, programme)),
    )
    ids = ledger.issue(work, terms, holders)
    kept = [Line(terms.cap_fen, voucher_id=i, project_id=terms.project_id) for i in ids]
    budgets.reserve(work, programme.budget_id, kept)
    return ids


def give_voucher(work: Work, programme: Programme, line: IssueLine) -> int:
    """Issue the voucher of one line that stands already and return its id; otherwise as `make_vouchers`."""
    (voucher_id,) = make_vouchers(work, programme, [(line.person_id, line.replaces_voucher_id)])
    line.voucher_id, line.outcome, line.refusal = voucher_id, "issued", None
    work.session.flush()
    return voucher_id


def let_wait(work: Work, programme: Programme, line: IssueLine) -> None:
    """Put a line that found no money into the queue; no voucher exists yet."""
    line.outcome, line.refusal = "waiting", None
    work.session.flush()
    queueing.queue_issue_lines(work, programme.budget_id, [(line.id, programme.cap_fen)])


def refuse_line(line: IssueLine, refusal: Refusal) -> None:
    """Say why a line gets no voucher."""
    line.outcome, line.refusal = "refused", refusal_as_json(refusal)


def count_affordable(work: Work, programme: Programme, wanted: int) -> int:
    """Return how many vouchers there is money for now; none where somebody stands in the queue already."""
    if programme.cap_fen == 0:
        return wanted
    if queueing.is_waited_for(work, programme.budget_id):
        return 0
    available_fen = budgets.get_home(work, programme.budget_id, lock=True).available_fen
    return min(wanted, available_fen // programme.cap_fen)


def _validity_days(work: Work, programme: Programme) -> int:
    if programme.validity_days is not None:
        return programme.validity_days
    regions = catalogue.list_ancestry(work.session, programme.region_code)
    return require_parameter_number(work.session, "voucher_validity_days", work.today, regions)


def _face_value_fen(work: Work, programme: Programme) -> int | None:
    """Return what a 面值 voucher for a fixed trade shows; any other value is fixed later, or never."""
    if programme.worth != Worth.FACE_VALUE or programme.channel != Channel.DIRECTED:
        return None
    price = price_at_most(
        _training_case(work, programme, work.today),
        read_standards(work.session),
        read_modifiers(work.session),
    )
    if price.outcome is not Outcome.PAYABLE and price.refusal is not None:
        raise Refused(price.refusal)
    return price.amount_fen


def _training_case(work: Work, programme: Programme, on: date) -> Case:
    code = programme.trade_code or ""
    item = work.session.get(catalogue.SpecialItem, code)
    return Case(
        kind=SubsidyKind.TRAINING,
        certificate_kind=CertificateKind(programme.certificate_kind),
        level=Level(programme.level) if programme.level else None,
        occupation_code=canonical_occupation(code, catalogue.read_aliases(work.session))
        if item is None
        else None,
        item_code=code if item is not None else None,
        method=Method.EXAM,
        issued_on=on,
        region_codes=tuple(catalogue.list_ancestry(work.session, programme.region_code)),
        reserved_fen=programme.training_cap_fen,
        training_kind=programme.training_kind,
    )
