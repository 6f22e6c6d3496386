"""Writing down that a person has signed lines of a batch, once for each step, however many lines it were."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.dialects import postgresql, sqlite

from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.stages.settle.models.hands import BatchHand


def note_signed(work: Work, batch_ids: Collection[int], step: Step) -> None:
    """Keep that the acting person signed lines of these batches at a step; a second time changes nothing."""
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    person_id = work.actor.person_id
    rows = [{"batch_id": each, "person_id": person_id, "step": str(step)} for each in sorted(batch_ids)]
    work.session.execute(build(BatchHand).on_conflict_do_nothing(), rows)
