"""关于我的信息: what is held of one person, by kind, with purpose, basis and how long it still is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.lives import list_lives
from voucher.ledger.origins import count_origins_of
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.plumbing.secrets import Keyring
from voucher.registry.consents.reading import list_consents
from voucher.registry.employments import is_employed
from voucher.registry.filing.reading import is_filed_teacher
from voucher.registry.people import get_person
from voucher.registry.retention import RetentionRow, list_retention
from voucher.registry.users import RoleGrant, UserAccount, WebSession
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing, live_states
from voucher.rules.periods import in_force
from voucher.rules.retention import DataKind, Kept, kept_until
from voucher.stages.assess.queries import appeals
from voucher.stages.assess.queries.persons import AssessedHeld, read_assessed_held
from voucher.stages.certify import queries as certificates
from voucher.stages.issue.queries.persons import read_applications_held
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.queries import LIVE, list_own
from voucher.stages.oversee.networks import count_networks_of
from voucher.stages.oversee.privacy.models import Preservation
from voucher.stages.settle.queries.hands import HandsHeld, read_hands_held
from voucher.stages.settle.queries.persons import read_claims_held
from voucher.stages.train.queries.focus import count_focus
from voucher.stages.train.queries.intake_denials import list_own_denials
from voucher.stages.train.queries.positions import count_positions

# a voucher that was paid out is live only because the money may be recovered
VOUCHER_OPEN = live_states(Thing.VOUCHER) - {"settled"}
# what goes with the account, or went before, and so keeps nobody
GOING = frozenset(
    {DataKind.IDENTITY, DataKind.ACCOUNT, DataKind.ATTACHMENT, DataKind.COMPLAINT, DataKind.TRACE}
)


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of data about a person: how many, of when, and the last day it is kept, if that is known."""

    rule: RetentionRow
    count: int
    last_on: date | None
    kept_until: date | None


@dataclass(frozen=True, slots=True)
class Holding:
    """Everything held of one person, and the business that is still open."""

    held: list[Held]
    business: list[str]

    @property
    def kept(self) -> list[Kept]:
        """Return what has to be kept for its time although the person asks for it to go."""
        return [
            Kept(each.rule.name, each.kept_until, each.rule.legal_basis)
            for each in self.held
            if each.count and DataKind(each.rule.kind) not in GOING
        ]


def read_holding(session: Session, keyring: Keyring, person_id: int, on: date) -> Holding:
    """Return what is held of a person. Raises Refused person_missing."""
    person = get_person(session, person_id)
    vouchers = session.scalars(select(Voucher).where(Voucher.holder_person_id == person_id)).all()
    lives = list_lives(session, Thing.VOUCHER, [each.id for each in vouchers])
    claims, applied = read_claims_held(session, person_id), read_applications_held(session, person_id)
    assessed = read_assessed_held(session, person_id, on)
    hands = _read_hands(session, person_id)
    archive = certificates.list_archive(session, keyring, person_id)
    consents = [
        *list_consents(session, keyring, on, principal_person_id=person_id),
        *list_consents(session, keyring, on, helper_person_id=person_id),
    ]
    complaints, intake_denials = list_own(session, person_id), list_own_denials(session, person_id)
    found: dict[DataKind, tuple[int, date | None]] = {
        DataKind.IDENTITY: (1, day_of(person.opened_at)),
        DataKind.ACCOUNT: (_count_accounts(session, person_id), _last_seen_on(session, person_id)),
        DataKind.CONSENT: (len(consents), max((day_of(each.since) for each in consents), default=None)),
        DataKind.VOUCHER: (
            len(vouchers) + assessed.sat,
            _latest(_last(events[-1].at for events in lives.values() if events), assessed.last_on),
        ),
        DataKind.ATTACHMENT: (applied.kept, _day(applied.last_at)),
        DataKind.CERTIFICATE: (len(archive), max((each.issued_on for each in archive), default=None)),
        DataKind.PAYMENT: (claims.count, _day(claims.last_at)),
        DataKind.COMPLAINT: _count_said(
            complaints, [each.ended_at or each.opened_at for each in intake_denials]
        ),
        DataKind.HAND: (hands.count, _day(hands.last_at)),
        DataKind.TRACE: _read_traces(session, person_id),
    }
    held = []
    for rule in list_retention(session, on):
        count, last_on = found[DataKind(rule.kind)]
        held.append(
            Held(
                rule,
                count,
                last_on,
                kept_until(last_on, rule.months) if count and last_on and rule.months else None,
            )
        )
    business = [f"培训券 {each.number}" for each in vouchers if each.state in VOUCHER_OPEN]
    business += [f"补贴申领 {each}" for each in claims.open_numbers]
    business += [f"复核申请 {each}" for each in appeals.list_open_numbers(session, person_id)]
    business += ["领券申请" for _ in applied.open_ids]
    # without its number, which the officers who decide would read as well
    business += ["投诉举报" for each in complaints if each.state in LIVE]
    business += [f"本人反映的问题 {each}" for each in claims.open_denials]
    business += [f"名册反映 {each.number}" for each in intake_denials if each.is_open]
    business += _name_offices(session, person_id, assessed, on)
    if list_papers(session, person_id):
        # by which document is not for whoever it is about
        business.append("依法须继续保存的事项")
    if _is_staff(session, person_id, on):
        business.append("工作人员的账号和职责")
    return Holding(held, business)


def list_papers(session: Session, person_id: int) -> list[str]:
    """Return the documents by which a person's data is preserved now."""
    standing = select(Preservation.paper).where(
        Preservation.person_id == person_id, Preservation.lifted_at.is_(None)
    )
    return list(session.scalars(standing))


def _name_offices(session: Session, person_id: int, assessed: AssessedHeld, on: date) -> list[str]:
    """Return what others still have a person filed for, and the exams not published yet."""
    named = [f"评价考试 {each}" for each in assessed.open_numbers]
    if assessed.is_examiner:
        named.append("在备案的考评员")
    if is_filed_teacher(session, person_id, on):
        named.append("培训机构备案的教师")
    if is_employed(session, person_id, on):
        named.append("用人单位登记的在职人员")
    return named


def _read_hands(session: Session, person_id: int) -> HandsHeld:
    """Return the hands in money of whoever ever was staff; nobody else can have had one."""
    was_staff = (
        select(RoleGrant.id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(UserAccount.person_id == person_id, RoleGrant.role != Role.WORKER)
    )
    if session.scalar(was_staff.limit(1)) is None:
        return HandsHeld(0, None)
    return read_hands_held(session, person_id)


def _count_said(complaints: Sequence[Complaint], denied: Sequence[datetime]) -> tuple[int, date | None]:
    """Return how often a person complained, or said "not me" of an intake, and when the last of it ended."""
    moments = [*(each.concluded_at or each.filed_at for each in complaints), *denied]
    return len(moments), _last(moments)


def _read_traces(session: Session, person_id: int) -> tuple[int, date | None]:
    """Return how many traces are kept, and of which day the newest is.

    They are digests of devices and networks, positions of marks, what pages of lessons saw.
    """
    traces = [
        *(count_origins_of(session, person_id), count_networks_of(session, person_id)),
        *(count_positions(session, person_id), count_focus(session, person_id)),
    ]
    return sum(count for count, _ in traces), _latest(*(_day(last_at) for _, last_at in traces))


def _last(moments: Iterable[datetime]) -> date | None:
    return max((day_of(each) for each in moments), default=None)


def _day(at: datetime | None) -> date | None:
    return day_of(at) if at is not None else None


def _last_seen_on(session: Session, person_id: int) -> date | None:
    """Return the last day a person used any account, also where the record of that sign-in is forgotten."""
    mine = UserAccount.person_id == person_id
    seen_at = session.scalar(
        select(func.max(WebSession.seen_at))
        .join(UserAccount, UserAccount.id == WebSession.user_id)
        .where(mine)
    )
    told = session.scalar(select(func.max(UserAccount.last_seen_on)).where(mine))
    return _latest(_day(seen_at), told)


def _latest(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)


def _count_accounts(session: Session, person_id: int) -> int:
    query = select(func.count()).select_from(UserAccount).where(UserAccount.person_id == person_id)
    return session.scalar(query) or 0


def _is_staff(session: Session, person_id: int, on: date) -> bool:
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.since, RoleGrant.until)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(UserAccount.person_id == person_id, UserAccount.disabled_at.is_(None))
    )
    return any(role != Role.WORKER and in_force(on, since, until) for role, since, until in rows)
