"""Every level adds up (AC-K2), people and times are two numbers (AC-K3), one voucher's chain (AC-K5)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests import town_certified, town_issue
from tests.scene import JIYUAN, LI_SI, PROVINCE, SUN_BA, ZHANG_SAN, Scene
from voucher.ledger.budget import Budget
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.registry.catalogue import list_subtree
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.oversee.chain import PERSON_UNSEEN, trace_voucher, view_person
from voucher.stages.oversee.drill import (
    DIRECT,
    NOWHERE,
    Measures,
    count_heads,
    group,
    list_people,
    read_cells,
    total,
)
from voucher.stages.settle.voucher_claims import file_claims


@pytest.fixture
def town(scene: Scene) -> Scene:
    """Return a town with vouchers in several states, two of them claimed for, one person trained twice."""
    budget = town_certified.settle_down(scene)
    first = town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    town_certified.certified(scene, budget, SUN_BA, until="training")
    programme = town_issue.programme(scene, budget, **town_issue.open_terms())
    town_issue.issue_to(scene, programme, SUN_BA)
    scene.do(
        "operator", lambda work: file_claims(work, SubsidyKind.TRAINING, [first.voucher_ids[0]]).batch_ids
    )
    return scene


def _every_level_is_the_sum_of_the_level_below(town: Scene) -> None:
    with town.database.read() as session:
        province = list_subtree(session, PROVINCE)
        cells = read_cells(session, province)
        whole = total(each.measures for each in cells)
        assert whole == total(group(cells, lambda each: each.region_code).values())
        assert whole == total(group(cells, lambda each: each.institution_id).values())
        below: list[Measures] = []
        for region_code, institution_id, class_id in sorted(
            (each.region_code, each.institution_id, each.class_id) for each in cells
        ):
            if class_id != DIRECT:
                rows = list_people(session, town.keyring, [region_code], institution_id, class_id)
                here = [each.measures for each in rows]
                place = (region_code, institution_id, class_id)
                assert (
                    total(here)
                    == group(cells, lambda each: (each.region_code, each.institution_id, each.class_id))[
                        place
                    ]
                )
                below += here
        assert total(below) == whole
        # the leaves are the vouchers and the money of the ledger, counted without any of this
        assert whole.vouchers == session.scalar(select(func.count()).select_from(Voucher)) == 4
        assert whole.reserved_fen == session.scalar(select(func.sum(Budget.reserved_fen)))
        assert whole.paid_fen == session.scalar(select(func.sum(Budget.spent_fen)))
        assert (whole.trainings, whole.certificates) == (3, 2)
        assert whole.by_state == {"certified": 2, "training": 1, "issued": 1}
        assert {each.class_id for each in cells if each.measures.by_state["issued"]} == {NOWHERE}


def _a_dropped_line_is_seen_in_the_sum(town: Scene) -> None:
    with town.database.read() as session:
        cells = read_cells(session, [JIYUAN])
        assert total(each.measures for each in cells[1:]) != total(each.measures for each in cells)


def _a_page_goes_on_and_a_year_narrows(town: Scene) -> None:
    with town.database.read() as session:
        cells = read_cells(session, [JIYUAN], 2024)
        assert total(each.measures for each in cells).vouchers == 4
        assert read_cells(session, [JIYUAN], 2023) == []
        assert read_cells(session, ["410700"]) == []
        place = next(each for each in cells if each.measures.by_state["certified"] == 2)
        first = list_people(session, town.keyring, [JIYUAN], place.institution_id, place.class_id, limit=1)
        rest = list_people(
            session, town.keyring, [JIYUAN], place.institution_id, place.class_id,
            after_id=first[0].voucher_id,
        )  # fmt: skip
        assert total(each.measures for each in first + rest) == place.measures
        assert first[0].masked_name != ZHANG_SAN[0]


def _trainings_are_times_and_certificates_are_people(town: Scene) -> None:
    with town.database.read() as session:
        heads = count_heads(session, [JIYUAN])
        assert (heads.holders, heads.trained, heads.certified) == (3, 3, 2)
        sun = town_issue.person_id(town, SUN_BA)
        found = view_person(session, town.keyring, sun, [JIYUAN])
        assert (len(found.vouchers), found.trainings, len(found.certificates)) == (2, 1, 0)
        with pytest.raises(Refused) as refused:
            view_person(session, town.keyring, sun, ["410700"])
        assert refused.value.refusal.code == PERSON_UNSEEN.code


def _one_voucher_shows_its_whole_chain(town: Scene) -> None:
    with town.database.read() as session:
        first = session.scalars(select(Voucher.id).order_by(Voucher.id)).first() or 0
        chain = trace_voucher(session, town.keyring, first, [JIYUAN])
        assert chain.training_class is not None
        assert chain.redemption is not None
        assert chain.completion is not None
        assert chain.results[0].passed
        assert chain.certificate is not None
        assert chain.certificate.verified
        assert [each.claim.kind for each in chain.claims] == ["training"]
        assert [each.event for each in chain.events][-1] == "certify"
        assert chain.names[chain.voucher.holder_person_id] == "本人"
        with pytest.raises(Refused) as refused:
            trace_voucher(session, town.keyring, first, ["410700"])
        assert refused.value.refusal.code == VOUCHER_MISSING.code


def test_every_level_adds_up_and_every_voucher_has_its_chain(town: Scene) -> None:
    """AC-K2, AC-K3, AC-K5."""
    _every_level_is_the_sum_of_the_level_below(town)
    _a_dropped_line_is_seen_in_the_sum(town)
    _a_page_goes_on_and_a_year_narrows(town)
    _trainings_are_times_and_certificates_are_people(town)
    _one_voucher_shows_its_whole_chain(town)
