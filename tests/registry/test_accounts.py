"""Accounts of workers, one per person, and of an institution's people, opened by their own administrator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select
from sqlalchemy import inspect as sa_inspect

from tests import town_train
from tests.scene import LI_SI, LIMITS, ZHANG_SAN, Scene, staff_number, write_csv
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts, people
from voucher.registry.access import colleagues, passwords, staffing, workers
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.institutions import InstitutionsImporter
from voucher.registry.institutions import PayeeAccount, get_institution
from voucher.registry.people import Person
from voucher.rules.actor import ROLE_NAMES, Grant, Role
from voucher.rules.errors import Refused

SCHOOL, CENTRE = "52410105MJTE5T01X7", "91410100MATE5T033Y"
MOBILE, OTHER_MOBILE = "13812345678", "13912345678"


def refusal(scene: Scene, login: str, act: Callable[[Work], object]) -> str:
    with pytest.raises(Refused) as caught:
        scene.do(login, act)
    return caught.value.refusal.code


def worker(person: tuple[str, str], login: str, mobile: str | None = None) -> Callable[[Work], int]:
    return lambda work: workers.open_worker(work, person[1], person[0], login, mobile)


def staff(
    login: str, role: Role, institution: str | None, stem: str, region: str | None = None
) -> Callable[[Work], tuple[int, str]]:
    def act(work: Work) -> tuple[int, str]:
        account, password = staffing.open_staff(
            work,
            login=login,
            name="王小明",
            number=staff_number(stem),
            role=role,
            region_code=region,
            institution_code=institution,
        )
        return account.id, password

    return act


def open_institutions(scene: Scene) -> None:
    rows = [
        {"名称": "示例甲职业培训学校", "统一社会信用代码": SCHOOL, "类型": "职业培训学校", "地区": "410105"},
        {"名称": "示例丙评价有限公司", "统一社会信用代码": CENTRE, "类型": "评价机构", "地区": "410105"},
    ]
    path = write_csv(scene.folder / "institutions.csv", rows)
    scene.do("operator", lambda work: import_file(work, InstitutionsImporter, path, limits=LIMITS))


def test_a_worker_has_one_account_and_reaches_nobody_but_himself(scene: Scene) -> None:
    scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": OTHER_MOBILE}])
    user_id = scene.do("operator", worker(ZHANG_SAN, "zhangsan", MOBILE))
    actor = scene.actor("zhangsan")
    assert (actor.user_id, actor.regions) == (user_id, frozenset())
    assert actor.grants == (Grant(Role.WORKER, "410000"),)
    with scene.database.read() as session:
        found = people.find_by_indexes(session, [people.index_of(scene.keyring, ZHANG_SAN[1])])
        person = next(iter(found.values()))
        assert (person.id, person.mobile_index) == (
            actor.person_id,
            scene.keyring.blind_index("mobile", MOBILE),
        )
        assert session.query(Person).filter(Person.id > person.id).count() == 0
    assert refusal(scene, "operator", worker(ZHANG_SAN, "zhangsan2")) == "worker_has_account"
    assert refusal(scene, "operator", worker(("张三丰", ZHANG_SAN[1]), "zhangsan2")) == "worker_name_differs"
    assert refusal(scene, "operator", worker((LI_SI[0], "410702198511209928"), "lisi")).startswith("identity")
    assert refusal(scene, "operator", worker(LI_SI, "zhangsan")) == "login_taken"
    assert refusal(scene, "zhangsan", worker(LI_SI, "lisi")) == "role_missing"

    scene.do("administrator", lambda work: staffing.disable_account(work, "zhangsan"))
    again = scene.do("administrator", worker(ZHANG_SAN, "zhangsan2"))
    assert scene.actor("zhangsan2").user_id == again
    lisi, password = scene.do(
        "operator",
        lambda work: staffing.open_worker_at_desk(
            work, login="lisi", name=LI_SI[0], number=LI_SI[1], mobile=None
        ),
    )
    with scene.database.read() as session:
        assert passwords.prove_password(session, "lisi", password).matches
        assert session.get_one(people.Person, scene.actor("lisi").person_id).mobile_index is None
    assert scene.actor("lisi").user_id == lisi


def test_a_password_is_enough_for_workers_who_are_nothing_else(scene: Scene) -> None:
    scene.do("operator", worker(ZHANG_SAN, "zhangsan"))
    alone = scene.actor("zhangsan")
    assert workers.signs_in_with_password(alone, has_second_factor=False)
    assert not workers.signs_in_with_password(alone, has_second_factor=True)
    assert not workers.signs_in_with_password(scene.actor("operator"), has_second_factor=False)
    scene.do("administrator", lambda work: staffing.grant_role(work, "zhangsan", Role.OPERATOR, "419001"))
    assert not workers.signs_in_with_password(scene.actor("zhangsan"), has_second_factor=False)


def test_an_institution_opens_its_own_people_and_no_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a slow hash for each of them would tell nothing here
    monkeypatch.setattr(staffing, "give_first_password", lambda *_: "")
    open_institutions(scene)
    scene.do("administrator", staff("school", Role.INSTITUTION_ADMIN, SCHOOL, "310101199001010210"))
    scene.do("administrator", staff("centre", Role.EVALUATOR_ADMIN, CENTRE, "310101199001010220"))
    with scene.database.read() as session:
        school_id = get_institution(session, SCHOOL).id
    admin = scene.actor("school")
    assert admin.grants == (Grant(Role.INSTITUTION_ADMIN, None, school_id),)
    assert admin.regions == frozenset()
    assert admin.serves(school_id, Role.INSTITUTION_ADMIN)

    for serial, role in enumerate((Role.REGISTRAR, Role.SCANNER, Role.TEACHER)):
        scene.do("school", staff(f"school{serial}", role, SCHOOL, f"3101011990010103{serial}0"))
        assert scene.actor(f"school{serial}").serves(school_id, role)
    for serial, role in enumerate((Role.EXAMINER, Role.SCORE_CLERK)):
        scene.do("centre", staff(f"centre{serial}", role, CENTRE, f"3101011990010104{serial}0"))
        assert scene.actor(f"centre{serial}").grants[0].role is role

    stem = "310101199001010500"
    for login, role, institution, code in (
        ("school", Role.TEACHER, CENTRE, "institution_missing"),
        ("school", Role.TEACHER, "52419001MJTE5T044D", "institution_missing"),
        ("school", Role.TEACHER, None, "role_needs_institution"),
        ("school", Role.EXAMINER, SCHOOL, "role_missing"),
        ("school", Role.INSTITUTION_ADMIN, SCHOOL, "role_missing"),
        ("school", Role.OFFICER_COUNTY, SCHOOL, "role_missing"),
        ("centre", Role.TEACHER, CENTRE, "role_missing"),
        ("school0", Role.TEACHER, SCHOOL, "role_missing"),
        ("operator", Role.TEACHER, SCHOOL, "role_missing"),
        ("administrator", Role.TEACHER, None, "role_needs_institution"),
        ("administrator", Role.OPERATOR, SCHOOL, "role_of_no_institution"),
        ("administrator", Role.OPERATOR, None, "role_needs_region"),
        ("administrator", Role.WORKER, None, "role_of_worker"),
    ):
        assert refusal(scene, login, staff("another", role, institution, stem)) == code, (login, role)

    def promote(work: Work) -> None:
        staffing.grant_role(work, "school2", Role.REGISTRAR, None, SCHOOL)

    scene.do("administrator", promote)
    assert scene.actor("school2").serves(school_id, Role.REGISTRAR)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CLOCK])
def test_every_role_is_named_by_word_or_in_chinese(role: Role) -> None:
    assert staffing.parse_role(role) is staffing.parse_role(ROLE_NAMES[role]) is role


def _only_one_waits(scene: Scene, house: int, head: str, propose: Callable[..., PayeeAccount]) -> None:
    """Have others propose beside what waits: refused with a sentence, and by the database."""
    for login in (head, "制单员甲"):
        told = town_train.refusal(scene, login, partial(propose, account="257711110003"))
        assert (told.code, "0002" in told.title) == ("payee_account_waiting", True), login

    def rush(work: Work) -> None:
        waiting = work.session.scalars(
            select(PayeeAccount).where(
                PayeeAccount.institution_id == house, PayeeAccount.state == "suggested"
            )
        ).one()
        columns = {each.key: getattr(waiting, each.key) for each in sa_inspect(PayeeAccount).column_attrs}
        work.session.execute(insert(PayeeAccount).values(columns | {"id": waiting.id + 1}))

    assert refusal(scene, head, rush) == "changed_meanwhile", "two at the same moment are one"
    # one that nobody at the school answers keeps the office from nothing
    stale = _waiting(scene, house)
    assert refusal(scene, "复核员甲", partial(accounts.refuse_account, payee_account_id=stale, why="")) == (
        "why_missing"
    )
    scene.do("复核员甲", partial(accounts.refuse_account, payee_account_id=stale, why="机构无人确认"))


def _waiting(scene: Scene, house: int) -> int:
    with scene.database.read() as session:
        return session.scalars(
            select(PayeeAccount.id).where(
                PayeeAccount.institution_id == house, PayeeAccount.state.in_(("suggested", "proposed"))
            )
        ).one()


def test_a_school_changes_its_account_by_two_of_its_people_and_the_office(scene: Scene) -> None:
    house = town_train.train_institution(scene)
    name, code = town_train.T1
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    registrar = town_train.staff(scene, house, Role.REGISTRAR)
    old, new = "257711110001", "257711110002"
    propose = partial(accounts.propose_account, institution_code=code, bank_name="中行", evidence="许可证")
    scene.hire("制单员甲", Role.FINANCE_MAKER, "310101199001010980")
    scene.hire("复核员甲", Role.FINANCE_CHECKER, "310101199001010970")
    first = scene.do("制单员甲", partial(propose, holder_name=name, account=old)).id
    scene.do("复核员甲", partial(accounts.confirm_account, payee_account_id=first, account=old))
    assert refusal(scene, head, partial(propose, holder_name="王校长", account=new)) == (
        "payee_account_holder_differs"
    )
    scene.do(head, partial(propose, holder_name=name, account=new))
    _only_one_waits(scene, house, head, partial(propose, holder_name=name))
    made = scene.do(head, partial(propose, holder_name=name, account=new)).id
    agree = partial(accounts.agree_account, payee_account_id=made)
    confirm = partial(accounts.confirm_account, payee_account_id=made, account=new)
    # the office is asked only once a second person of the school has typed the number again
    assert refusal(scene, "复核员甲", confirm) == "event_not_allowed"
    assert refusal(scene, head, partial(agree, account=new)) == "second_person_needed"
    assert refusal(scene, registrar, partial(agree, account=old)) == "payee_account_differs"
    stranger = town_train.staff(
        scene, town_train.train_institution(scene, town_train.T2), Role.INSTITUTION_ADMIN
    )
    assert refusal(scene, stranger, partial(agree, account=new)) == "payee_account_missing"
    user_id = scene.actor(registrar).user_id
    scene.do(head, partial(colleagues.reset_colleague, institution_id=house, user_id=user_id))
    assert refusal(scene, registrar, partial(agree, account=new)) == "second_person_reset_lately"
    scene.at += timedelta(days=7)
    scene.do(registrar, partial(agree, account=new))
    assert refusal(scene, registrar, partial(agree, account=new)) == "event_not_allowed"
    with scene.database.read() as session:
        assert accounts.find_accounts_in_use(session, [house])[house].id == first
        person = session.get_one(PayeeAccount, made).agreed_by_person_id
        assert person is not None
        number = people.read_people(session, scene.keyring, [person])[person].number or ""
    # and whoever agreed there does not approve at the office, under another account
    scene.hire("兼职复核员", Role.FINANCE_CHECKER, number)
    assert refusal(scene, "兼职复核员", confirm) == "second_person_needed"
    scene.do("复核员甲", confirm)
    with scene.database.read() as session:
        assert accounts.find_accounts_in_use(session, [house])[house].id == made
    again = scene.do(head, partial(propose, holder_name=name, account=old)).id
    wordless = partial(accounts.refuse_account, payee_account_id=again, why=" ")
    assert refusal(scene, "复核员甲", wordless) == "why_missing"
    turned = partial(accounts.disagree_account, payee_account_id=again, why="没有开过这个账户")
    assert refusal(scene, registrar, partial(turned, why=" ")) == "why_missing"
    assert scene.do(registrar, turned).state == "refused"
