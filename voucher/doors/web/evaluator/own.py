"""Whose exams, certificates and money: those of the evaluator the visitor works for, and nobody else's."""

from __future__ import annotations

from voucher.doors.auth.visitors import current_actor
from voucher.registry.institutions import Institution
from voucher.rules.actor import ROLE_MISSING, Role
from voucher.stages.assess.queries import Ready

STAFF = (Role.EVALUATOR_ADMIN, Role.EXAMINER, Role.SCORE_CLERK)


def my_evaluators(*roles: Role) -> frozenset[int]:
    """Return the evaluators the visitor works for in one of the roles, or in any."""
    return frozenset(
        grant.institution_id
        for grant in current_actor().grants
        if grant.institution_id is not None and grant.role in (roles or STAFF)
    )


def my_evaluator(*roles: Role) -> int:
    """Return the evaluator the visitor works for; the first where there are several.

    Raises Refused role_missing.
    """
    served = sorted(my_evaluators(*roles))
    if not served:
        raise ROLE_MISSING.refused(needed="评价机构")
    return served[0]


def group_of(each: Ready) -> str:
    """Return what an exam must agree in with its candidates, as one word for an address."""
    return f"{each.certificate_kind}:{each.trade_code}:{each.level}"


def is_standing(institution: Institution) -> bool:
    """Return whether an institution may take on anything new."""
    return institution.state == "listed"
