"""谁看过我的信息: every time somebody opened what is masked elsewhere, with who, when and what for.

Pages on which name and number stay masked are told apart, and as long as their openings are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.registry.users import RoleGrant
from voucher.rules.actor import ROLE_NAMES, Role
from voucher.rules.lifecycle import Thing
from voucher.stages.issue.queries.persons import read_applications_held
from voucher.stages.oversee.openings import MATTER_NAMES, OPENED_NAMES, list_openings_of
from voucher.stages.train.queries.persons import find_attended

# what was seen, and why it may be: by thing and act of the trail
PERSON, ATTACHMENT = "person", "attachment"
SEEN = {
    (ATTACHMENT, "look"): ("领券申请里的证明材料", "审核领券申请"),
    (str(Thing.VOUCHER), "look_at_phone"): ("手机号", "电话抽查"),
    (str(Thing.CLASS), "look_at_proof"): ("签到的证据", "核实考勤"),
}
# that somebody is looked into, or a class will be visited, is not told to them before it is concluded
UNTOLD = frozenset({"flag", "complaint", "inspection"})
WHOLE = ("姓名和证件号码", "没有写明")


@dataclass(frozen=True, slots=True)
class PersonLook:
    """One look at one person's data: who by role, what, why, when."""

    id: int
    at: datetime
    by: str
    what: str
    why: str


def list_looks(session: Session, person_id: int, *, before_id: int | None, limit: int) -> list[PersonLook]:
    """Return the looks at a person's data, the newest first; own looks are not among them."""
    vouchers = session.scalars(select(Voucher.id).where(Voucher.holder_person_id == person_id)).all()
    attachments = read_applications_held(session, person_id).attachment_ids
    attended = find_attended(session, person_id)
    query = (
        select(AuditRow)
        .where(
            AuditRow.actor_person_id != person_id,
            or_(
                and_(AuditRow.thing == PERSON, AuditRow.object_id == person_id, AuditRow.act.like("look%")),
                _of(ATTACHMENT, "look", attachments),
                _of(str(Thing.VOUCHER), "look_at_phone", vouchers),
                _of(str(Thing.CLASS), "look_at_proof", sorted(set(attended.values()))),
            ),
        )
        .order_by(AuditRow.id.desc())
    )
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    rows = []
    # a class's proofs are of everybody in it: which one was opened stands in the row's content
    for each in session.scalars(query.execution_options(yield_per=limit)):
        if each.thing != str(Thing.CLASS) or each.content.get("attendance") in attended:
            rows.append(each)
        if len(rows) == limit:
            break
    roles = _name_roles(session, [each.actor_user_id for each in rows])
    return [_look(each, roles.get(each.actor_user_id, "")) for each in rows]


def list_masked_looks(session: Session, person_id: int, *, limit: int) -> list[PersonLook]:
    """Return the openings of a person's pages by staff, the newest first: name and number were masked."""
    rows = list_openings_of(session, person_id, limit=limit)
    roles = _name_roles(session, [each.opened_by_user_id for each in rows])
    return [
        PersonLook(
            each.id,
            each.opened_at,
            roles.get(each.opened_by_user_id) or "已停用的账号",
            f"{OPENED_NAMES[each.thing]}页面（姓名、号码遮盖）",
            MATTER_NAMES.get(each.matter or "", WHOLE[1]) if each.matter not in UNTOLD else WHOLE[1],
        )
        for each in rows
    ]


def _of(thing: str, act: str, ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(AuditRow.thing == thing, AuditRow.act == act, AuditRow.object_id.in_(ids))


def _look(row: AuditRow, by: str) -> PersonLook:
    what, why = SEEN.get((row.thing, row.act), WHOLE)
    return PersonLook(row.id, row.at, by or "已停用的账号", what, row.content.get("why") or why)


def _name_roles(session: Session, user_ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        select(RoleGrant.user_id, RoleGrant.role)
        .where(RoleGrant.user_id.in_(sorted(set(user_ids))))
        .order_by(RoleGrant.id)
    )
    named: dict[int, dict[str, None]] = {}
    for user_id, role in rows:
        named.setdefault(user_id, {})[ROLE_NAMES[Role(role)]] = None
    return {user_id: "、".join(names) for user_id, names in named.items()}
