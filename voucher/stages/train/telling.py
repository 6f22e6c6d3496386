"""Telling people that they go on in another class, or that theirs was cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.letters import (
    CLASS_CANCELLED,
    CLASS_MOVED,
    CLASS_MOVED_OTHERWISE,
    Notice,
    write_to_people,
)
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries.differing import Differing
from voucher.stages.train.reading import format_moment, list_sessions

FREE, WAITS = "已退出这个班，可以另选班级", "已上的学时保留，由人社部门转到别的班"


def tell_moved(
    work: Work,
    vouchers: Sequence[Voucher],
    target: TrainingClass,
    differing: Mapping[int, Differing],
) -> None:
    """Send everybody moved word of where and when the next lesson is, and of what is otherwise there."""
    ahead = [each for each in list_sessions(work.session, target.id) if each.starts_at > work.at]
    if not ahead:
        return
    first, until = ahead[0], max(each.ends_at for each in ahead)
    facts: dict[str, object] = {
        "institution": work.session.get_one(Institution, target.delivering_institution_id).name,
        "training": target.name,
        "starts": format_moment(first.starts_at),
        "place": first.place or target.place,
    }
    write_to_people(
        work,
        [
            Notice(
                f"class_moved:{target.id}:{each.id}:{each.seq}",
                each.holder_person_id,
                CLASS_MOVED_OTHERWISE if differing[each.id].words else CLASS_MOVED,
                facts | {"differs": "；".join(differing[each.id].words)},
                until,
            )
            for each in vouchers
        ],
    )


def tell_cancelled(
    work: Work, found: TrainingClass, vouchers: Sequence[Voucher], leaving: Sequence[Voucher]
) -> None:
    """Send everybody of a cancelled class word of it; who is `leaving` is free at once, the others wait."""
    until = max((each.ends_at for each in list_sessions(work.session, found.id)), default=work.at)
    free = {each.id for each in leaving}
    write_to_people(
        work,
        [
            Notice(
                f"class_cancelled:{found.id}:{each.id}",
                each.holder_person_id,
                CLASS_CANCELLED,
                {"training": found.name, "step": FREE if each.id in free else WAITS},
                max(until, work.at + timedelta(days=1)),
            )
            for each in vouchers
        ],
    )
