"""亲情代办 at work: what a living consent covers and nothing else; every act names it and is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_helping as helping
from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.stages.issue.test_reminding import words
from tests.town_phone import Phone
from voucher.ledger.audit import AuditRow
from voucher.ledger.credentials.keys import ensure_keys
from voucher.ledger.holds import open_hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.consents import granting
from voucher.registry.consents.reading import list_consents
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role
from voucher.rules.helping import Scope
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Problem
from voucher.stages.issue import disputing, holding
from voucher.stages.issue import helping as acts
from voucher.stages.issue.attempts import record_foreign_attempt
from voucher.stages.issue.models import Acceptance, Issue, IssueLine
from voucher.stages.train import leave
from voucher.stages.train.enrol import enrol, enrol_as_helper

OLD, CHILD = "13800138000", "13900139000"
Act = Callable[[Work], object]


class Town:
    """李四 with a voucher, 孙八 with a consent, a class at one institution."""

    def __init__(self, scene: Scene) -> None:
        scene.at = on("2024-03-01")
        self.scene = scene
        self.house = town.train_institution(scene)
        self.class_id = town.open_class(scene, self.house)
        self.old = helping.telephone(scene, LI_SI, OLD)
        self.child = helping.telephone(scene, SUN_BA, CHILD)
        self.budget = scene.open_budget(10_000)
        self.programme = issue.programme(scene, self.budget)
        issue.eligible(scene, LI_SI)
        self.voucher = issue.issue_to(scene, self.programme, LI_SI)[0]
        self.consent = scene.do(self.old, helping.grant_own(CHILD, SUN_BA)).id

    def accept(self, work: Work) -> object:
        return acts.accept_as_helper(work, self.voucher, self.consent)

    def enrol(self, work: Work) -> object:
        return enrol_as_helper(work, self.voucher, self.class_id, self.consent)

    def paper(self, work: Work) -> object:
        return acts.print_as_helper(work, self.voucher, self.consent)

    def text(self, work: Work) -> object:
        return acts.text_code_as_helper(work, self.voucher, self.consent, self.house, has_sms=True)

    def refused(self, act: Act, login: str | None = None) -> str:
        return town.code(self.scene, login or self.child, act)

    def employ(self) -> None:
        """Let the helper work for the institution too, by an account of its own."""
        person = issue.person_id(self.scene, SUN_BA)

        def hire(work: Work) -> None:
            account = UserAccount(
                login="sun-teach", display_name="孙八", person_id=person, created_at=work.at
            )
            work.session.add(account)
            work.session.flush()
            work.session.add(
                RoleGrant(
                    user_id=account.id, role=Role.TEACHER, institution_id=self.house, since=date(2024, 1, 1)
                )
            )

        self.scene.do("operator", hire)


@pytest.fixture
def at(scene: Scene) -> Town:
    """Return the town."""
    return Town(scene)


def test_each_act_names_its_consent_and_is_told_and_never_shows_a_code(scene: Scene, at: Town) -> None:
    scene.do("operator", ensure_keys)
    mine = Phone(scene, person=SUN_BA).bind()
    scene.do(at.child, at.accept)
    with scene.database.read() as session:
        kept = session.get_one(Acceptance, at.voucher)
    assert (kept.channel, kept.consent, kept.consent_id) == ("helper", None, at.consent)
    assert kept.accepted_by_person_id == issue.person_id(scene, SUN_BA)
    told = words(scene)[-1]
    assert told[0] == "138****8000"
    assert "您的代办人（子女）已替您领取" in told[1]
    scene.do(at.child, at.enrol)
    scene.do(at.child, at.paper)
    scene.do(at.child, at.text)
    rang = words(scene)
    code_letter = next(each for each in rang if re.search(r"72[0-9 ]{25}", each[1]))
    assert code_letter[0] == "138****8000"
    assert all(number == "138****8000" for number, _ in rang), "nothing ever rings at the helper's"
    # the phone of the helper holds nothing of it, and none of these is a helper's to do
    assert mine.fetch().held == {}
    for act in (holding.show, holding.withdraw):
        assert at.refused(partial(act, voucher_id=at.voucher)) == "voucher_missing"
    assert at.refused(lambda w: disputing.dispute(w, at.voucher, Problem.OTHER, "x")) == "voucher_missing"
    assert at.refused(lambda w: leave.leave(w, at.voucher, "x")) == "voucher_missing"
    with scene.database.read() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.thing == "voucher", AuditRow.object_id == at.voucher)
        ).all()
        history = list_consents(
            session, scene.keyring, date(2024, 3, 1), helper_person_id=issue.person_id(scene, SUN_BA)
        )
    named = {each.act: each.content.get("consent") for each in rows}
    assert named == {"issue": None} | dict.fromkeys(("accept", "enrol", "print", "text"), at.consent)
    assert [each.name for each in history[0].deeds] == [
        "请系统发短信码给本人", "打印纸质凭条", "选班报名", "领取",
    ]  # fmt: skip


def test_without_a_living_consent_a_voucher_is_missing_and_the_reach_is_kept(scene: Scene, at: Town) -> None:
    stranger = issue.worker(scene, ZHANG_SAN)
    foreign = town.refusal(scene, stranger, at.accept)
    missing = town.refusal(scene, stranger, lambda w: acts.accept_as_helper(w, 999_999, at.consent))
    assert foreign == missing
    assert foreign.code == "voucher_missing"
    assert scene.do(stranger, lambda w: record_foreign_attempt(w, at.voucher, "accept")) is True
    # a consent opens its own giver's vouchers only, and only for whom it names
    issue.eligible(scene, ZHANG_SAN)
    other = issue.issue_to(scene, at.programme, ZHANG_SAN)[0]
    assert at.refused(lambda w: acts.accept_as_helper(w, other, at.consent)) == "voucher_missing"
    assert at.refused(lambda w: acts.accept_as_helper(w, at.voucher, 999_999)) == "voucher_missing"
    assert at.refused(at.accept, at.old) == "voucher_missing"
    scene.at = on("2024-05-31")
    for act in (at.accept, at.enrol, at.paper, at.text):
        assert at.refused(act) == "voucher_missing", "the last day has passed"
    fresh = scene.do(at.old, helping.grant_own(CHILD, SUN_BA))
    at.consent = fresh.id
    scene.do(at.old, lambda work: granting.end_consent(work, fresh.id))
    for act in (at.accept, at.enrol, at.paper, at.text):
        assert at.refused(act) == "voucher_missing", "ended a moment ago"


def test_a_consent_covers_what_it_says(scene: Scene, at: Town) -> None:
    looking = scene.do(at.old, helping.grant_own(CHILD, SUN_BA, frozenset()))
    at.consent = looking.id
    for act in (at.accept, at.enrol, at.paper, at.text):
        assert at.refused(act) == "consent_scope_missing"
    at.consent = scene.do(at.old, helping.grant_own(CHILD, SUN_BA, frozenset({Scope.ACCEPT, Scope.PAPER}))).id
    assert at.refused(at.paper) == "voucher_not_showable"
    scene.do(issue.publisher(scene), lambda w: open_hold(w, Thing.VOUCHER, at.voucher, "核查"))
    assert at.refused(at.accept) == "on_hold"


def test_a_code_never_goes_to_the_helpers_own_number(scene: Scene, at: Town) -> None:
    scene.do(at.child, at.accept)
    scene.do(at.child, at.enrol)
    helping.telephone(scene, LI_SI, CHILD)
    assert at.refused(at.text) == "voucher_mobile_of_helper"
    no_sms = partial(
        acts.text_code_as_helper,
        voucher_id=at.voucher, consent_id=at.consent, institution_id=at.house, has_sms=False,
    )  # fmt: skip
    assert at.refused(no_sms) == "sms_closed"


def test_staff_help_nobody_with_what_concerns_their_own_institution(scene: Scene, at: Town) -> None:
    scene.do(at.child, at.accept)
    other = town.open_class(scene, town.train_institution(scene, town.T2))
    at.employ()
    told = town.refusal(scene, at.child, at.enrol)
    assert (told.code, told.facts["institution"]) == ("helper_is_staff", town.T1[0])
    scene.do(at.child, lambda work: enrol_as_helper(work, at.voucher, other, at.consent))
    assert at.refused(at.text) == "helper_is_staff"
    # nor with a voucher that the institution's own roster asked for
    fours = issue.programme(scene, at.budget, level=3)
    rostered = issue.issue_to(scene, fours, LI_SI)[0]

    def pretend(work: Work) -> None:
        line = work.session.scalars(select(IssueLine).where(IssueLine.voucher_id == rostered)).one()
        filed = work.session.get_one(Issue, line.issue_id)
        filed.filed_by_person_id, filed.institution_id = issue.person_id(scene, SUN_BA), at.house

    scene.do("operator", pretend)
    assert at.refused(lambda w: acts.accept_as_helper(w, rostered, at.consent)) == "helper_is_staff"


def test_the_database_holds_an_acceptance_to_its_consent(scene: Scene, at: Town) -> None:
    columns = "voucher_id, person_id, channel, consent_id, accepted_by_person_id, accepted_at"
    holder, other = issue.person_id(scene, LI_SI), issue.person_id(scene, SUN_BA)

    def write(channel: str, consent: object, by: int) -> str:
        values = f"{at.voucher}, {holder}, '{channel}', {consent}, {by}, '{scene.at.isoformat()}'"
        return f"INSERT INTO acceptance ({columns}) VALUES ({values})"

    for channel, consent, by in (
        ("helper", at.consent, holder),
        ("page", at.consent, other),
        ("helper", "NULL", other),
        ("helper", 999_999, other),
    ):
        with pytest.raises(DBAPIError), scene.database.engine.begin() as connection:
            connection.execute(text(write(channel, consent, by)))
    with scene.database.engine.connect() as connection:
        connection.execute(text(write("helper", at.consent, other)))
        connection.rollback()
    scene.do(at.old, lambda work: holding.accept(work, at.voucher))
    scene.do(at.old, lambda work: enrol(work, at.voucher, at.class_id))
