"""One voucher on one page (券→班→学时→成绩→证书→审核人→银行回执), and one person over all vouchers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.ledger.states import StateEvent, list_events
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.users import UserAccount
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.assess import queries as assessment
from voucher.stages.certify import queries as certificates
from voucher.stages.issue import queries as issuing
from voucher.stages.settle.queries.tracing import TracedClaim, trace_claims
from voucher.stages.train import queries as training
from voucher.stages.train.queries.claiming import list_redeemed

PERSON_UNSEEN = reason(
    "person_without_vouchers",
    "没有找到这个人的培训券",
    "请从班级名单或培训券进入",
    "DESIGN §8; AC-K1",
    Family.MISSING,
)


HOLDER = "本人"


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything that happened to one voucher, each part from the stage that knows it."""

    voucher: Voucher
    row: issuing.VoucherRow
    programme: issuing.Programme
    training_class: training.ClassView | None
    redemption: training.Redemption | None
    attendance: list[tuple[training.ClassSession, training.Attendance]]
    hours: int
    completion: training.Completion | None
    results: list[assessment.ResultView]
    certificate: certificates.CertificateView | None
    why_not: list[Refusal]
    claims: list[TracedClaim]
    holds: list[Hold]
    events: list[StateEvent]
    names: dict[int, str]


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person: how many trainings and how many certificates, which are two numbers (人次与人数)."""

    person_id: int
    masked_name: str
    masked_number: str
    vouchers: list[issuing.VoucherRow]
    trainings: int
    certificates: list[certificates.CertificateView]


def trace_voucher(session: Session, keyring: Keyring, voucher_id: int, regions: Collection[str]) -> Chain:
    """Return the chain of a voucher. Raises Refused voucher_missing, also for one of another region."""
    voucher = session.get(Voucher, voucher_id)
    if voucher is None or voucher.region_code not in regions:
        raise VOUCHER_MISSING.refused()
    enrolment = training.enrolment_of(session, voucher_id)
    taught = training.get_class(session, enrolment.class_id) if enrolment is not None else None
    proof = certificates.find_proofs(session, [voucher_id]).get(voucher_id)
    issued = certificates.find_certificates(session, [proof.certificate_id] if proof is not None else [])
    views = certificates.view_certificates(session, keyring, list(issued.values()))
    redemption = training.redemption_of(session, voucher_id)
    completion = training.completion_of(session, voucher_id)
    claims = trace_claims(session, voucher_id)
    events = list_events(session, Thing.VOUCHER, voucher_id)
    hands = [each.actor_person_id for each in events]
    hands += [redemption.redeemed_by_person_id] if redemption is not None else []
    hands += [completion.signed_by_person_id] if completion is not None else []
    for claim in claims:
        hands += [each.person_id for each in claim.signatures]
        hands += [person for sent in claim.payments for _, person, _ in sent.hands if person is not None]
    return Chain(
        voucher=voucher,
        row=issuing.view_vouchers(session, keyring, [voucher])[0],
        programme=issuing.get_programme(session, voucher.programme_id),
        training_class=training.view_classes(session, [taught])[0] if taught is not None else None,
        redemption=redemption,
        attendance=training.list_attendance(session, voucher_id),
        hours=training.hours_of(session, [voucher_id]).get(voucher_id, 0),
        completion=completion,
        results=assessment.results_of(session, voucher_id),
        certificate=views[0] if views else None,
        why_not=list(certificates.why_not_certified(session, voucher_id)),
        claims=claims,
        holds=list(
            session.scalars(
                select(Hold)
                .where(Hold.thing == str(Thing.VOUCHER), Hold.object_id == voucher_id)
                .order_by(Hold.id)
            )
        ),
        events=list(events),
        # a worker's account carries the worker's full name
        names=_name(session, hands) | {voucher.holder_person_id: HOLDER},
    )


def _name(session: Session, person_ids: Collection[int]) -> dict[int, str]:
    rows = session.execute(
        select(UserAccount.person_id, UserAccount.display_name)
        .where(UserAccount.person_id.in_(sorted(set(person_ids))))
        .order_by(UserAccount.id.desc())
    )
    return dict(rows.all())


def view_person(session: Session, keyring: Keyring, person_id: int, regions: Collection[str]) -> PersonView:
    """Return a person with the vouchers of these regions. Raises Refused person_without_vouchers."""
    wanted = issuing.VoucherSearch(holder_person_id=person_id)
    found = issuing.list_vouchers(session, regions, wanted, limit=200)
    if not found:
        raise PERSON_UNSEEN.refused()
    rows = issuing.view_vouchers(session, keyring, found)
    redeemed = list_redeemed(session, [each.id for each in found])
    return PersonView(
        person_id=person_id,
        masked_name=rows[0].masked_name,
        masked_number=rows[0].masked_number,
        vouchers=rows,
        trainings=len(redeemed),
        certificates=certificates.list_archive(session, keyring, person_id),
    )
