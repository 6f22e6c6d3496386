"""销毁: what it takes that nobody can be named any more; sums, trail and digests stay whole."""

from __future__ import annotations

from sqlalchemy import or_, select, text, update

from voucher.ledger import audit
from voucher.ledger.origins import forget_origins_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects
from voucher.registry.access import sessions
from voucher.registry.consents.rows import Consent
from voucher.registry.users import UserAccount
from voucher.stages.oversee.complaints.queries import list_own
from voucher.stages.oversee.networks import forget_networks_of

ERASED = "（已注销）"
# of an earlier stage, whose verbs are out of reach here
FOCUS_OF = "DELETE FROM study_focus WHERE study_id IN (SELECT id FROM study WHERE person_id = :person_id)"


def destroy_person(work: Work, person_id: int, why: str, **told: int) -> None:
    """Destroy a person's keys, close the accounts, end whatever help there was; `told` says by which row.

    Who may be erased is checked before. Raises Refused person_missing.
    """
    person = people.get_person(work.session, person_id)
    subjects.destroy_key(work, person.blind_index)
    for each in list_own(work.session, person.id):
        # sealed under keys of their own; an open one was open business
        subjects.destroy_key(work, each.subject_index)
    person.mobile_sealed, person.mobile_index, person.number_sealed = None, None, None
    forget_origins_of(work, person.id)
    work.session.execute(text(FOCUS_OF), {"person_id": person.id})
    forget_networks_of(work, person.id)
    _close_accounts(work, person.id, why)
    _end_help(work, person.id, why)
    audit.record_one(work, "person", person.id, "erase", **told)


def _close_accounts(work: Work, person_id: int, why: str) -> None:
    accounts = work.session.scalars(
        select(UserAccount).where(UserAccount.person_id == person_id).order_by(UserAccount.id)
    ).all()
    for account in accounts:
        sessions.end_sessions_of(work, account.id)
        # the name stands here in plain, and a login may be made of a number
        account.login, account.display_name = f"erased-{account.id}", ERASED
        account.password_hash, account.totp_sealed, account.totp_confirmed_at = None, None, None
        account.disabled_at = account.disabled_at or work.at
        audit.record_one(work, "user_account", account.id, "close", why=why)


def _end_help(work: Work, person_id: int, why: str) -> None:
    ended = work.session.scalars(
        update(Consent)
        .where(
            or_(Consent.principal_person_id == person_id, Consent.helper_person_id == person_id),
            Consent.ended_at.is_(None),
        )
        .values(ended_at=work.at, ended_by="office", ended_by_person_id=work.actor.person_id)
        .returning(Consent.id)
        .execution_options(synchronize_session=False)
    ).all()
    audit.record(work, [audit.Entry("consent", each, "end", {"by": why}) for each in sorted(ended)])
