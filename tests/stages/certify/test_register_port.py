"""The register over HTTP: whatever it says or does, nobody is wrongly verified, no transaction waits."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests import town_train
from tests.loop.telling import ready
from tests.registers import Question, Register, Reply, say, serving, truth_of
from tests.revoking import revoke_certificate
from tests.scene import EV2, HOUSEKEEPER, JIYUAN, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from voucher.plumbing.calling import Patience
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.staffing import reset_access
from voucher.registry.people import get_person
from voucher.registry.subjects import destroy_key
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.stages.certify import asking
from voucher.stages.certify.asking import Registers
from voucher.stages.certify.connecting import ask_register, confirm_register, drop_register
from voucher.stages.certify.hand_verification import Read, read_by_hand
from voucher.stages.certify.models import Certificate, RegisterEntry, Verification
from voucher.stages.certify.models_look_ups import RegisterLookUp
from voucher.stages.certify.queries import list_unanswered, list_verified_certificates, read_word_since
from voucher.stages.certify.queries.readings import count_half_read, find_open_reading, select_half_read
from voucher.stages.certify.queries.register_words import find_register, list_never_confirmed, read_rests
from voucher.stages.settle import payment, review
from voucher.stages.settle.clawback import open_due_clawbacks
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.turn_down import turn_down

QUICK = Patience(
    connect_seconds=0.5, read_seconds=0.3, retries=0, backoff_seconds=0.01, failures_before_rest=10**9,
    rest=timedelta(seconds=0.2),
)  # fmt: skip
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Said = dict[str, object]


@dataclass
class Asked:
    """A scene whose evaluator has uploaded certificates that only an outside register can confirm."""

    scene: Scene
    rows: list[dict[str, object]]
    registers: Registers
    ids: dict[str, int] = field(default_factory=dict)

    def connect(self, register: Register) -> None:
        """Have the register answer from today on."""
        connect(self.scene, register.address)

    def ask(self, *numbers: str) -> list[str]:
        """Ask about certificates as the clock does, and return what came of each."""
        wanted = [self.ids[each] for each in numbers or self.ids]
        told = self.registers.ask(self.scene.actor("clock"), self.scene.at, wanted)
        return [told[each] for each in wanted]

    def verified(self) -> set[int]:
        """Return the certificates that money could stand on now."""
        with self.scene.database.read() as session:
            return list_verified_certificates(session, list(self.ids.values()))


def connect(scene: Scene, address: str | None) -> None:
    """Have one person ask for a register and another confirm it."""
    scene.do("接入员", lambda work: ask_register(work, "省厅通知", name="省证书登记", address=address))
    scene.do("接入员二", confirm_register)


@pytest.fixture
def asked(scene: Scene) -> Asked:
    """Return three people's certificates of a quarter, uploaded and confirmed by nobody."""
    ready(scene)
    scene.hire("接入员", Role.OFFICER_PROVINCE, "310101199001010330")
    scene.hire("接入员二", Role.ADMINISTRATOR, "310101199001010250")
    rows = [scene.certificate(each) for each in (ZHANG_SAN, LI_SI, SUN_BA)]
    scene.import_certificates(rows)
    made = Asked(scene, rows, Registers(scene.database, scene.keyring, patience=QUICK))
    with scene.database.read() as session:
        made.ids = {each.number: each.id for each in session.scalars(select(Certificate))}
    return made


def honest(rows: list[dict[str, object]]) -> Callable[[Question], Reply]:
    """Return a register that says what it was told, and of anything else nothing."""
    known = {str(row["证书编号"]): truth_of(row) for row in rows}
    return lambda question: say(*([known[question["number"]]] if question["number"] in known else []))


# every way of not telling the truth about one certificate, given the truth about it and about another
LIES: dict[str, Callable[[Said, Said], object]] = {
    "somebody else": lambda true, other: {
        **true,
        "name": other["name"],
        "identity_number": other["identity_number"],
    },
    "one character": lambda true, _: {**true, "name": str(true["name"])[0] + "叁"},
    "other trade": lambda true, _: {**true, "occupation_code": HOUSEKEEPER},
    "higher level": lambda true, _: {**true, "level": "四级"},
    "no level": lambda true, _: {**true, "level": ""},
    "bare digit": lambda true, _: {**true, "level": "5"},
    "other day": lambda true, _: {**true, "issued_on": "2023-11-16"},
    "no such day": lambda true, _: {**true, "issued_on": "2023-02-30"},
    "other evaluator": lambda true, _: {**true, "evaluator_code": EV2[1]},
    "other certificate": lambda _, other: other,
    "other number": lambda true, other: {**true, "number": other["number"]},
    "no status": lambda true, _: {**true, "status": "也许"},
    "status is true": lambda true, _: {**true, "status": True},
    "number as number": lambda true, _: {**true, "level": 5},
    "bad identity": lambda true, _: {**true, "identity_number": str(true["identity_number"])[:-1] + "?"},
    "huge word": lambda true, _: {**true, "name": "张" * 4000},
    "less": lambda true, _: {name: word for name, word in true.items() if name != "evaluator_code"},
    "a list": lambda true, _: [true],
}
# and every way of not answering; `absent` is an answer
BODIES: dict[str, Callable[[Said], Reply]] = {
    "absent": lambda _: say(),
    "twice": lambda true: say(true, true),
    "no list": lambda true: Reply(json.dumps({"certificates": true}).encode()),
    "empty": lambda _: Reply(b""),
    "html": lambda _: Reply(b"<html>ok</html>"),
    "huge": lambda true: Reply(json.dumps({"certificates": [true], "x": "x" * (1 << 20)}).encode()),
    "deep": lambda _: Reply(b"[" * 200_000),
    "down": lambda _: Reply(b"", status=503),
    "teapot": lambda true: Reply(say(true).body, status=418),
    "moved, with the truth": lambda true: Reply(say(true).body, status=302),
    "not utf-8": lambda _: Reply(b'{"certificates": [{"name": "\xff"}]}'),
}


class Liar:
    """Answers by chance, and remembers of which certificates the truth was the last thing said."""

    def __init__(self, rows: list[dict[str, object]], seed: int) -> None:
        self._rows = [truth_of(row) for row in rows]
        self._chance = random.Random(seed)
        self.last: dict[str, str] = {}
        self.told: dict[str, int] = {}

    def __call__(self, question: Question) -> Reply:
        number = question["number"]
        true = next(each for each in self._rows if each["number"] == number)
        other = next(each for each in self._rows if each["number"] != number)
        way = self._chance.choice(["the truth", *LIES, *BODIES])
        self.told[way] = self.told.get(way, 0) + 1
        if way == "the truth":
            self.last[number] = "true"
            return say(true)
        if way in LIES:
            # what can be read and is about this number replaces the truth; what cannot be read leaves it
            if way in ("somebody else", "one character", "other trade", "higher level", "no level",
                       "other day", "other evaluator"):  # fmt: skip
                self.last[number] = "lie"
            return Reply(json.dumps({"certificates": [LIES[way](dict(true), dict(other))]}).encode())
        if way == "absent":
            self.last[number] = "lie"
        return BODIES[way](dict(true))


@SQLITE
def test_no_answer_of_a_lying_register_verifies_anything(asked: Asked) -> None:
    liar, answers = Liar(asked.rows, seed=90), 90
    with serving(liar) as register:
        asked.connect(register)
        for _ in range(answers // len(asked.rows)):
            asked.ask()
            right = {asked.ids[number] for number, said in liar.last.items() if said == "true"}
            assert asked.verified() == right
    assert sum(liar.told.values()) == answers
    assert liar.told["the truth"] > 0
    with asked.scene.database.read() as session:
        kept = session.scalar(select(func.count()).select_from(RegisterLookUp))
        strangers = session.scalars(select(RegisterEntry.number).distinct()).all()
    assert kept == sum(liar.told.values()), "every question leaves a row"
    assert set(strangers) <= set(asked.ids)


def test_the_truth_verifies_in_every_spelling_and_each_question_is_kept(asked: Asked) -> None:
    number, other, _ = asked.ids
    spelled = {
        **truth_of(asked.rows[0]), "name": " 张　三 ", "level": "五级/初级工", "number": number.lower(),
        "identity_number": "41010519900315991x",
    }  # fmt: skip

    def first_only(question: Question) -> Reply:
        return say(spelled) if question["number"] == number else Reply(b"", 500)

    with serving(first_only) as register:
        assert asked.registers.ask(asked.scene.actor("clock"), asked.scene.at, asked.ids.values()) == {}
        asked.connect(register)
        assert asked.ask() == ["found", "unreachable", "unreachable"]
    assert asked.verified() == {asked.ids[number]}
    assert register.asked[0] == {"number": number, "identity_number": ZHANG_SAN[1], "name": "张三"}
    with asked.scene.database.read() as session:
        first = session.scalars(select(RegisterLookUp).order_by(RegisterLookUp.id)).first()
        look = session.scalars(select(Verification)).all()
    assert first is not None
    assert (first.system, first.way, first.asked_by_person_id > 0) == ("省证书登记", "http", True)
    assert ZHANG_SAN[1] not in json.dumps(first.answered, ensure_ascii=False)
    assert "张三" not in json.dumps(first.answered, ensure_ascii=False)
    assert (look[0].verified, look[0].source) == (True, "省证书登记")
    with pytest.raises(DBAPIError, match="append only"):
        asked.scene.do("operator", lambda work: work.session.execute(text(PLANTED)))
    # of somebody else with the same number nothing is kept, and being revoked there revokes nobody here
    strange = {**truth_of(asked.rows[2]), "number": other, "status": "撤销"}
    with serving(lambda _: say(strange)) as register:
        asked.connect(register)
        assert asked.ask(other) == ["other_person"]
        assert state(asked, other) == "recorded"
        own = {**truth_of(asked.rows[1]), "status": "撤销"}
        register.answer = lambda _: say(own)
        assert asked.ask(other) == ["found"]
        assert state(asked, other) == "revoked"


PLANTED = "UPDATE register_look_up SET outcome = 'found'"


def state(asked: Asked, number: str) -> str:
    """Return the state of a certificate."""
    with asked.scene.database.read() as session:
        return session.get_one(Certificate, asked.ids[number]).state


@SQLITE
def test_a_redirect_reaches_nobody_inside(asked: Asked) -> None:
    with serving(lambda _: say()) as inside:
        inner = inside.address
        places = [inner, inner.replace("127.0.0.1", "localhost"), "file:///etc/passwd", "/again"]
        statuses = (301, 302, 303, 307, 308)
        for place in places:
            for status in statuses:
                with serving(partial(_move, place, status)) as register:
                    asked.connect(register)
                    assert asked.ask(next(iter(asked.ids))) == ["refused"]
                    assert len(register.asked) == 1, "not even to itself"
        assert inside.asked == []
    assert asked.verified() == set()


def _move(place: str, status: int, _question: Question) -> Reply:
    return Reply(b"", status=status, headers=(("Location", place),))


def test_a_slow_register_holds_no_transaction_and_a_payment_waits_for_its_word(asked: Asked) -> None:
    scene = asked.scene
    scene.at = on("2024-01-10")
    budget = scene.open_budget()
    truthful = honest(asked.rows)
    written: list[str] = []

    def drag(question: Question) -> Reply:
        # somebody else writes while the answer takes its time: on SQLite an open transaction would bar them
        scene.do("operator", lambda work: work.session.execute(text("UPDATE region SET name = name")))
        written.append(question["number"])
        time.sleep(0.05)
        return truthful(question)

    with serving(drag) as register:
        asked.connect(register)
        assert asked.ask() == ["found"] * 3
        assert len(written) == 3
        settled = scene.settle(budget)
        scene.review_and_post(settled.batch_id)
        scene.close_notices()
        scene.do("审批员", lambda work: review.sign(work, settled.batch_id, Step.APPROVE, opinion="同意"))
        scene.open_accounts()
        prepare = partial(payment.prepare, budget_id=budget)
        # days have passed: the word of then is not the word of today
        assert town_train.code(scene, "制单员", prepare) == "register_silent"
        register.answer = lambda _: Reply(b"", 503)
        assert asked.ask() == ["unreachable"] * 3
        assert town_train.code(scene, "制单员", prepare) == "register_silent"
        register.answer = truthful
        asked.ask()
        file = scene.do("制单员", prepare)
        scene.do("付款复核员", lambda work: payment.check(work, file.id))
        # revoked between making and releasing the file
        first = {**truth_of(asked.rows[0]), "status": "撤销"}
        register.answer = lambda q: say(first) if q["number"] == first["number"] else truthful(q)
        asked.ask()
        release = partial(payment.release, payment_file_id=file.id)
        assert town_train.code(scene, "签发员", release) == "certificates_no_longer_valid"
        scene.do("制单员", lambda work: payment.void(work, file.id, "证书被撤销"))
        fallen = claim_of(scene, asked.ids[str(first["number"])])
        scene.do("审批员", lambda work: turn_down(work, fallen, "证书被撤销"))
        paid = scene.do("制单员", prepare)
        scene.do("付款复核员", lambda work: payment.check(work, paid.id))
        scene.do("签发员", lambda work: payment.release(work, paid.id))
        scene.bank_answers(paid)
        # and one after it was paid: a receivable
        second = {**truth_of(asked.rows[1]), "status": "撤销"}
        register.answer = lambda _: say(second)
        asked.ask(str(second["number"]))
    assert scene.do("clock", open_due_clawbacks) == 1


def test_without_a_register_two_people_read_it_by_hand_alike(asked: Asked) -> None:
    scene, number = asked.scene, next(iter(asked.ids))
    scene.hire("复核员二号账号", Role.OFFICER_COUNTY, "310101199001010020")
    scene.hire("新乡", Role.OFFICER_CITY, "310101199001010360", "410700")
    true = truth_of(asked.rows[0])

    def read(login: str, evidence: str = "查询回执", **changes: Any) -> bool | str:
        call = partial(read_by_hand, number=number, read=replace(_same(true), **changes), evidence=evidence)
        if evidence and login in ("复核员", "初审员") and not changes:
            return scene.do(login, call).verified
        return town_train.code(scene, login, call)

    assert read("新乡") == "certificate_number_unknown"
    assert read("制单员") == "role_missing"
    assert read("复核员", "") == "why_missing"
    assert read("复核员", identity_number=LI_SI[1]) == "certificate_person_mismatch"
    assert read("复核员", name="张叁") == "certificate_name_mismatch"
    assert read("复核员") is False
    assert asked.verified() == set(), "one pair of eyes is none"
    assert (
        scene.do("复核员二号账号", lambda w: read_by_hand(w, number, _same(true), "回执")).verified is False
    )
    assert read("初审员", level=3) == "hand_reading_differs"
    _of_a_revoked_one_no_second_reading_is_asked(asked, number)
    assert read("初审员") is True
    assert asked.verified() == {asked.ids[number]}
    with scene.database.read() as session:
        look = session.scalars(select(RegisterLookUp)).one()
    assert (look.way, look.outcome, look.system) == ("by_hand", "found", "人工核验（两人）")
    with serving(honest(asked.rows)) as register:
        asked.connect(register)
        asked.ask()
    late = partial(read_by_hand, number=number, read=_same(true), evidence="回执")
    assert town_train.code(scene, "复核员", late) == "register_answers"


def _of_a_revoked_one_no_second_reading_is_asked(asked: Asked, half: str) -> None:
    scene, (_, number, _) = asked.scene, asked.ids
    read = replace(_same(truth_of(asked.rows[1])), name=LI_SI[0], identity_number=LI_SI[1])
    call = partial(read_by_hand, number=number, read=read, evidence="回执")
    with scene.database.read() as session:
        before = set(session.scalars(select_half_read(scene.at)))
    assert before == {asked.ids[half]}
    scene.do("复核员", call)
    with scene.database.read() as session:
        assert count_half_read(session, [JIYUAN], scene.at, person_id=0)[0] == 2
    scene.do("复核员", lambda work: revoke_certificate(work, number, "查实替考"))
    assert town_train.code(scene, "初审员", call) == "hand_reading_barred"
    with scene.database.read() as session:
        assert find_open_reading(session, asked.ids[number], scene.at) is None
        assert set(session.scalars(select_half_read(scene.at))) == before
        assert count_half_read(session, [JIYUAN], scene.at, person_id=0)[0] == 1


@SQLITE
def test_a_register_that_is_down_is_left_alone_and_fills_no_table(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, ids = asked.scene, sorted(asked.ids.values())
    clock = scene.actor("clock")
    patience = replace(QUICK, failures_before_rest=1, rest=timedelta(minutes=1))
    soon = Registers(scene.database, scene.keyring, patience=patience)
    with serving(lambda _: Reply(b"", 503)) as register:
        asked.connect(register)
        assert soon.ask(clock, scene.at, ids) == {ids[0]: "unreachable"}
        assert soon.ask(clock, scene.at, ids) == {}
        assert len(register.asked) == 1
        # and a piece that takes all of the time is written as far as it came
        passed = [0.0]
        monkeypatch.setattr(asking, "time", SimpleNamespace(monotonic=lambda: passed[0]))
        register.answer = partial(_drag, passed)
        assert asked.registers.ask(clock, scene.at, ids) == {ids[0]: "absent"}
    with scene.database.read() as session:
        kept = session.scalars(select(RegisterLookUp.outcome).order_by(RegisterLookUp.id)).all()
    assert kept == ["unreachable", "absent"]


@SQLITE
def test_who_never_answers_keeps_nobody_waiting(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that are never answered do not stand before the third; their rests grow by the parameter."""
    scene, numbers = asked.scene, list(asked.ids)
    monkeypatch.setattr(asking, "PIECE", 2)
    known = honest(asked.rows[2:])
    clock, start = scene.actor("clock"), on("2024-03-10")

    def due(minutes: int) -> list[str]:
        register.asked.clear()
        scene.at = start + timedelta(minutes=minutes)
        asked.registers.ask_due(clock, scene.at, scene.at, lambda _: [])
        return [each["number"] for each in register.asked]

    with serving(
        lambda question: known(question) if question["number"] == numbers[2] else SILENT
    ) as register:
        scene.at = start
        asked.connect(register)
        assert due(0) == numbers[:2]
        assert due(1) == numbers[2:], "whoever was never asked comes first"
        assert due(59) == []
        assert due(60) == numbers[:2], "an hour's rest, and the third is confirmed"
        assert due(60 + 119) == []
        assert due(60 + 120) == numbers[:2], "the next rest is twice as long"
    with scene.database.read() as session:
        assert read_rests(session, start.date())[0] == timedelta(hours=1)


@SQLITE
def test_certificates_of_erased_people_do_not_fill_the_queue(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, ids = asked.scene, list(asked.ids.values())
    monkeypatch.setattr(asking, "PIECE", 1)
    with scene.database.read() as session:
        assert list_never_confirmed(session, scene.at, 1) == ids[:1]
        index = get_person(session, session.get_one(Certificate, ids[0]).person_id).blind_index
    scene.do("operator", lambda work: destroy_key(work, index))
    with scene.database.read() as session:
        assert list_never_confirmed(session, scene.at, 1) == ids[1:2]


def test_nobody_connects_or_disconnects_the_register_alone(asked: Asked) -> None:
    """One asks, another confirms; until then the register that answers is the one before."""
    scene = asked.scene
    scene.hire("接入员的另一账号", Role.ADMINISTRATOR, "310101199001010330")
    ask = partial(ask_register, why="对方维护")
    with serving(honest(asked.rows)) as register:
        asked.connect(register)
        scene.do("接入员", ask)
        assert town_train.code(scene, "接入员二", ask) == "register_change_waits"
        assert town_train.code(scene, "接入员", confirm_register) == "second_person_needed"
        assert town_train.code(scene, "接入员的另一账号", confirm_register) == "second_person_needed"
        assert town_train.code(scene, "复核员", confirm_register) == "role_missing"
        with scene.database.read() as session:
            assert find_register(session, scene.at.date()) is not None
        for sin in (
            CONFIRMED_ALONE,
            "UPDATE register_system SET address = NULL, change_id = (SELECT max(id) FROM register_change)",
        ):
            with pytest.raises(DBAPIError, match=r"two_people|two people"):
                scene.do("operator", partial(_run, statement=sin))
        scene.do("接入员", drop_register)
        assert town_train.code(scene, "接入员二", confirm_register) == "register_change_missing"
        scene.do("接入员", ask)
        # whoever reset an account at the command line may be its next hand, and the one that asked
        scene.hire("接入员三", Role.ADMINISTRATOR, "310101199001010410")
        scene.do("administrator", partial(reset_access, login="接入员三"))
        assert town_train.code(scene, "接入员三", confirm_register) == "second_person_reset_by_nobody"
        scene.do("接入员二", confirm_register)
        with scene.database.read() as session:
            assert find_register(session, scene.at.date()) is None


def test_the_database_takes_no_look_up_by_hand_of_one_person(asked: Asked) -> None:
    scene, number = asked.scene, next(iter(asked.ids))
    call = partial(read_by_hand, number=number, read=_same(truth_of(asked.rows[0])), evidence="回执")
    scene.do("复核员", call)
    alone = (
        "INSERT INTO hand_verification (second_reading_id, first_reading_id, certificate_id, "
        "checker_person_id, confirmer_person_id, confirmed_at) SELECT id, id, certificate_id, "
        "read_by_person_id, read_by_person_id, read_at FROM hand_reading"
    )
    with pytest.raises(DBAPIError, match="two_people"):
        scene.do("operator", partial(_run, statement=alone))
    scene.do("初审员", call)
    again = (
        "INSERT INTO register_look_up (certificate_id, system, way, outcome, milliseconds, asked_at, "
        "asked_by_person_id) SELECT certificate_id, system, way, 'absent', 0, asked_at, "
        "asked_by_person_id + 1 FROM register_look_up"
    )
    with pytest.raises(DBAPIError, match="two people"):
        scene.do("operator", partial(_run, statement=again))
    assert asked.verified() == {asked.ids[number]}


def _run(work: Work, statement: str) -> None:
    work.session.execute(text(statement))


CONFIRMED_ALONE = (
    "UPDATE register_change SET confirmed = 1, decided_by_person_id = asked_by_person_id, "
    "decided_at = asked_at WHERE decided_at IS NULL"
)
SILENT = Reply(b"", 503)


@SQLITE
def test_a_register_that_has_long_been_silent_is_read_by_hand(asked: Asked) -> None:
    scene, number = asked.scene, next(iter(asked.ids))
    scene.at = on("2024-03-10")
    call = partial(read_by_hand, number=number, read=_same(truth_of(asked.rows[0])), evidence="回执")
    with serving(honest(asked.rows)) as register:
        asked.connect(register)
        assert asked.ask(number) == ["found"]
        assert town_train.code(scene, "复核员", call) == "register_answers"
        scene.at = on("2024-06-10")
        register.answer = lambda _: Reply(b"", 503)
        assert town_train.code(scene, "复核员", call) == "register_unasked"
        assert asked.ask(number) == ["unreachable"]
        scene.do("复核员", call)
        scene.do("初审员", call)
        # the hand has written, and the register is asked all the same
        register.answer = lambda _: say()
        clock, since = scene.actor("clock"), on("2024-06-10")
        told = asked.registers.ask_stale(clock, scene.at, since, lambda _: [asked.ids[number]])
        assert told == {asked.ids[number]: "absent"}
        assert asked.verified() == set()
    with scene.database.read() as session:
        since = read_word_since(session, scene.at)
        assert list_unanswered(session, [asked.ids[number]], since) == []


@SQLITE
def test_two_readings_by_hand_unsay_nothing_that_stands_against_a_certificate(asked: Asked) -> None:
    scene, (mine, theirs, _) = asked.scene, asked.ids
    true = truth_of(asked.rows[0])

    def read(login: str, number: str = mine, **changes: Any) -> str:
        call = partial(read_by_hand, number=number, read=replace(_same(true), **changes), evidence="回执")
        return town_train.code(scene, login, call)

    stranger = {"姓名": SUN_BA[0], "证件号码": SUN_BA[1]}
    scene.import_register(
        [scene.registered(asked.rows[0], 状态="撤销"), scene.registered(asked.rows[1], **stranger)]
    )
    other = {"identity_number": LI_SI[1], "name": LI_SI[0]}
    assert [read("复核员"), read("复核员", theirs, **other)] == ["hand_reading_barred"] * 2
    assert asked.verified() == set()
    scene.import_register([scene.registered(asked.rows[0])])
    assert read("复核员", status="也许") == "register_status_unknown"
    # what both read alike is another certificate than this: it verifies nothing
    wrong = partial(read_by_hand, number=mine, read=replace(_same(true), level=3), evidence="回执")
    assert scene.do("复核员", wrong).is_second is False
    outcome = scene.do("初审员", wrong)
    assert (outcome.is_second, outcome.verified) == (True, False)
    assert [each.code for each in outcome.refusals] == ["certificate_level_mismatch"]
    scene.at += timedelta(minutes=1)
    # that it is revoked is read as any other fact is, and two who read so revoke it
    call = partial(read_by_hand, number=mine, read=replace(_same(true), status="撤销"), evidence="回执")
    scene.do("复核员", call)
    assert read("初审员") == "hand_reading_differs"
    scene.do("初审员", call)
    assert state(asked, mine) == "revoked"
    assert read("复核员") == "hand_reading_barred"


def _drag(passed: list[float], _question: Question) -> Reply:
    passed[0] += asking.SECONDS_AT_MOST + 1
    return say()


def claim_of(scene: Scene, certificate_id: int) -> int:
    """Return the claim made on a certificate."""
    with scene.database.read() as session:
        return session.scalars(select(Claim.id).where(Claim.certificate_id == certificate_id)).one()


def _same(true: Mapping[str, str]) -> Read:
    return Read(
        ZHANG_SAN[1],
        "张三",
        true["occupation_code"],
        2,
        on("2023-11-15").date(),
        true["evaluator_code"],
        "有效",
    )
