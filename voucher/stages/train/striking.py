"""The office strikes somebody off the intake of a class, with a reason its institution reads, for good.

The reason is one of a few words: what else is known of a person is not for an institution.
"""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.intakes import SOURCE, STRIKE_WHY_NAMES, StrikeWhy
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.disowning import NAMED_IN
from voucher.stages.train.intake import INTAKE_CLOSED, INTAKE_SEATED, NOT_NAMED
from voucher.stages.train.intake_checks import is_denied, is_seated
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.reading import get_reached_class

STRIKE_DENIED = reason(
    "class_intake_strike_denied",
    "这个人反映“不是我”，还没有答复",
    "请在“名册反映”里写明核实情况：属实的，答复时一并去掉",
    SOURCE,
    Family.CONFLICT,
)


def strike_off(work: Work, class_id: int, entry_id: int, why: StrikeWhy) -> ClassIntake:
    """Strike somebody off the intake of a class the office reviews; the institution does not put him back.

    Raises Refused role_missing, class_missing (also for one of elsewhere), class_intake_closed,
    class_intake_entry_missing, class_intake_seated, class_intake_strike_denied.
    """
    found = get_reached_class(work, class_id, lock=True)
    if found.state not in NAMED_IN:
        raise INTAKE_CLOSED.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    entry = work.session.get(ClassIntake, entry_id, populate_existing=True)
    if entry is None or entry.class_id != found.id or entry.removed_at is not None:
        raise NOT_NAMED.refused()
    if is_seated(work.session, found.id, entry.person_id):
        raise INTAKE_SEATED.refused()
    if is_denied(work.session, found.id, entry.person_id):
        raise STRIKE_DENIED.refused()
    entry.removed_at, entry.removed_by_person_id = work.at, work.actor.person_id
    entry.removed_why = STRIKE_WHY_NAMES[why]
    work.session.flush()
    audit.record_one(
        work, str(Thing.CLASS), found.id, "strike_from_intake", entry=entry.id, state=found.state
    )
    return entry
