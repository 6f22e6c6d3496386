"""向人社部门反映: a holder says that something about a voucher was not their doing, and the voucher stops.

While it stops, nothing toward use or payment happens to it; the office looks into it and writes down what it
found, or the holder takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import PROBLEM_NAMES, Problem
from voucher.rules.words import check_why
from voucher.stages.issue.holding import get_own_voucher

SOURCE = "LIFECYCLE 待处置; DESIGN §9 不是我、没收到"
# what is over for the holder is recovered or reinstated by the office, not stopped
DISPUTED_STATES = ("accepted", "enrolled", "training", "trained", "assessed", "certified")
TAKEN_BACK = "本人撤回"

DISPUTE_TOO_LATE = reason(
    "dispute_too_late",
    "这张券{state}，不能再停下来核查",
    "请拨打 12333，或携带身份证到人社服务窗口反映，说清券号和经过",
    SOURCE,
    Family.CONFLICT,
)
DISPUTED_ALREADY = reason(
    "disputed_already",
    "您已经反映过，正在核查",
    "请等待结论；有新的情况请拨打 12333，或撤回以后重新反映",
    SOURCE,
    Family.CONFLICT,
)
DISPUTE_MISSING = reason(
    "dispute_missing",
    "没有正在核查的反映",
    "可能已有结论，请刷新页面查看",
    SOURCE,
    Family.MISSING,
)


def dispute(work: Work, voucher_id: int, problem: Problem, said: str) -> Hold:
    """Stop one's own voucher until the office has looked into what its holder says, and return the hold.

    Raises Refused role_missing, voucher_missing (also for somebody else's), dispute_too_late,
    disputed_already, why_missing.
    """
    voucher = get_own_voucher(work, voucher_id)
    words = check_why(said)
    if voucher.state not in DISPUTED_STATES:
        raise DISPUTE_TOO_LATE.refused(state=STATE_NAMES[Thing.VOUCHER][voucher.state])
    if _find_open(work, voucher) is not None:
        raise DISPUTED_ALREADY.refused()
    return open_hold(work, Thing.VOUCHER, voucher.id, f"持券人反映：{PROBLEM_NAMES[problem]}", said=words)


def take_back(work: Work, voucher_id: int) -> Hold:
    """Let one's own voucher go on: the holder was mistaken; return the hold.

    Raises Refused role_missing, voucher_missing (also for somebody else's), dispute_missing.
    """
    voucher = get_own_voucher(work, voucher_id)
    found = _find_open(work, voucher)
    if found is None:
        raise DISPUTE_MISSING.refused()
    close_hold(work, found, TAKEN_BACK)
    return found


def list_disputes(session: Session, person_id: int, voucher_id: int) -> Sequence[Hold]:
    """Return what a holder ever said about a voucher and what came of it, the newest first."""
    return session.scalars(
        select(Hold)
        .where(
            Hold.thing == str(Thing.VOUCHER),
            Hold.object_id == voucher_id,
            Hold.opened_by_person_id == person_id,
        )
        .order_by(Hold.id.desc())
    ).all()


def _find_open(work: Work, voucher: Voucher) -> Hold | None:
    said = list_disputes(work.session, voucher.holder_person_id, voucher.id)
    return next((each for each in said if each.closed_at is None), None)
