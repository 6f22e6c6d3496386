"""号码更正：人还是同一个人，券、证书、资格一样不少，也一样不多；录错的号码还给它的主人。"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from tests import town_issue, town_train
from tests.loop.telling import (
    approve_batch,
    claims_of,
    code_of,
    keys_of,
    outcomes,
    payable,
    ready,
    settle_for,
    told,
)
from tests.scene import COOK, FENG_YI, LIMITS, ZHANG_SAN, Scene, on, staff_number, write_csv
from tests.town_phone import phone
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.plumbing.unit_of_work import Work
from voucher.registry import renumbering
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.outside import OutsideImporter
from voucher.registry.outside.asking import Outside
from voucher.registry.outside.reading import read_outside
from voucher.registry.outside.systems import connect
from voucher.registry.people import Newcomer, find_ids, index_of
from voucher.rules.actor import Role
from voucher.rules.code_format import parse_credential
from voucher.rules.corrections import FormerUse
from voucher.rules.outside import FactKind
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.renumber import approve_number
from voucher.stages.issue import issuing
from voucher.stages.issue.rosters import file_roster
from voucher.stages.settle import payment
from voucher.stages.train import enrol
from voucher.stages.train.redeem import Redeeming, redeem

NEW = staff_number("410105197007019940")
BEFORE, AFTER = FENG_YI, (FENG_YI[0], NEW)
CHANGED, WRONG = FormerUse.CHANGED, FormerUse.WRONG


def correct(scene: Scene, old: str, new: str, use: FormerUse) -> None:
    """Have one officer propose a number and another one approve it, typed from the paper."""

    def propose(work: Work) -> int:
        return renumbering.propose_number(work, old, new, use, "济公证〔2024〕第 12 号").id

    proposed = scene.do("初审员", propose)
    scene.do("异议处理员", lambda work: approve_number(work, proposed, new))


def reached(scene: Scene, number: str) -> int | None:
    """Return the person a number reaches."""
    index = index_of(scene.keyring, number)
    with scene.database.read() as session:
        return find_ids(session, [index]).get(index)


def test_公安变更号码_旧证照付_换个号码也不能再领一次(scene: Scene) -> None:
    """AC-I3：申报之后、拨付之前变更号码，登记在旧号码下的证书仍是本人的；同一职业同一等级只此一次。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [BEFORE], budget).batch_id
    correct(scene, BEFORE[1], NEW, CHANGED)
    assert reached(scene, BEFORE[1]) == reached(scene, NEW)
    approve_batch(scene, batch)
    scene.open_accounts()
    file = scene.make_file(budget)
    assert file.total_fen == 200_00
    scene.bank_answers(file)
    # the sin: the same person comes again under the other number, with another certificate
    sins = [
        scene.certificate(AFTER, issued="2023-12-20"),
        scene.certificate(BEFORE, issued="2023-12-21"),
    ]
    scene.certify(*sins)
    again = scene.settle(budget, since="2023-12-01")
    assert outcomes(again) == ["refused", "refused"]
    assert {each.earlier for each in again.verdicts} == {claims_of(scene)[0].number}
    # another level is paid for, under whichever of the two numbers evaluator and register have it
    other = scene.certificate(BEFORE, COOK, issued="2023-12-22")
    scene.import_certificates([other])
    scene.import_register([scene.registered(other, 证件号码=NEW)])
    fresh = scene.settle(budget, since="2023-12-22")
    assert payable(fresh) == ["200.00"]
    assert keys_of(scene) == {"consumed": 1, "taken": 1}
    assert scene.import_certificates([other, sins[0]]).rows_unchanged == 2, (
        "a file told again changes nothing"
    )


def test_录错的号码还给主人_错号下的证书停付_登记改正后再付(scene: Scene) -> None:
    """AC-I3、AC-F7：登记时录错一位，原号码不再认作本人；号码真正的主人照常登记、照常享受。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [BEFORE], budget).batch_id
    approve_batch(scene, batch)
    scene.open_accounts()
    correct(scene, BEFORE[1], NEW, WRONG)
    assert reached(scene, BEFORE[1]) is None
    stopped = told(scene, "制单员", lambda work: payment.prepare(work, budget))
    assert stopped.code == "certificates_no_longer_valid"

    owner = ("卫二", BEFORE[1])
    scene.certify(scene.certificate(owner, issued="2023-12-20"))
    assert reached(scene, BEFORE[1]) not in (None, reached(scene, NEW))
    assert payable(scene.settle(budget, since="2023-12-01")) == ["200.00"]
    late = scene.certificate(AFTER, issued="2023-12-25")
    scene.certify(late)
    assert code_of(scene.settle(budget, since="2023-12-25")) == "duplicate_entitlement"

    row = scene.certificate(AFTER, number=claims_certificate(scene))
    scene.import_register([scene.registered(row)])
    paid = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert paid.total_fen == 200_00


def claims_certificate(scene: Scene) -> str:
    """Return the number of the certificate behind the first claim."""
    with scene.database.read() as session:
        return session.get_one(Certificate, claims_of(scene)[0].certificate_id).number


def test_手机里的券随号码换新_柜台核对新号码后四位(scene: Scene) -> None:
    """AC-I3：更正后旧码作废，联网取到新的；新证后四位对得上，旧证后四位对不上。"""
    scene.hire_everybody()
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    class_id = town_train.open_class(scene, house)
    scanner = town_train.staff(scene, house, Role.SCANNER)
    programme = town_issue.programme(scene, scene.open_budget(10_000))
    voucher_id = town_train.accepted(scene, programme, ZHANG_SAN)
    mine = phone(scene, ZHANG_SAN)
    scene.do(mine.login, lambda work: enrol.enrol(work, voucher_id, class_id))
    scene.at = town_train.morning(scene, class_id)
    old_code = mine.fetch().show(voucher_id)
    new = staff_number("410105199003150010")
    correct(scene, ZHANG_SAN[1], new, CHANGED)

    def use(digits: str, four: str) -> str:
        asked = Redeeming(digits, class_id, four, town_train.DEVICE, four)
        return town_train.code(scene, scanner, lambda work: redeem(work, asked))

    assert use(old_code, new[-4:]) == "credential_superseded"
    mine.fetch()
    assert parse_credential(mine.held[voucher_id])[0].last_four == new[-4:]
    assert use(mine.show(voucher_id), ZHANG_SAN[1][-4:]) == "identity_differs"
    scene.at += timedelta(seconds=60)
    done = Redeeming(mine.show(voucher_id), class_id, new[-4:], town_train.DEVICE, "good")
    assert scene.do(scanner, lambda work: redeem(work, done)).voucher_id == voucher_id
    with scene.database.read() as session:
        ended = session.scalars(
            select(IssuedCredential.ended_why).where(IssuedCredential.ended_why == renumbering.CORRECTED)
        ).all()
    assert len(ended) == 1


def test_名册写新旧两个号码是同一人_名单还认旧号码_录错号码的死亡登记不算(scene: Scene) -> None:
    """AC-I3、AC-B3：一人不能凭两个号码领两张；别的部门的名单写着旧号码也查得到，写着错号码的不算本人。"""
    scene.hire_everybody()
    scene.at = on("2024-03-01")
    programme = town_issue.programme(scene, scene.open_budget(10_000))
    town_issue.eligible(scene, BEFORE)
    list_of_dead(scene, BEFORE[1])
    assert heard(scene, BEFORE[1]) is True
    dead = partial(renumbering.propose_number, number=BEFORE[1], new_number=NEW, evidence="证明")
    assert told(scene, "初审员", partial(dead, former_use=CHANGED)).code == "person_deceased"
    correct(scene, BEFORE[1], NEW, WRONG)
    assert heard(scene, NEW) is False, "whoever died is the owner of the number that was mistyped"
    third = staff_number("410105197007019960")
    correct(scene, NEW, third, CHANGED)
    twice = [Newcomer(NEW, "冯一"), Newcomer(third, "冯一")]
    both = partial(file_roster, programme_id=programme, people=twice)
    assert told(scene, "operator", both).code == "roster_person_twice"
    for number in (third, NEW):
        people = [Newcomer(number, "冯一")]
        done = scene.do("operator", partial(issuing.issue_at_once, programme_id=programme, people=people))
        assert done.issued == (number == third)
    list_of_dead(scene, NEW)
    assert heard(scene, third) is True, "a list that still says the number before is about the same person"


def list_of_dead(scene: Scene, number: str) -> None:
    """Import a list of the deceased and connect it."""
    path = write_csv(
        scene.folder / f"dead-{number[-4:]}.csv",
        [{"姓名": "某", "证件号码": number, "事项": "死亡登记", "名单日期": "2024-02-01", "来源": "民政"}],
    )
    scene.do("operator", lambda work: import_file(work, OutsideImporter, path, limits=LIMITS))
    scene.do("administrator", lambda work: connect(work, FactKind.DECEASED))


def heard(scene: Scene, number: str) -> bool:
    """Ask about a person and return whether the newest answer says that they have died."""
    person_id = reached(scene, number)
    assert person_id is not None
    scene.at += timedelta(minutes=1)
    outside = Outside(scene.database, scene.keyring)
    outside.ask(scene.actor("clock"), scene.at, {person_id: [FactKind.DECEASED]})
    with scene.database.read() as session:
        return any(each.held for each in read_outside(session, [person_id])[person_id][FactKind.DECEASED])
