"""Numbers of teachers' certificates that an earlier version wrote down whole."""

from __future__ import annotations

from voucher.plumbing.db import Database
from voucher.registry.filing.models import FilingTeacher
from voucher.registry.unsealed_numbers import Rewriting, rewrite
from voucher.rules.card_numbers import mask_number

# a filing handed in does not change: one trigger, or one per deed
GUARDS = ("filing_teacher_filed", "filing_teacher_filed_update")


def mask_teachers_numbers(database: Database) -> int:
    """Mask every number that names its teacher, and return how many those were."""
    return rewrite(
        database, [Rewriting(FilingTeacher, FilingTeacher.certificate_number, mask_number, GUARDS)]
    )
