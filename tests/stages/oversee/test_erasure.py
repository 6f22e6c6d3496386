"""A person erased: the key is gone and nothing can be read, yet ledger, trail and invariants stay whole."""

from __future__ import annotations

import pytest

from tests.scene import EV1, LI_SI, NURSE, ZHANG_SAN, Scene, on
from voucher.ledger.sealing import seal_all
from voucher.registry import people, subjects
from voucher.registry.importing.frame import ImportRefused
from voucher.rules.vocabulary import Outcome
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.oversee.trail import TrailReport, verify_trail


def seal_and_verify(scene: Scene) -> TrailReport:
    anchors = scene.folder / "anchors.jsonl"
    seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, anchors)
    with scene.database.read() as session:
        return verify_trail(session, scene.keyring, anchors)


def test_destroying_a_key_erases_the_person_and_leaves_ledger_and_trail_whole(scene: Scene) -> None:
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE), scene.certificate(LI_SI, NURSE))
    settled = scene.settle(budget)
    scene.pay(settled, budget)
    before = seal_and_verify(scene)
    assert before.faults == []
    spent_fen = scene.budget(budget).spent_fen
    index = people.index_of(scene.keyring, ZHANG_SAN[1])
    with scene.database.read() as session:
        person_id = people.find_by_indexes(session, [index])[index].id
        assert people.read_people(session, scene.keyring, [person_id])[person_id].name == "张三"

    scene.do("operator", lambda work: subjects.destroy_key(work, index))

    with scene.database.read() as session:
        assert people.read_people(session, scene.keyring, [person_id]) == {}
        assert find_violations(session) == []
    after = seal_and_verify(scene)
    assert after.faults == []
    # the act, and the page that binds the row it changed
    assert after.rows == before.rows + 2
    assert scene.budget(budget).spent_fen == spent_fen


def test_an_erased_person_still_has_no_second_entitlement(scene: Scene) -> None:
    """The key of the entitlement outlives the person's name."""
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE))
    scene.pay(scene.settle(budget), budget)
    index = people.index_of(scene.keyring, ZHANG_SAN[1])
    scene.do("operator", lambda work: subjects.destroy_key(work, index))
    again = scene.settle(budget)
    assert [each.outcome for each in again.verdicts] == [Outcome.REFUSED]
    with pytest.raises(ImportRefused) as refused:
        scene.certify(scene.certificate(ZHANG_SAN, NURSE, "四级"))
    assert [each.refusal.code for each in refused.value.report.problems] == ["subject_erased"]
    assert seal_and_verify(scene).faults == []
