"""一个季度的证书逐批考出来：读卡记录入场，两遍成绩，第三人公布，之后才有证书和补贴。"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from tests import town_assess as town
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on, write_csv
from voucher.demo.house import House, moment
from voucher.demo.quarter import Distribution
from voucher.demo.seed import import_files, settle_issued, write_files
from voucher.demo.sittings import play_sittings, read_sittings
from voucher.demo.staff import hire
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import perform
from voucher.registry.founding import FOUNDER
from voucher.registry.importing.frame import ImportRefused
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.models_rooms import ExamSeat
from voucher.stages.assess.queries.slips import slip_number_of
from voucher.stages.assess.reader_files import Taken, take_reader_file
from voucher.stages.certify.models import Certificate

SMALL = Distribution(
    by_level={"初级工": 4, "中级工": 6, "高级工": 2},
    direct={"中级工": 3},
    evaluators=2,
    occupations=3,
    batches=4,
)


def test_一个季度逐批考出来_不合格的缺考的都没有证书_金额一分不差(scene: Scene) -> None:
    """AC-G3：入场、成绩、公布、证书逐批办理，标准减半后逐级相加。"""
    house = House(scene.database, scene.keyring, scene.folder / "anchors.jsonl", moment(date(2023, 8, 1)))
    scene.at = house.at
    budget_id = scene.open_budget(100_000)
    perform(scene.database, scene.keyring, FOUNDER, house.at, hire)
    files = write_files(house, scene.folder / "quarter", SMALL)
    import_files(house, files, "evaluators")
    sittings = read_sittings(house, files.certificates)
    play_sittings(house, scene.folder / "exams", sittings)
    with scene.database.read() as session:
        states = session.scalars(select(ExamBatch.state)).all()
        leads = {
            (exam_on - planned_at.date()).days
            for exam_on, planned_at in session.execute(select(ExamBatch.exam_on, ExamBatch.planned_at))
        }
        counted = {
            model.__tablename__: session.scalar(select(func.count()).select_from(model))
            for model in (Candidate, ExamSeat, ExamArrival, Certificate)
        }
        holders = session.scalars(select(Certificate.person_id)).all()
        hands = session.execute(
            select(ExamBatch.entered_by_person_id, ExamBatch.published_by_person_id)
        ).all()
    assert states == ["published"] * 4
    assert leads == {15}
    # twelve passed; at each exam one failed, at every other one somebody stayed away
    assert counted == {"candidate": 18, "exam_seat": 18, "exam_arrival": 16, "certificate": 12}
    assert len(set(holders)) == 12
    assert all(entered != published for entered, published in hands)
    assert Counter((each.published.failed, each.published.absent) for each in sittings if each.published) == {
        (1, 0): 2,
        (1, 1): 2,
    }

    house.at = moment(date(2024, 2, 20))
    import_files(house, files, "register")
    settled = settle_issued(house, SMALL, budget_id)
    assert sum(each.amount_fen for each in settled.verdicts) == (4 * 200 + 3 * 240 + 3 * 120 + 2 * 280) * 100


def test_读卡记录里有一行冒名_整份不入场_冒名的留痕(scene: Scene) -> None:
    """AC-C3：读卡记录里的证件不是考生本人的，不得参考；其余的人改正后照常入场。"""
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.planned(scene, ev, vouchers)
    town.arrange(scene, batch_id)
    listed = town.candidates(scene, batch_id)
    scene.at = on("2024-01-17", 9)
    batch = town.batch(scene, batch_id)

    def take(*cards: tuple[int, tuple[str, str]]) -> Taken:
        rows = [
            {
                "准考证号": slip_number_of(batch, listed[voucher]),
                "姓名": person[0],
                "证件号后四位": person[1][-4:],
                "到场时间": "08:31",
            }
            for voucher, person in cards
        ]
        path = write_csv(scene.folder / "读卡记录.csv", rows)
        login = town.examiner(scene, ev)
        return scene.do(login, lambda work: take_reader_file(work, batch_id, path, limits=Limits()))

    first, second = vouchers
    with pytest.raises(ImportRefused) as refused:
        take((first, ZHANG_SAN), (second, SUN_BA))
    told = [(each.line, each.refusal.title) for each in refused.value.report.problems]
    assert told == [
        (3, "证件后四位与考生不符，不得入场"),
        (3, "姓名与考生名单上的不是同一人，不得入场"),
    ]
    with scene.database.read() as session:
        assert session.scalars(select(Candidate.id).where(Candidate.admitted_at.is_not(None))).all() == []
        turned_away = session.scalars(select(ExamArrival).order_by(ExamArrival.id)).all()
    assert [each.candidate_id for each in turned_away] == [listed[second]] * 2
    assert take((first, ZHANG_SAN)).missing_ids == (listed[second],)
