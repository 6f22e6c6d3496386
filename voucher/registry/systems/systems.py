"""Registering institutions' own systems: a secret shown once, rotated with an overlap, revoked at once."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.sanctions import INSTITUTION_ABSENT, OFFICERS
from voucher.registry.standards import get_parameter
from voucher.registry.systems.rows import SCOPE_NAMES, InstitutionSystem, SystemScope, SystemSecret
from voucher.registry.users import UserAccount, open_account
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, Reason, reason

SOURCE = "RFC 6749 4.4; GB/T 22239-2019 8.1.4.1 身份鉴别; DESIGN §8；次数与时长【设】"
THING = "institution_system"
SECRET_DOMAIN = "system_secret"  # noqa: S105 — the name of a blind index
SECRET_BYTES, CLIENT_BYTES = 32, 8
STOPPERS = (*OFFICERS, Role.SUPERVISOR)

SYSTEM_MISSING = reason(
    "system_missing",
    "没有找到这个系统接入",
    "请从“系统接入”列表重新选择",
    SOURCE,
    Family.MISSING,
)
SYSTEM_NAMELESS = reason(
    "system_nameless",
    "没有填写系统名称",
    "请填写便于辨认的名称，例如“前台核销机”",
    SOURCE,
)
SYSTEM_SCOPES_MISSING = reason(
    "system_scopes_missing",
    "没有选择这个系统可以办理什么",
    "请至少选择一项：{accepted}",
    SOURCE,
)
SYSTEMS_ENOUGH = reason(
    "systems_enough",
    "本机构已登记 {count} 个系统，达到上限",
    "请先停用不再使用的系统接入",
    SOURCE,
    Family.CONFLICT,
)
SYSTEM_REVOKED = reason(
    "system_revoked",
    "这个系统接入已经停用",
    "停用后不能恢复；需要时请另行登记",
    SOURCE,
    Family.CONFLICT,
)
SYSTEM_NOT_ROTATED = reason(
    "system_not_rotated",
    "没有等待停用的旧密钥",
    "旧密钥只在更换后的一段时间内有效；现在只有一个密钥在用",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class SystemView:
    """A system as its institution and the office see it; `old_until` while a former secret is still good."""

    id: int
    institution_id: int
    client_id: str
    name: str
    scope_names: tuple[str, ...]
    registered_at: datetime
    revoked_at: datetime | None
    old_until: datetime | None


def register_system(
    work: Work, institution_id: int, name: str, scopes: Collection[SystemScope]
) -> tuple[InstitutionSystem, str]:
    """Register a system of one's own institution and return it with its secret, which is kept nowhere.

    Raises Refused role_missing, institution_absent (also for a foreign one), system_nameless,
    system_scopes_missing, systems_enough.
    """
    check_role(work.actor, Role.INSTITUTION_ADMIN)
    if not work.actor.serves(institution_id, Role.INSTITUTION_ADMIN):
        raise INSTITUTION_ABSENT.refused()
    if not name.strip():
        raise SYSTEM_NAMELESS.refused()
    if not scopes:
        raise SYSTEM_SCOPES_MISSING.refused(accepted="；".join(SCOPE_NAMES.values()))
    _check_room(work, institution_id)
    client_id = f"sys-{secrets.token_hex(CLIENT_BYTES)}"
    # no role is granted: what a request may do comes from its token, and no other door opens to the account
    account = open_account(
        work, login=client_id, display_name=name.strip(), person_id=work.actor.person_id, grants=[]
    )
    registered = InstitutionSystem(
        institution_id=institution_id,
        user_id=account.id,
        client_id=client_id,
        name=name.strip(),
        scopes=" ".join(each for each in SystemScope if each in scopes),
        registered_by_person_id=work.actor.person_id,
        registered_at=work.at,
    )
    work.session.add(registered)
    work.session.flush()
    audit.record_one(
        work, THING, registered.id, "register",
        institution=institution_id, client=client_id, scopes=registered.scopes,
    )  # fmt: skip
    return registered, _open_secret(work, registered)


def rotate_secret(work: Work, system_id: int) -> str:
    """Give a system a new secret and return it; the one in use stays good for some hours, an older one ends.

    Raises Refused role_missing, system_missing (also for a foreign one), system_revoked.
    """
    found = lock_own_system(work, system_id)
    hours = int(get_parameter(work.session, "system_secret_overlap_hours", work.today, []).value)
    _end_old(work, found)
    work.session.execute(
        update(SystemSecret)
        .where(SystemSecret.system_id == found.id, SystemSecret.ended_at.is_(None))
        .values(expires_at=work.at + timedelta(hours=hours))
    )
    audit.record_one(work, THING, found.id, "rotate", overlap_hours=hours)
    return _open_secret(work, found)


def confirm_secret(work: Work, system_id: int) -> None:
    """End the former secret at once, and every token fetched with it: the system uses the new one.

    Raises Refused role_missing, system_missing, system_revoked, system_not_rotated.
    """
    found = lock_own_system(work, system_id)
    if not _end_old(work, found):
        raise SYSTEM_NOT_ROTATED.refused()
    audit.record_one(work, THING, found.id, "confirm")


def revoke_system(work: Work, system_id: int) -> None:
    """Revoke a system for good, its tokens with it: by its institution, or by whoever watches over that.

    Raises Refused role_missing, system_missing (also for a foreign one), system_revoked.
    """
    found = _lock(work, system_id, Role.INSTITUTION_ADMIN, *STOPPERS)
    house = work.session.get_one(Institution, found.institution_id)
    reach = frozenset[str]().union(*(work.actor.reach.get(role, frozenset()) for role in STOPPERS))
    is_own = work.actor.serves(found.institution_id, Role.INSTITUTION_ADMIN)
    if not is_own and house.region_code not in reach:
        raise SYSTEM_MISSING.refused()
    _check_standing(found)
    found.revoked_at, found.revoked_by_person_id = work.at, work.actor.person_id
    work.session.get_one(UserAccount, found.user_id).disabled_at = work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, "revoke", by_institution=is_own)


def list_systems(session: Session, institution_ids: Collection[int], at: datetime) -> list[SystemView]:
    """Return the systems of these institutions, the standing ones first, then the newest."""
    found = list_rows(session, institution_ids)
    old = _read_overlaps(session, found, at)
    return [
        SystemView(
            each.id,
            each.institution_id,
            each.client_id,
            each.name,
            tuple(SCOPE_NAMES[SystemScope(word)] for word in each.scopes.split()),
            each.registered_at,
            each.revoked_at,
            old.get(each.id) if each.revoked_at is None else None,
        )
        for each in found
    ]


def list_rows(session: Session, institution_ids: Collection[int]) -> Sequence[InstitutionSystem]:
    """Return the systems of these institutions themselves, in the same order."""
    return session.scalars(
        select(InstitutionSystem)
        .where(InstitutionSystem.institution_id.in_(sorted(institution_ids)))
        .order_by(InstitutionSystem.revoked_at.is_not(None), InstitutionSystem.id.desc())
    ).all()


def index_secret(keyring: Keyring, client_id: str, secret: str) -> str:
    """Return what is stored of a system's secret; it is long and random, so a keyed hash is enough."""
    return keyring.blind_index(SECRET_DOMAIN, f"{client_id}/{secret}")


def _check_room(work: Work, institution_id: int) -> None:
    """Refuse one system more than an institution may have; the lock makes the count true."""
    work.session.scalars(select(Institution.id).where(Institution.id == institution_id).with_for_update())
    most = int(get_parameter(work.session, "systems_per_institution", work.today, []).value)
    standing = select(func.count()).where(
        InstitutionSystem.institution_id == institution_id, InstitutionSystem.revoked_at.is_(None)
    )
    count = work.session.scalar(standing) or 0
    if count >= most:
        raise SYSTEMS_ENOUGH.refused(count=count)


def _open_secret(work: Work, found: InstitutionSystem) -> str:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    work.session.add(
        SystemSecret(
            system_id=found.id,
            secret_index=index_secret(work.keyring, found.client_id, secret),
            opened_at=work.at,
        )
    )
    work.session.flush()
    return secret


def _end_old(work: Work, found: InstitutionSystem) -> bool:
    """End the former secret and say whether it was still good."""
    ended = work.session.execute(
        update(SystemSecret)
        .where(
            SystemSecret.system_id == found.id,
            SystemSecret.ended_at.is_(None),
            SystemSecret.expires_at.is_not(None),
        )
        .values(ended_at=work.at)
        .returning(SystemSecret.expires_at)
    ).scalars()
    return any(each is not None and each > work.at for each in ended.all())


def lock_own_system(work: Work, system_id: int, *, missing: Reason = SYSTEM_MISSING) -> InstitutionSystem:
    """Return a standing system of one's own institution, locked.

    Raises Refused role_missing, system_revoked, and `missing` for a foreign one too.
    """
    found = _lock(work, system_id, Role.INSTITUTION_ADMIN)
    if not work.actor.serves(found.institution_id, Role.INSTITUTION_ADMIN):
        raise missing.refused()
    _check_standing(found)
    return found


def _lock(work: Work, system_id: int, *roles: Role) -> InstitutionSystem:
    check_role(work.actor, *roles)
    found = work.session.scalars(
        select(InstitutionSystem)
        .where(InstitutionSystem.id == system_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise SYSTEM_MISSING.refused()
    return found


def _check_standing(found: InstitutionSystem) -> None:
    if found.revoked_at is not None:
        raise SYSTEM_REVOKED.refused()


def _read_overlaps(
    session: Session, found: Sequence[InstitutionSystem], at: datetime
) -> dict[int, datetime | None]:
    rows = session.execute(
        select(SystemSecret.system_id, SystemSecret.expires_at).where(
            SystemSecret.system_id.in_([each.id for each in found]),
            SystemSecret.ended_at.is_(None),
            SystemSecret.expires_at > at,
        )
    )
    return dict(rows.all())
