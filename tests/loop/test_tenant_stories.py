"""评价机构的人只办本机构的事；两次更名，曾用名一个不丢。"""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests.loop.telling import claims_of, ready, settle_for, states_of, told
from tests.scene import EV1, EV2, JIYUAN, LI_SI, ZHANG_SAN, Scene, staff_number
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts, people, renaming, users
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer, name_index_of, open_people
from voucher.rules.actor import Grant, Role
from voucher.stages.settle.withdraw import withdraw


def hire_at(scene: Scene, login: str, code: str) -> None:
    """Open an account of an evaluator's administrator, the way the command line does."""

    def act(work: Work) -> None:
        own = work.session.scalars(select(Institution.id).where(Institution.code == code)).one()
        person = open_people(work, [Newcomer(staff_number("310101199001010090"), "机构管理员")])
        users.open_account(
            work, login=login, display_name=login, person_id=next(iter(person.values())),
            grants=[Grant(Role.EVALUATOR_ADMIN, JIYUAN, own)], since=work.today,
        )  # fmt: skip

    scene.do("administrator", act)


def test_评价机构管理员不能动别家的申领和账户(scene: Scene) -> None:
    """S2-00c：同一地区的另一家机构，对它来说等于没有。"""
    ready(scene)
    scene.file_evaluator(EV2)
    hire_at(scene, "评价机构甲", EV1[1])
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN), scene.certificate(LI_SI, evaluator=EV2))
    wish = partial(scene.settle, budget, login="评价机构甲")
    assert told(scene, "operator", lambda _work: wish()).code == "role_missing"
    scene.settle(budget)
    own, other = (claim.id for claim in claims_of(scene))
    assert told(scene, "评价机构甲", lambda work: withdraw(work, [other], "误报")).code == "claim_missing"
    assert (
        told(scene, "评价机构甲", lambda work: withdraw(work, [own, other], "误报")).code == "claim_missing"
    )
    assert scene.do("评价机构甲", lambda work: withdraw(work, [own], "误报")) == 1
    assert states_of(scene) == {"withdrawn": 1, "submitted": 1}

    def propose(work: Work, code: str) -> int:
        return accounts.propose_account(work, code, EV1[0], "中国银行", "257712345678", "证明").id

    heard = told(scene, "评价机构甲", partial(propose, code=EV2[1]))
    assert heard.code == "institution_missing"
    assert scene.do("评价机构甲", partial(propose, code=EV1[1])) > 0


def test_先后两次更名_中间的名字仍被承认(scene: Scene) -> None:
    """AC-I3：两份更名都在第一份审核之前提出；旧证书上的每个名字都仍可核对。"""
    ready(scene)
    settle_for(scene, [ZHANG_SAN], scene.open_budget())

    def propose(work: Work, name: str) -> int:
        return renaming.propose_name(work, ZHANG_SAN[1], name, "户口簿变更页").id

    for each in [scene.do("operator", partial(propose, name=name)) for name in ("张四", "张五")]:
        scene.do("复核员", partial(renaming.approve_name, former_name_id=each))
    index = people.index_of(scene.keyring, ZHANG_SAN[1])
    with scene.database.read() as session:
        person = people.find_by_indexes(session, [index])[index]
        accepted = people.accepted_name_indexes(session, [person.id])[person.id]
    assert accepted == {name_index_of(scene.keyring, name) for name in ("张三", "张四", "张五")}
