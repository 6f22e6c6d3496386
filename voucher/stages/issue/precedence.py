"""What people have had or hold already, judged before a voucher is issued and not only when it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.holders import list_earlier
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among
from voucher.registry import catalogue
from voucher.registry.tables import read_duplicate_parameters, read_parameter_number
from voucher.rules.duplicates import Precedence, canonical_occupation, judge_duplicates
from voucher.rules.errors import Refusal, Refused
from voucher.rules.issuing import check_open_vouchers
from voucher.rules.levels import Level
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.issue.models import Programme

UNUSED = ("issued", "accepted", "enrolled", "training")


def judge_precedence(
    session: Session,
    programme: Programme,
    person_ids: Sequence[int],
    keys: Mapping[int, tuple[str, ...]],
    on: date,
) -> dict[int, tuple[Outcome, Refusal]]:
    """Return, for those whom something earlier bars or puts in doubt, what it is.

    `keys` are those a voucher would take; where the holder chooses the trade there are none, and only the
    year's cap counts. Raises Refused parameter_missing.
    """
    regions = catalogue.list_ancestry(session, programme.region_code)
    barred = _judge_open(session, person_ids, regions, on)
    caps_fen = {
        SubsidyKind.TRAINING: programme.training_cap_fen,
        SubsidyKind.EVALUATION: programme.evaluation_cap_fen,
    }
    kinds = [kind for kind, cap_fen in caps_fen.items() if cap_fen]
    earlier = list_earlier(session, person_ids) if kinds else {}
    if not earlier:
        return barred
    parameters = {kind: read_duplicate_parameters(session, kind, on, regions) for kind in kinds}
    level = Level(programme.level) if programme.level else None
    occupation = None
    if level is not None and programme.trade_code is not None:
        occupation = canonical_occupation(programme.trade_code, catalogue.read_aliases(session))
    for person_id, had in earlier.items():
        claims = [each.claim for each in had]
        for kind in kinds:
            key = next((each for each in keys.get(person_id, ()) if each.startswith(f"{kind}|")), f"{kind}|")
            judged = judge_duplicates(key, level, occupation, on, claims, parameters[kind])
            _remember(barred, person_id, judged)
    return barred


def _remember(barred: dict[int, tuple[Outcome, Refusal]], person_id: int, judged: Precedence) -> None:
    """Keep what stands in the way; a refusal goes before a doubt."""
    if judged.refusal is None:
        return
    known = barred.get(person_id)
    if known is None or (known[0] is Outcome.MANUAL and judged.outcome is Outcome.REFUSED):
        barred[person_id] = (judged.outcome, judged.refusal)


def _judge_open(
    session: Session, person_ids: Sequence[int], regions: Sequence[str], on: date
) -> dict[int, tuple[Outcome, Refusal]]:
    most = read_parameter_number(session, "open_vouchers_most", on, regions)
    barred: dict[int, tuple[Outcome, Refusal]] = {}
    if most is None:
        return barred
    counted = session.execute(
        select(Voucher.holder_person_id, func.count())
        .where(among(session, Voucher.holder_person_id, person_ids), Voucher.state.in_(UNUSED))
        .group_by(Voucher.holder_person_id)
    )
    for person_id, count in counted:
        try:
            check_open_vouchers(count, most)
        except Refused as refused:
            barred[person_id] = (Outcome.REFUSED, refused.refusal)
    return barred
