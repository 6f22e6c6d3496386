"""R21 over photographs: one picture on two people's certificates is found, one person's own twice is not."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from tests.scene import EV1, LI_SI, NURSE, SUN_BA, TURNER, ZHANG_SAN, Scene, on
from voucher.ledger.audit import AuditRow
from voucher.registry.importing.frame import ImportRefused
from voucher.rules.risk.exams import find_false_certificates
from voucher.stages.certify.models_photos import CertificatePhoto, CertificatePhotoRestated
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

MOST = read_shipped_thresholds(date(2024, 3, 1))
ALL_DAYS = Window(date(2023, 1, 1), date(2024, 12, 31))
ONE, OTHER, THIRD = (sha256(each).hexdigest() for each in (b"one", b"other", b"third"))


def test_one_picture_on_two_certificates_is_found_and_ones_own_twice_is_not(scene: Scene) -> None:
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    told = [
        {**scene.certificate(ZHANG_SAN, NURSE), "照片摘要": ONE},
        {**scene.certificate(LI_SI, NURSE), "照片摘要": ONE.upper()},
        {**scene.certificate(SUN_BA, NURSE), "照片摘要": OTHER},
        {**scene.certificate(SUN_BA, TURNER), "照片摘要": OTHER},
    ]
    for wrong, code in (("zhang.jpg", "malformed"), (sha256(b"").hexdigest(), "empty")):
        with pytest.raises(ImportRefused) as caught:
            scene.import_certificates([{**told[0], "照片摘要": wrong}])
        assert [each.refusal.code for each in caught.value.report.problems] == [f"certificate_photo_{code}"]
    scene.import_certificates(told)
    with scene.database.read() as session:
        kept = session.scalars(
            select(CertificatePhoto.photo_index).order_by(CertificatePhoto.certificate_id)
        ).all()
        facts = read_facts(session, ALL_DAYS, scene.keyring)
    assert len(kept) == 4
    assert len(set(kept)) == 2
    assert not {ONE, OTHER} & set(kept), "keyed: whoever has the picture does not find whose it is"
    found = [each for each in find_false_certificates(facts, MOST) if "照片" in each.period]
    people = {each.people[0] for each in found}
    assert [(each.figure, each.threshold) for each in found] == [(2, 1)] * 2
    assert people == {each.person for each in facts.certificates[:2]}
    assert "的照片同时用在 2 个人的证书上" in found[0].words

    # told again it is the same; stated anew the newest counts, once more beside what was stated first
    again = [told[0], {**told[1], "照片摘要": OTHER}, {**told[1], "照片摘要": THIRD}]
    report = scene.import_certificates(again)
    assert (report.rows_unchanged, report.rows_changed) == (2, 1)
    assert scene.import_certificates([{**told[1], "照片摘要": THIRD}, told[2]]).rows_unchanged == 2
    with scene.database.read() as session:
        facts = read_facts(session, ALL_DAYS, scene.keyring)
        assert session.scalars(select(CertificatePhoto.photo_index)).all() == kept
        newest = session.scalars(select(CertificatePhotoRestated.photo_index)).one()
    assert facts.certificates[1].photo == newest[: len(facts.certificates[1].photo)]
    assert not [each for each in find_false_certificates(facts, MOST) if "照片" in each.period]
    with pytest.raises(DBAPIError, match="stay as they are"), scene.database.engine.begin() as connection:
        connection.execute(delete(CertificatePhotoRestated))


def test_a_picture_stated_after_its_certificate_is_kept(scene: Scene) -> None:
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    row = scene.certificate(ZHANG_SAN, NURSE)
    scene.import_certificates([row])
    late = scene.import_certificates([{**row, "照片摘要": ONE}])
    assert (late.rows_unchanged, late.rows_changed) == (0, 1)
    with scene.database.read() as session:
        assert read_facts(session, ALL_DAYS, scene.keyring).certificates[0].photo
        said = session.scalars(select(AuditRow.content).where(AuditRow.act == "restate_photo")).all()
    assert said == [{"first": True}]
