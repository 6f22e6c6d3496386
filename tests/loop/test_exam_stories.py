"""考试与证书：人证相符才能进考场，各科及格才算合格，证书与本人、职业、等级一致才兑现。"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from tests import town_assess, town_issue
from tests.loop import way
from tests.loop.telling import keys_of, told
from tests.loop.way import TRAINING
from tests.scene import HOUSEKEEPER, LI_SI, QIAN_QI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.ledger.audit import AuditRow
from voucher.stages.assess import admit, arrive, lapse
from voucher.stages.assess.queries.slips import slip_number_of
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.queries import why_not_certified
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims


def test_冒名不得参考_单科不及格停在培训完成_证书不符不兑现_期满无证失效(scene: Scene) -> None:
    """AC-C3、AC-F1、AC-F3、AC-F7、AC-F8：五个人五种结局，无证的应付 0，到期释放占用的资格和资金。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    people = (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU, QIAN_QI)
    named, traded, failed, levelled, right = vouchers = way.trained(town, nurses, *people)
    batch_id = town_assess.planned(scene, town.evaluator, vouchers)
    listed = town_assess.candidates(scene, batch_id)
    scene.at = on(town_assess.batch(scene, batch_id).exam_on.isoformat(), 9)
    door = town_assess.examiner(scene, town.evaluator)
    town_assess.arrange(scene, batch_id)
    stranger = told(scene, door, lambda work: admit.admit(work, listed[named], SUN_BA[1]))
    scene.do(door, lambda work: admit.record_turned_away(work, listed[named]))
    assert stranger.code == "candidate_differs"
    slip = slip_number_of(town_assess.batch(scene, batch_id), listed[named])
    blind = told(scene, door, lambda work: arrive.arrive(work, batch_id, slip, SUN_BA[1][-4:]))
    assert (blind.code, blind.title) == ("candidate_card_differs", "证件后四位与考生不符，不得入场")
    with scene.database.read() as session:
        turned_away = session.scalars(select(AuditRow.object_id).where(AuditRow.act == "turn_away")).all()
    assert turned_away == [listed[named]] * 2, "each door keeps whom it did not let in"
    assert way.state(scene, named) == "trained"

    scores = dict.fromkeys(town_assess.admit_all(scene, batch_id, people), town_assess.PASSED)
    scores[listed[failed]] = (59_00, 95_00)
    town_assess.enter(scene, batch_id, scores)
    done = town_assess.publish(scene, batch_id)
    assert (done.passed, done.failed) == (4, 1)
    assert way.state(scene, failed) == "trained", "the mean of both is 77 and helps nobody"

    today = town_issue.day(scene).isoformat()
    misnamed = scene.certificate(ZHANG_SAN, issued=today)
    scene.import_certificates([misnamed])
    scene.import_register([scene.registered(misnamed, 姓名="张叁")])
    scene.certify(
        scene.certificate(LI_SI, HOUSEKEEPER, issued=today),
        scene.certificate(ZHAO_LIU, level="四级", issued=today),
        scene.certificate(QIAN_QI, issued=today),
    )
    assert scene.do("clock", attach_proofs) == 1
    assert [_why(scene, each) for each in (named, traded, levelled)] == [
        "certificate_name_mismatch", "certificate_other_trade", "certificate_higher_level",
    ]  # fmt: skip
    for voucher_id in (named, traded, failed, levelled):
        file = partial(file_claims, kind=TRAINING, voucher_ids=[voucher_id], terms=PLEDGED)
        heard = told(scene, town.registrar(), file)
        assert heard.code == "voucher_not_certified"
    assert way.claim(town, TRAINING, right).verdicts[0].amount_fen == 1200_00

    last_day = town_issue.voucher(scene, failed).certify_by
    assert last_day is not None
    scene.at = on(last_day.isoformat())
    assert scene.do("clock", lapse.lapse_due) == 0
    scene.at += timedelta(days=1)
    assert scene.do("clock", lapse.lapse_due) == 4
    assert [way.state(scene, each) for each in vouchers] == [*["lapsed"] * 4, "certified"]
    assert keys_of(scene) == {"freed": 8, "taken": 2}
    assert scene.budget(town.budget_id).reserved_fen == 1400_00


def _why(scene: Scene, voucher_id: int) -> str:
    with scene.database.read() as session:
        return why_not_certified(session, voucher_id)[0].code
