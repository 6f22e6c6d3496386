"""Claims that wait until the phone checks of their class are done, where the parameter of the day says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.rules.draws import CALL_SOURCE
from voucher.rules.errors import Family, reason
from voucher.stages.settle.models.claims import Claim
from voucher.stages.train.queries.phone_checks import DrawView, find_draws_behind, is_waited_for

PHONE_CHECKS_OPEN = reason(
    "phone_checks_open",
    "申领 {claim} 的班级 {training} 还有 {count} 人待电话抽查",
    "请先办结这个班级的电话抽查，再办理初审",
    CALL_SOURCE,
    Family.CONFLICT,
)


def check_called(work: Work, claims: Sequence[Claim]) -> None:
    """Refuse a claim whose class has people still to be called. Raises phone_checks_open."""
    vouchers = {each.voucher_id: each for each in claims if each.voucher_id is not None}
    for voucher_id, view in sorted(find_uncalled(work.session, list(vouchers), work.today).items()):
        raise PHONE_CHECKS_OPEN.refused(
            claim=vouchers[voucher_id].number, training=view.found.number, count=view.waiting
        )


def find_uncalled(session: Session, voucher_ids: Sequence[int], today: date) -> dict[int, DrawView]:
    """Return by voucher the draw whose calls its claims wait for. Raises Refused parameter_missing."""
    behind = find_draws_behind(session, voucher_ids)
    views = {view.found.id: view for view in behind.values()}
    waited = {class_id for class_id, view in views.items() if is_waited_for(session, view, today)}
    return {voucher_id: view for voucher_id, view in behind.items() if view.found.id in waited}
