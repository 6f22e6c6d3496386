"""People an evaluator names without a voucher: opened by name and number, refused where the two differ."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.people import Newcomer
from voucher.rules.errors import reason

CANDIDATE_NAME_DIFFERS = reason(
    "candidate_name_differs",
    "姓名与该证件号码登记的姓名不一致",
    "请核对证件；确已更名的，请先办理更名登记",
    "S2-15i 实名制; AC-F7; AC-I3",
)


def open_strangers(work: Work, newcomers: Sequence[Newcomer]) -> list[int]:
    """Return the person behind each name and number, opening those nobody knew.

    Raises Refused candidate_name_differs, subject_erased.
    """
    known = people.open_people(work, newcomers)
    ids = [known[people.index_of(work.keyring, each.number)] for each in newcomers]
    accepted = people.accepted_name_indexes(work.session, ids)
    for person_id, each in zip(ids, newcomers, strict=True):
        if people.name_index_of(work.keyring, each.name) not in accepted[person_id]:
            raise CANDIDATE_NAME_DIFFERS.refused()
    return ids
