"""One person's record over all stages in order of time; what was corrected, revoked or ended stays, marked.

It belongs to the person, not to a card, a number or a place: a new card, a corrected number and a move
to another city change nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.lives import list_lives
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry import corrected, people
from voucher.registry.institutions import Institution
from voucher.rules.archive import Entry, EntryKind, Mark, order_entries
from voucher.rules.assessment import COMPREHENSIVE, SKILL, THEORY, format_score
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.lifecycle import EVENT_NAMES, STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.privacy import mask_identity
from voucher.rules.scores import SCORE_MARK_NAMES, ScoreMark
from voucher.stages.assess.queries.history import Sitting, list_sittings
from voucher.stages.certify import queries as certificates
from voucher.stages.issue import queries as issuing
from voucher.stages.oversee.archive.awarded import begin, tell_honours, tell_places
from voucher.stages.settle.queries.history import PaidInName, list_payments_for
from voucher.stages.train.queries.history import Training, list_trainings

# how a voucher ended before its way was over
ENDED = ("expired", "withdrawn", "revoked", "dropped", "lapsed", "recovering", "recovered")
TAKEN = ("revoked", "recovering", "recovered")
PASSED = {True: "合格", False: "不合格"}


@dataclass(frozen=True, slots=True)
class Archive:
    """The record of one person: the name, the 社会保障号码 masked, and every entry in order of time."""

    person_id: int
    name: str
    masked_number: str
    entries: list[Entry]


def open_archive(session: Session, keyring: Keyring, person_id: int) -> Archive:
    """Return the record of a person. Raises Refused person_missing, also for an erased one."""
    named = people.read_people(session, keyring, [person_id]).get(person_id)
    if named is None:
        raise people.PERSON_MISSING.refused()
    return Archive(
        person_id=person_id,
        name=named.name,
        masked_number=mask_identity(named.number) if named.number else "",
        entries=list_entries(session, keyring, person_id),
    )


def list_entries(session: Session, keyring: Keyring, person_id: int) -> list[Entry]:
    """Return everything that was recorded of a person, in order of time."""
    home = people.get_person(session, person_id).region_code
    entries = list(_vouchers(session, keyring, person_id))
    for training in list_trainings(session, person_id):
        entries += _training(training)
    entries += [_sitting(each) for each in list_sittings(session, person_id)]
    entries += _certificates(session, keyring, person_id)
    entries += tell_honours(session, person_id)
    entries += tell_places(session, person_id)
    for payment in list_payments_for(session, person_id):
        entries += _payment(payment)
    entries += [
        Entry(
            ref=f"{each.what}-correction-{each.id}",
            kind=EntryKind.CORRECTION,
            at=each.decided_at or each.proposed_at,
            title=f"{'姓名' if each.what == corrected.NAME else '社会保障号码'}更正",
            facts=(("更正前", each.former), ("更正后", each.new)),
            region_code=home,
        )
        for each in corrected.list_done(session, keyring, person_id)
    ]
    return order_entries(entries)


def _vouchers(session: Session, keyring: Keyring, person_id: int) -> Iterator[Entry]:
    held = list(
        session.scalars(select(Voucher).where(Voucher.holder_person_id == person_id).order_by(Voucher.id))
    )
    lives = list_lives(session, Thing.VOUCHER, [each.id for each in held])
    for voucher, row in zip(held, issuing.view_vouchers(session, keyring, held), strict=True):
        events = lives[voucher.id]
        mark = Mark.REVOKED if voucher.state in TAKEN else Mark.ENDED
        facts = (("券号", voucher.number), ("项目", row.programme_name))
        yield Entry(
            ref=f"voucher-{voucher.id}",
            kind=EntryKind.VOUCHER,
            at=events[0].at,
            title="发放培训券",
            facts=facts,
            mark=mark if voucher.state in ENDED else Mark.STANDS,
            mark_words=STATE_NAMES[Thing.VOUCHER][voucher.state],
            region_code=voucher.region_code,
        )
        for event in events[1:]:
            if event.to_state in ENDED:
                yield Entry(
                    ref=f"voucher-{voucher.id}-{event.seq}",
                    kind=EntryKind.VOUCHER,
                    at=event.at,
                    title=f"培训券{EVENT_NAMES[Thing.VOUCHER][event.event]}",
                    facts=facts,
                    mark=mark,
                    mark_words=STATE_NAMES[Thing.VOUCHER][event.to_state],
                    why=event.reason,
                    region_code=voucher.region_code,
                )


def _training(training: Training) -> Iterator[Entry]:
    found, done, enrolled = training.taught.found, training.completion, training.enrolment
    facts = [
        ("职业", f"{training.taught.trade_name} · {training.taught.level_name}"),
        ("机构", training.taught.institution_name),
        ("时间", f"{found.starts_on.isoformat()} 至 {found.ends_on.isoformat()}"),
    ]
    planned = found.hours_offline + found.hours_online
    if done is not None:
        facts.append(("学时", f"{done.hours_attended} / {done.hours_planned}"))
        facts.append(("结业", PASSED[bool(done.passed)]))
    elif training.redeemed_at is not None:
        facts.append(("学时", f"{training.hours} / {planned}"))
    yield Entry(
        ref=f"training-{enrolled.id}",
        kind=EntryKind.TRAINING,
        at=training.redeemed_at or enrolled.enrolled_at,
        title=f"{'参加' if training.redeemed_at else '报名'}培训：{found.name}",
        facts=tuple(facts),
        mark=Mark.ENDED if enrolled.ended_at is not None else Mark.STANDS,
        mark_words=_stand(training),
        region_code=found.region_code,
    )
    for each in training.corrections:
        yield Entry(
            ref=f"training-{enrolled.id}-{each.id}",
            kind=EntryKind.TRAINING,
            at=done.signed_at if done is not None else each.asked_at,
            title=f"结业签字（更正前）：{found.name}",
            facts=(("学时", str(each.former_hours)), ("结业", PASSED[bool(each.former_passed)])),
            mark=Mark.CORRECTED,
            why=each.why,
            region_code=found.region_code,
        )


def _stand(training: Training) -> str:
    """Return how far a training has come, in a word."""
    if training.enrolment.ended_at is not None:
        return "已离开该班"
    if training.completion is not None:
        return "已结业" if training.completion.passed else "未结业"
    return "培训中" if training.redeemed_at is not None else "已报名"


def _sitting(sitting: Sitting) -> Entry:
    result = sitting.result
    outcome = SCORE_MARK_NAMES[ScoreMark(result.mark)] if result.mark else PASSED[bool(result.passed)]
    return Entry(
        ref=f"exam-{result.id}",
        kind=EntryKind.EXAM,
        at=begin(sitting.batch.exam_on),
        title=f"评价：{sitting.trade_name} · {sitting.level_name}",
        facts=(
            ("评价机构", sitting.evaluator_name),
            *(
                (subject, f"{format_score(score)} 分")
                for subject, score in (
                    (THEORY, result.theory_hundredths),
                    (SKILL, result.skill_hundredths),
                    (COMPREHENSIVE, result.comprehensive_hundredths),
                )
                if score is not None
            ),
            ("结果", outcome),
        ),
        mark=Mark.STANDS if sitting.counts else Mark.CORRECTED,
        why=result.why,
        by_day=True,
        region_code=sitting.batch.region_code,
    )


def _certificates(session: Session, keyring: Keyring, person_id: int) -> Iterator[Entry]:
    views = certificates.list_archive(session, keyring, person_id)
    rows = session.execute(
        select(Institution.id, Institution.region_code).where(
            Institution.id.in_({each.institution_id for each in views})
        )
    )
    regions = dict(rows.all())
    lives = list_lives(session, Thing.CERTIFICATE, [each.certificate_id for each in views])
    for each in views:
        facts = (("证书编号", each.number), ("种类", each.kind_name), ("发证机构", each.institution_name))
        title = f"{each.trade_name} · {each.level_name}"
        verified = {True: "与登记一致", False: "与登记不一致", None: "尚未核验"}[each.verified]
        revoked = each.state == "revoked"
        yield Entry(
            ref=f"certificate-{each.certificate_id}",
            kind=EntryKind.CERTIFICATE,
            at=begin(each.issued_on),
            title=f"取得证书：{title}",
            # a revoked one is no longer the register's, which says nothing of how it was got
            facts=facts if revoked else (*facts, ("核验", verified)),
            mark=Mark.REVOKED if revoked else Mark.STANDS if each.verified else Mark.UNVERIFIED,
            mark_words=each.state_name if revoked or each.verified else verified,
            by_day=True,
            region_code=regions[each.institution_id],
        )
        for event in lives[each.certificate_id]:
            if event.event in ("revoke", "reinstate"):
                yield Entry(
                    ref=f"certificate-{each.certificate_id}-{event.seq}",
                    kind=EntryKind.CERTIFICATE,
                    at=event.at,
                    title=f"证书{EVENT_NAMES[Thing.CERTIFICATE][event.event]}：{title}",
                    facts=facts,
                    mark=_mark_event(event, revoked=revoked),
                    why=event.reason,
                    region_code=regions[each.institution_id],
                )


def _mark_event(event: StateEvent, *, revoked: bool) -> Mark:
    if event.event == "reinstate":
        return Mark.STANDS
    return Mark.REVOKED if revoked else Mark.CORRECTED


def _payment(paid: PaidInName) -> Iterator[Entry]:
    claim, payment = paid.claim, paid.payment
    named = f"{name_claim_kind(claim.kind)} {format_yuan(payment.computed_fen)} 元"
    facts: tuple[tuple[str, str], ...] = (("申领编号", claim.number), ("收款方", paid.payee_name))
    if payment.offset_fen:
        facts = (*facts, ("其中抵扣收款方应退款", f"{format_yuan(payment.offset_fen)} 元"))
    failed = payment.state == "failed"
    words = STATE_NAMES[Thing.PAYMENT][payment.state]
    yield Entry(
        ref=f"payment-{payment.id}",
        kind=EntryKind.PAYMENT,
        at=paid.answered_at or paid.sent_at,
        title=named,
        facts=facts,
        mark=Mark.ENDED if failed else Mark.REVOKED if paid.clawed_fen else Mark.STANDS,
        mark_words=f"{words}，已要求退回" if paid.clawed_fen else words,
        region_code=claim.region_code,
    )
    if paid.clawed_at is not None:
        returned = f"{format_yuan(paid.recovered_fen)} / {format_yuan(paid.clawed_fen)} 元"
        yield Entry(
            ref=f"payment-{payment.id}-clawback",
            kind=EntryKind.PAYMENT,
            at=paid.clawed_at,
            title=f"追回{named}",
            facts=(*facts, ("已追回", returned)),
            mark=Mark.REVOKED,
            mark_words="已追回" if paid.clawed_fen == paid.recovered_fen else "追回中",
            why=paid.clawed_why,
            region_code=claim.region_code,
        )
