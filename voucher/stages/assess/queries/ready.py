"""Who could sit an exam at an evaluator: trained, within its scope and its region, planned nowhere yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import holds
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people, tables
from voucher.rules.assessment import EXAMINED_KINDS
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.lifecycle import Thing
from voucher.rules.periods import in_force
from voucher.rules.privacy import mask_name
from voucher.stages.assess.filing import read_filings
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.reading import may_bring_scores
from voucher.stages.train.queries.trained import list_trained


@dataclass(frozen=True, slots=True)
class Ready:
    """A trained voucher and what its holder can be examined in; level 0 for an item."""

    voucher: Voucher
    class_id: int
    class_number: str
    certificate_kind: str
    trade_code: str
    level: int


def list_ready(session: Session, evaluator_id: int, on: date | None = None) -> list[Ready]:
    """Return the trained vouchers an evaluator may list, oldest first, in the regions it is filed in.

    With `on` only scopes in force that day count and, where training and exam are kept apart, nobody the
    evaluator trained itself. Vouchers on hold and those whose scores another batch may still bring are
    left out.
    """
    aliases = catalogue.read_aliases(session)
    filings = read_filings(session, evaluator_id).values()
    scope = {
        (canonical_occupation(each.code, aliases), int(each.level or 0))
        for _, scopes in filings
        for each in scopes
        if on is None or in_force(on, each.since, each.until)
    }
    regions = {code for filing, _ in filings for code in catalogue.list_subtree(session, filing.region_code)}
    planned = set(
        session.scalars(
            select(Candidate.voucher_id)
            .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
            .where(may_bring_scores(on or date.min), Candidate.voucher_id.is_not(None))
        )
    )
    held = set(session.scalars(holds.select_held(Thing.VOUCHER)))
    own = {filing.region_code for filing, _ in filings} if on is not None else set()
    apart = on is not None and any(
        tables.read_flag(session, "exam_apart_from_training", on, catalogue.list_ancestry(session, code))
        for code in sorted(own)
    )
    return [
        Ready(voucher, taught.id, taught.number, taught.certificate_kind, taught.trade_code, taught.level)
        for voucher, taught in list_trained(session, sorted(regions))
        if voucher.id not in planned | held
        and taught.certificate_kind in EXAMINED_KINDS
        and (canonical_occupation(taught.trade_code, aliases), taught.level) in scope
        and not (apart and evaluator_id in (taught.institution_id, taught.delivering_institution_id))
    ]


def mask_holders(session: Session, keyring: Keyring, ready: list[Ready]) -> dict[int, str]:
    """Return the masked name of each holder by voucher id."""
    named = people.read_people(session, keyring, [each.voucher.holder_person_id for each in ready])
    return {
        each.voucher.id: mask_name(named[each.voucher.holder_person_id].name)
        for each in ready
        if each.voucher.holder_person_id in named
    }
