"""Files for the national register: everything once, changes as corrections, and nothing twice in silence."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests import town_assess as town
from tests import town_train
from tests.revoking import revoke_certificate
from tests.scene import EV2, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.watching import watched
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.register_files import COLUMNS, UploadAct, judge_upload
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.certificate_papers import CertificatePaper, show_certificate_paper
from voucher.stages.certify.queries.register_uploads import count_unsent, list_uploads
from voucher.stages.certify.record import verify_certificates
from voucher.stages.certify.uploads import UploadFile, make_batch_upload, make_upload, open_upload

YEAR = (date(2024, 1, 1), date(2024, 12, 31))


def made(scene: Scene) -> tuple[int, str, list[dict[str, object]]]:
    """Return an evaluator, who works there, and two certificates of it that the register knows."""
    scene.at = on("2024-03-20")
    ev = town.evaluator(scene)
    rows = [
        scene.certificate(ZHANG_SAN, issued="2024-03-13", 理论成绩="85.5", 技能成绩="90"),
        scene.certificate(LI_SI, issued="2024-03-14"),
    ]
    scene.certify(*rows)
    admin = town.admin(scene, ev)
    scene.do(admin, lambda work: verify_certificates(work, [str(each["证书编号"]) for each in rows]))
    return ev, admin, rows


def write(ev: int, since: date = YEAR[0], until: date = YEAR[1]) -> Callable[[Work], int]:
    return lambda work: make_upload(work, ev, since, until).id


def read(file: UploadFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def test_what_is_due_of_a_certificate() -> None:
    assert judge_upload(None, "a", revoked=False) is UploadAct.NEW
    assert judge_upload(None, "a", revoked=True) is None
    assert judge_upload("a", "a", revoked=False) is None
    assert judge_upload("a", "b", revoked=False) is UploadAct.CORRECT
    assert judge_upload("a", "b", revoked=True) is UploadAct.REVOKE


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_certificate_is_sent_once_and_then_only_what_changed(scene: Scene) -> None:
    ev, admin, (zhang, _) = made(scene)
    upload_id = scene.do(admin, write(ev))
    rows = read(scene.do(admin, lambda work: open_upload(work, upload_id)))
    assert [(each["操作类型"], each["姓名"], each["证件号码"]) for each in rows] == [
        ("新增", *ZHANG_SAN),
        ("新增", *LI_SI),
    ]
    assert tuple(rows[0]) == tuple(each for each in COLUMNS if each != "综合评审成绩")
    assert (rows[0]["证书编号"], rows[0]["理论成绩"], rows[0]["发证日期"]) == (
        zhang["证书编号"],
        "85.5",
        "2024-03-13",
    )
    assert town_train.code(scene, admin, write(ev)) == "register_upload_nothing_due"
    assert town_train.code(scene, admin, write(ev, YEAR[1], YEAR[0])) == "register_upload_days_reversed"
    # one more certificate is the only line of the next file; a revoked one follows as such
    scene.certify(scene.certificate(SUN_BA, issued="2024-03-15"))
    later = scene.do(admin, write(ev))
    assert [each["姓名"] for each in read(scene.do(admin, lambda work: open_upload(work, later)))] == ["孙八"]
    scene.hire("甲", Role.OFFICER_COUNTY, "310101199001010340", "419001")
    scene.do("甲", lambda work: revoke_certificate(work, str(zhang["证书编号"]), "核查发现替考"))
    assert town_train.code(scene, admin, lambda work: open_upload(work, upload_id)) == "register_upload_stale"
    with scene.database.read() as session:
        unsent = count_unsent(session, ev)
        assert (unsent.new, unsent.revoked, unsent.batches) == (0, 1, [])
    third = scene.do(admin, write(ev))
    (line,) = read(scene.do(admin, lambda work: open_upload(work, third)))
    assert (line["操作类型"], line["姓名"], line["证书状态"]) == ("撤销", "张三", "已撤销")
    with scene.database.read() as session:
        views = list_uploads(session, [ev])
        assert ZHANG_SAN[1] not in repr(session.execute(text("SELECT * FROM register_upload_line")).all())
    assert [(each.new, each.corrected, each.revoked) for each in views] == [(0, 0, 1), (1, 0, 0), (2, 0, 0)]
    stranger = town.admin(scene, town.evaluator(scene, EV2))
    assert town_train.code(scene, stranger, write(ev)) == "role_missing"
    opening = partial(open_upload, upload_id=third)
    assert town_train.code(scene, stranger, opening) == "register_upload_missing"
    _print(scene, ev, zhang)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_exam_is_sent_alone_and_what_waits_is_counted_without_reading_anybody(scene: Scene) -> None:
    scene.at = on("2024-03-20")
    ev = town.evaluator(scene)
    scene.certify(
        {**scene.certificate(ZHANG_SAN, issued="2024-03-13"), "评价批次": "PJ-1"},
        {**scene.certificate(LI_SI, issued="2024-03-14"), "评价批次": "PJ-2"},
        {**scene.certificate(SUN_BA, issued="2024-03-15"), "评价批次": "PJ-2"},
    )
    admin = town.admin(scene, ev)
    with scene.database.read() as session, watched(session) as statements:
        unsent = count_unsent(session, ev)
    assert (unsent.new, unsent.revoked, unsent.batches) == (3, 0, [("PJ-2", 2), ("PJ-1", 1)])
    assert not any("name_sealed" in each or "subject" in each for each in statements)
    made = scene.do(admin, lambda work: make_batch_upload(work, ev, "PJ-2"))
    assert (made.rows, made.evaluation_batch) == (2, "PJ-2")
    assert (made.since, made.until) == (date(2024, 3, 14), date(2024, 3, 15))
    file = read(scene.do(admin, lambda work: open_upload(work, made.id)))
    assert [each["姓名"] for each in file] == ["李四", "孙八"]
    for batch in ("PJ-2", "PJ-9"):
        told = town_train.code(scene, admin, partial(make_batch_upload, institution_id=ev, batch=batch))
        assert told == "register_upload_nothing_due"
    clerk = town.clerk(scene, ev)
    told = town_train.code(scene, clerk, partial(make_batch_upload, institution_id=ev, batch="PJ-1"))
    assert told == "role_missing"
    assert scene.do(admin, write(ev)) > made.id  # the rest of the year: 张三 alone
    with scene.database.read() as session:
        assert [each.new for each in list_uploads(session, [ev])] == [1, 2]


def _print(scene: Scene, ev: int, revoked: dict[str, object]) -> None:
    """Whoever holds a valid certificate and who issued it print it; nothing is printed of a revoked one."""
    with scene.database.read() as session:
        found = {each.number: each for each in session.scalars(select(Certificate))}
    gone = found.pop(str(revoked["证书编号"]))
    good = next(each for each in found.values() if each.state == "valid")

    def show(one: Certificate, person_id: int | None, houses: tuple[int, ...] = ()) -> CertificatePaper:
        with scene.database.read() as session:
            return show_certificate_paper(
                session, scene.keyring, one.id, person_id=person_id, institution_ids=houses
            )

    paper = show(good, good.person_id)
    assert show(good, None, (ev,)) == paper
    assert paper.number == good.number
    assert paper.masked_number.count("*") == 8
    for person_id, houses in ((gone.person_id, ()), (None, (ev + 1,)), (None, ())):
        with pytest.raises(Refused, match="certificate_paper_missing"):
            show(good, person_id, houses)
    with pytest.raises(Refused, match="certificate_paper_not_valid"):
        show(gone, gone.person_id)


def test_the_database_keeps_every_certificate_new_only_once(scene: Scene) -> None:
    ev, admin, _ = made(scene)
    scene.do(admin, write(ev))
    again = "INSERT INTO register_upload_line (upload_id, certificate_id, revision, act, digest) SELECT "
    for sin in (
        f"{again}upload_id, certificate_id, 1, 'new', digest FROM register_upload_line",
        f"{again}upload_id, certificate_id, 2, 'new', digest FROM register_upload_line",
        "UPDATE register_upload SET rows = 9",
        "DELETE FROM register_upload_line",
    ):
        with pytest.raises(DatabaseError), scene.database.engine.begin() as connection:
            connection.execute(text(sin))
