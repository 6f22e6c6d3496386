"""人工核验: where no register answers, two people read the certificate there, each by themselves.

Only what both read alike is the register's word; what they read must be the certificate of this very person.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.people import accepted_indexes, accepted_name_indexes, read_people
from voucher.rules.actor import check_role
from voucher.rules.certificates import CERTIFICATE_NAME_MISMATCH, CERTIFICATE_PERSON_MISMATCH, MATCH_SOURCE
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.identity import normalise_identity, normalise_organisation_code
from voucher.rules.levels import Level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.names import normalise_name
from voucher.rules.words import check_why
from voucher.stages.certify.asking import Answered, write_look_ups
from voucher.stages.certify.extract import RegisterRow, read_status, write_entries
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_look_ups import HandReading, HandVerification
from voucher.stages.certify.queries.cards import ANY_CARD, Meant, find_entries
from voucher.stages.certify.queries.proofs import find_newest_verifications, read_refusal
from voucher.stages.certify.queries.readings import COUNTS_FOR, READABLE
from voucher.stages.certify.queries.register_words import (
    find_newest_words,
    find_register,
    read_word_since,
    was_asked_in_vain,
)
from voucher.stages.certify.revoke import OFFICERS, lock_within_reach

BY_HAND = "人工核验（两人）"
SOURCE = f"{MATCH_SOURCE}; DOMAIN C6【设】没有联网时由两人凭依据核验"

REGISTER_ANSWERS = reason(
    "register_answers",
    "登记已于 {on} 对这本证书作出答复，不再人工核验",
    "请办理再次核验；登记有误的，请发证机构更正",
    SOURCE,
    Family.CONFLICT,
)
REGISTER_UNASKED = reason(
    "register_unasked",
    "已联网，这本证书还没有向登记查询过",
    "请先办理再次核验；登记不答复的，再由两人人工核验",
    SOURCE,
    Family.CONFLICT,
)
HAND_READING_BARRED = reason(
    "hand_reading_barred",
    "这本证书不能人工核验：{why}",
    "登记有误的，请发证机构更正；撤销后要恢复的，请由一人提出、另一人确认",
    SOURCE,
    Family.CONFLICT,
)
HAND_READING_DIFFERS = reason(
    "hand_reading_differs",
    "两人核验所见不一致：{what}",
    "请两人各自重新查对原件和登记；录错的一人更正后再核验",
    SOURCE,
    Family.CONFLICT,
)
NAMES = {
    "trade_code": "职业",
    "level": "等级",
    "issued_on": "发证日期",
    "evaluator_code": "评价机构",
    "status": "状态",
}


@dataclass(frozen=True, slots=True)
class Read:
    """What one person read at the register's own site; level 0 stands for none, status is 有效 or 撤销."""

    identity_number: str
    name: str
    trade_code: str
    level: int
    issued_on: date
    evaluator_code: str
    status: str


@dataclass(frozen=True, slots=True)
class HandOutcome:
    """What came of a reading: whether it is the second, whether it verifies, and what stands against it."""

    is_second: bool
    verified: bool
    refusals: tuple[Refusal, ...] = ()


def read_by_hand(work: Work, number: str, read: Read, evidence: str, meant: Meant = ANY_CARD) -> HandOutcome:
    """Record what was read of a certificate, and return what came of it: only a second one can verify it.

    Of a number that several cards have it is the one `meant`.

    Raises Refused role_missing, why_missing, certificate_number_unknown (also for a foreign one),
    card_unclear, hand_reading_barred, register_answers, register_unasked, certificate_person_mismatch,
    certificate_name_mismatch, hand_reading_differs, and what the words themselves are refused for.
    """
    check_role(work.actor, *OFFICERS)
    said = check_why(evidence)
    certificate = lock_within_reach(work, number, None, meant)
    _check_readable(work, certificate)
    _check_nobody_answers(work, certificate)
    seen = Read(
        identity_number=normalise_identity(read.identity_number, work.today),
        name=normalise_name(read.name),
        trade_code=read.trade_code.strip(),
        level=int(Level(read.level)) if read.level else 0,
        issued_on=read.issued_on,
        evaluator_code=normalise_organisation_code(read.evaluator_code),
        status=read_status(read.status),
    )
    _check_person(work, certificate, seen)
    earlier = _find_of_another(work, certificate.id)
    facts = {name: getattr(seen, name) for name in NAMES}
    if earlier is not None:
        differing = [words for name, words in NAMES.items() if getattr(earlier, name) != facts[name]]
        if differing:
            raise HAND_READING_DIFFERS.refused(what="、".join(differing))
    reading = HandReading(
        certificate_id=certificate.id,
        **facts,
        evidence=said,
        read_at=work.at,
        read_by_person_id=work.actor.person_id,
    )
    work.session.add(reading)
    work.session.flush()
    audit.record_one(
        work, "certificate", certificate.id, "read_by_hand", evidence=said, second=earlier is not None
    )
    if earlier is None:
        return HandOutcome(is_second=False, verified=False)
    _confirm(work, earlier, reading)
    _believe(work, certificate, seen)
    newest = find_newest_verifications(work.session, [certificate.id])[certificate.id]
    return HandOutcome(
        is_second=True,
        verified=bool(newest.verified),
        refusals=tuple(read_refusal(told) for told in newest.codes),
    )


def _confirm(work: Work, earlier: HandReading, reading: HandReading) -> None:
    work.session.add(
        HandVerification(
            first_reading_id=earlier.id,
            second_reading_id=reading.id,
            certificate_id=reading.certificate_id,
            checker_person_id=earlier.read_by_person_id,
            confirmer_person_id=work.actor.person_id,
            confirmed_at=work.at,
        )
    )
    work.session.flush()


def _check_readable(work: Work, certificate: Certificate) -> None:
    """What the register has said against a certificate is not read away, nor is a revocation."""
    if certificate.filing_id is None:
        raise HAND_READING_BARRED.refused(why="培训合格证书不在登记中")
    if certificate.state not in READABLE:
        raise HAND_READING_BARRED.refused(why=f"现在是{STATE_NAMES[Thing.CERTIFICATE][certificate.state]}")
    entries = find_entries(work.session, [certificate.number], work.today)
    card = certificate.trade_code, certificate.issued_on
    entry = entries.find(certificate.number, *card)
    word = find_newest_words(work.session, [certificate.id]).get(certificate.id)
    ours = accepted_indexes(work.session, [certificate.person_id]).get(certificate.person_id, frozenset())
    is_newer = entry is not None and (word is None or entry.recorded_at > word.asked_at)
    if entry is not None and entry.subject_index not in ours:
        raise HAND_READING_BARRED.refused(why="登记的是另一人")
    if word is not None and word.outcome == "other_person" and not is_newer:
        raise HAND_READING_BARRED.refused(why="登记的是另一人")
    if entry is not None and entry.status == "revoked" and entries.is_same(entry, *card):
        raise HAND_READING_BARRED.refused(why="登记中为撤销")


def _check_nobody_answers(work: Work, certificate: Certificate) -> None:
    """A register whose word a payment could stand on leaves nothing to read by hand; an older one does."""
    if find_register(work.session, work.today) is None:
        return
    since = read_word_since(work.session, work.at)
    word = find_newest_words(work.session, [certificate.id]).get(certificate.id)
    if word is not None and word.way == "http" and word.asked_at >= since:
        raise REGISTER_ANSWERS.refused(on=day_of(word.asked_at).isoformat())
    if not was_asked_in_vain(work.session, certificate.id, since):
        raise REGISTER_UNASKED.refused()


def _check_person(work: Work, certificate: Certificate, seen: Read) -> None:
    holder = certificate.person_id
    index = people.index_of(work.keyring, seen.identity_number)
    if index not in accepted_indexes(work.session, [holder]).get(holder, ()):
        raise CERTIFICATE_PERSON_MISMATCH.refused()
    named = people.name_index_of(work.keyring, seen.name)
    if named not in accepted_name_indexes(work.session, [holder]).get(holder, ()):
        raise CERTIFICATE_NAME_MISMATCH.refused()


def _find_of_another(work: Work, certificate_id: int) -> HandReading | None:
    """Return the newest reading by somebody else that no look-up has used yet."""
    word = find_newest_words(work.session, [certificate_id]).get(certificate_id)
    used_at = word.asked_at if word is not None else work.at - COUNTS_FOR
    return work.session.scalars(
        select(HandReading)
        .where(
            HandReading.certificate_id == certificate_id,
            HandReading.read_by_person_id != work.actor.person_id,
            HandReading.read_at > max(used_at, work.at - COUNTS_FOR),
        )
        .order_by(HandReading.id.desc())
        .limit(1)
    ).first()


def _believe(work: Work, certificate: Certificate, seen: Read) -> None:
    """Write what both read as the register's word and hold the certificate against it."""
    holder = read_people(work.session, work.keyring, [certificate.person_id])[certificate.person_id]
    facts = {name: value for name, value in asdict(seen).items() if name in NAMES}
    row = RegisterRow(
        name=seen.name, identity=holder.number or seen.identity_number, number=certificate.number,
        **facts,
    )  # fmt: skip
    write_entries(work, [row])
    write_look_ups(
        work, BY_HAND, "by_hand", [Answered(certificate.id, certificate.number, "found", 0, row=row)]
    )
