"""Where a person asks for a voucher himself, taking it at once or applying for it: what both begin with."""

from __future__ import annotations

from voucher.plumbing.unit_of_work import Work
from voucher.registry.facts import declare_unknown
from voucher.rules.actor import Role, check_role
from voucher.rules.issuing import TAKEN_BY_HOLDER_ONLY, check_declared
from voucher.rules.programmes import Channel
from voucher.stages.issue.judging import check_issuing
from voucher.stages.issue.models import Programme
from voucher.stages.issue.reading import PROGRAMME_MISSING, PUBLIC_STATES, lock_programme


def enter_open_programme(work: Work, programme_id: int, *, declared: bool) -> Programme:
    """Return a programme the actor may ask for now, locked; what nobody recorded of the actor is vouched for.

    Raises Refused role_missing, programme_missing, programme_not_open, declaration_missing,
    programme_not_published, programme_not_begun, programme_over.
    """
    check_role(work.actor, Role.WORKER)
    programme = lock_programme(work, programme_id)
    if programme.state not in PUBLIC_STATES:
        raise PROGRAMME_MISSING.refused()
    if programme.channel != Channel.OPEN:
        raise TAKEN_BY_HOLDER_ONLY.refused(programme=programme.name)
    check_issuing(programme, work.today)
    check_declared(declared=declared)
    declare_unknown(work, work.actor.person_id)
    return programme
