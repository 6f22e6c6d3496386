"""The register extract: append-only, of anybody, the newest revision of a number counts."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.scene import EV1, NURSE, ZHANG_SAN, Scene
from voucher.ledger.audit import AuditRow
from voucher.registry import people, subjects
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.people import Person
from voucher.stages.certify.extract import NAME_CONTEXT
from voucher.stages.certify.models import RegisterEntry


def row(scene: Scene, **changes: object) -> dict[str, object]:
    return scene.registered(scene.certificate(ZHANG_SAN, number="S000041010001235000001"), **changes)


def stored(scene: Scene) -> list[tuple[int, str, int, str]]:
    with scene.database.read() as session:
        rows = session.scalars(select(RegisterEntry).order_by(RegisterEntry.id))
        return [(each.revision, each.status, each.level, each.trade_code) for each in rows]


def test_a_row_needs_no_known_person_and_no_known_evaluator(scene: Scene) -> None:
    assert scene.import_register([row(scene)]).rows_added == 1
    assert stored(scene) == [(1, "valid", 2, NURSE)]
    index = people.index_of(scene.keyring, ZHANG_SAN[1])
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).where(Person.blind_index == index)) == 0
        entry = session.scalars(select(RegisterEntry)).one()
        key = subjects.find_keys(session, scene.keyring, [index])[index]
    assert key is not None
    assert scene.keyring.unseal(key, NAME_CONTEXT, entry.name_sealed) == "张三"
    assert (entry.evaluator_code, entry.subject_index) == (EV1[1], index)


def test_the_same_again_is_no_revision_and_a_change_is(scene: Scene) -> None:
    scene.import_register([row(scene)])
    again = scene.import_register([row(scene)])
    revoked = scene.import_register([row(scene, 状态="撤销")])
    restored = scene.import_register([row(scene, 状态="有效"), row(scene, 状态="有效")])
    assert (again.rows_unchanged, revoked.rows_changed) == (1, 1)
    assert (restored.rows_changed, restored.rows_unchanged) == (1, 1)
    assert stored(scene) == [(1, "valid", 2, NURSE), (2, "revoked", 2, NURSE), (3, "valid", 2, NURSE)]


def test_the_register_may_know_what_our_catalogue_does_not(scene: Scene) -> None:
    scene.import_register([row(scene, 职业编码="9-99-99-99", 等级="")])
    assert stored(scene) == [(1, "valid", 0, "9-99-99-99")]


BAD_CELLS: list[tuple[dict[str, object], str, str]] = [
    ({"证件号码": "410105199003159919"}, "证件号码", "identity_check_digit"),
    ({"姓名": ""}, "姓名", "cell_missing"),
    ({"等级": "九级"}, "等级", "level_unknown"),
    ({"证书编号": ""}, "证书编号", "cell_missing"),
    ({"发证日期": "2023-02-30"}, "发证日期", "date_malformed"),
    (
        {"评价机构统一社会信用代码": "91410100MATE5T033X"},
        "评价机构统一社会信用代码",
        "organisation_code_check_digit",
    ),
    ({"状态": "不知道"}, "状态", "register_status_unknown"),
]


def test_bad_rows_are_named_and_nothing_is_kept(scene: Scene) -> None:
    good = scene.registered(scene.certificate(ZHANG_SAN, number="S000041010001235000002"))
    with pytest.raises(ImportRefused) as caught:
        scene.import_register([good, *(row(scene, **change) for change, _, _ in BAD_CELLS)])
    named = [(each.line, each.column, each.refusal.code) for each in caught.value.report.problems]
    assert named == [(line, column, code) for line, (_, column, code) in enumerate(BAD_CELLS, start=3)]
    assert stored(scene) == []


def test_a_piece_of_the_extract_leaves_its_digest_in_the_trail(scene: Scene) -> None:
    scene.import_register([row(scene)])
    with scene.database.read() as session:
        trail = session.scalars(select(AuditRow).where(AuditRow.thing == "register_entry")).one()
        entry = session.scalars(select(RegisterEntry.id)).one()
    assert (trail.object_id, trail.act, trail.content["rows"]) == (entry, "extract", 1)
    assert len(trail.content["sha256"]) == 64
