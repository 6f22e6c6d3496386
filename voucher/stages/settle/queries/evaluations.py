"""What an evaluator may claim now: vouchers certified by it, money promised, no claim under way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger.commitments import Commitment
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry import card_numbers, catalogue, people
from voucher.rules.card_numbers import mask_number
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.models.claims import LIVE_CLAIM, Claim
from voucher.stages.settle.queries.reach import Payees

KIND = str(SubsidyKind.EVALUATION)


@dataclass(frozen=True, slots=True)
class ClaimableEvaluation:
    """A certified voucher nobody has claimed the evaluation subsidy for; the amount in fen was promised."""

    voucher_id: int
    voucher_number: str
    masked_name: str
    masked_number: str
    certificate_number: str
    trade_name: str
    level: int
    issued_on: date
    amount_fen: int


def list_evaluations(
    session: Session,
    keyring: Keyring,
    payees: Payees,
    *,
    after_id: int = 0,
    limit: int = 200,
    chosen: Collection[int] = (),
) -> list[ClaimableEvaluation]:
    """Return the vouchers after an id these evaluators may claim for, oldest first, masked.

    What was chosen before stands first in the list, however long it is.
    """
    first = [Voucher.id.in_(sorted(chosen)).desc()] if chosen else []
    wanted = _select(payees).where(Voucher.id > after_id).order_by(*first, Voucher.id)
    vouchers = list(session.scalars(wanted.limit(max(limit, len(chosen)))))
    ids = [each.id for each in vouchers]
    proofs = certificates.find_proofs(session, ids)
    found = certificates.find_certificates(session, [each.certificate_id for each in proofs.values()])
    named = people.read_people(session, keyring, [each.holder_person_id for each in vouchers])
    trades = catalogue.name_trades(session, [each.trade_code for each in found.values()])
    whole = card_numbers.open_numbers(
        session, keyring, [(each.person_id, each.number) for each in found.values()]
    )
    promised = _read_promised(session, ids)
    made = []
    for each in vouchers:
        certificate, person = found[proofs[each.id].certificate_id], named.get(each.holder_person_id)
        made.append(
            ClaimableEvaluation(
                voucher_id=each.id,
                voucher_number=each.number,
                masked_name=mask_name(person.name) if person else "（已注销）",
                masked_number=mask_identity(person.number) if person and person.number else "",
                certificate_number=mask_number(whole[certificate.person_id, certificate.number]),
                trade_name=trades.get(certificate.trade_code, certificate.trade_code),
                level=certificate.level,
                issued_on=certificate.issued_on,
                amount_fen=promised[each.id],
            )
        )
    return made


def count_evaluations(session: Session, payees: Payees) -> tuple[int, int]:
    """Return for how many vouchers these evaluators may claim, and what was promised for them in fen."""
    ids = _select(payees).with_only_columns(Voucher.id)
    row = session.execute(
        select(func.count(), func.sum(Commitment.amount_fen)).where(
            Commitment.kind == KIND, Commitment.ended_at.is_(None), Commitment.voucher_id.in_(ids)
        )
    ).one()
    return int(row[0]), int(row[1] or 0)


def _select(payees: Payees) -> Select[Voucher]:
    own = certificates.select_vouchers_for(certificates.select_certificates_of(payees))
    promised = select(Commitment.voucher_id).where(Commitment.kind == KIND, Commitment.ended_at.is_(None))
    live = select(Claim.voucher_id).where(Claim.voucher_id.is_not(None), Claim.kind == KIND, LIVE_CLAIM)
    return select(Voucher).where(
        Voucher.state == "certified",
        Voucher.id.in_(own),
        Voucher.id.in_(promised),
        Voucher.id.not_in(live),
    )


def _read_promised(session: Session, voucher_ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(
        select(Commitment.voucher_id, Commitment.amount_fen).where(
            Commitment.kind == KIND,
            Commitment.ended_at.is_(None),
            Commitment.voucher_id.in_(sorted(voucher_ids)),
        )
    )
    return dict(rows.all())
