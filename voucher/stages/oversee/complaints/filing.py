"""Filing a complaint (投诉举报): anybody, signed in or not, and gets a number to follow it by."""

from __future__ import annotations

import secrets

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.institutions import Institution
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.registry.tables import read_calendar, require_parameter_number
from voucher.rules.actor import Role
from voucher.rules.calendar import add_workdays
from voucher.rules.complaints import SOURCE, Topic
from voucher.rules.errors import reason
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.reading import CONTACT, WORDS, lock_complaint

ACCEPT_DAYS = "complaint_accept_workdays"
LONGEST_WORDS = 2000

WORDS_MISSING = reason(
    "complaint_words_missing",
    "请写明事实（不超过 2000 字）",
    "写明时间、地点、经过后重新提交；不便书写的，可拨打 12333",
    SOURCE,
)


def file_complaint(work: Work, institution_id: int, topic: Topic, words: str, contact: str) -> Complaint:
    """File a complaint about an institution and return it with its number.

    A worker signed in is its complainant, whom the institution never learns; anybody else stays unnamed.
    Raises Refused institution_absent, complaint_words_missing, calendar_year_missing.
    """
    house = work.session.get(Institution, institution_id)
    if house is None or house.state in ("applied", "refused"):
        raise INSTITUTION_ABSENT.refused()
    named = work.actor.person_id if work.actor.has(Role.WORKER) else None
    return add_complaint(work, house, topic, words, contact, complainant_person_id=named)


def add_complaint(
    work: Work,
    house: Institution,
    topic: Topic,
    words: str,
    contact: str,
    *,
    complainant_person_id: int | None = None,
    measure_id: int | None = None,
    barred: tuple[int | None, int | None] = (None, None),
) -> Complaint:
    """Keep a complaint or an appeal with its words sealed, and return it.

    Raises Refused complaint_words_missing, calendar_year_missing.
    """
    said = words.strip()
    if not said or len(said) > LONGEST_WORDS:
        raise WORDS_MISSING.refused()
    days = require_parameter_number(work.session, ACCEPT_DAYS, work.today, ())
    number = f"{'SS' if measure_id else 'TS'}-{work.today:%Y%m%d}-{secrets.randbelow(10**12):012d}"
    index = work.keyring.blind_index("complaint", number)
    key = subjects.open_keys(work, [index])[index]
    made = Complaint(
        number=number,
        kind="appeal" if measure_id else "complaint",
        topic=str(topic),
        region_code=house.region_code,
        institution_id=house.id,
        measure_id=measure_id,
        complainant_person_id=complainant_person_id,
        subject_index=index,
        words_sealed=work.keyring.seal(key, WORDS, said),
        contact_sealed=work.keyring.seal(key, CONTACT, contact.strip()) if contact.strip() else None,
        filed_at=work.at,
        accept_by=add_workdays(work.today, days, read_calendar(work.session), count_first=False),
        barred_one_person_id=barred[0],
        barred_two_person_id=barred[1],
        **states.first_state(Thing.COMPLAINT, "file"),
    )
    work.session.add(made)
    work.session.flush()
    told = {"institution": house.id, "topic": str(topic)}
    states.begin(work, Thing.COMPLAINT, [made.id], "file", content={made.id: told})
    return made


def withdraw(work: Work, number: str) -> Complaint:
    """Withdraw a complaint by its number, which only its complainant has.

    Raises Refused complaint_missing, event_not_allowed.
    """
    found = lock_complaint(work, Complaint.number == number)
    states.move(work, Complaint, [found], "withdraw")
    return found
