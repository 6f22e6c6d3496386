"""A thousand vouchers (or some hundred) at sixty-four scanners of the served house, its workers being killed.

Every voucher is shown twice at once, with two codes, at two scanners of its institution; whoever gets no
answer asks again with the same request, as a scanner does. One scan of each uses the voucher, every answer
that said so is stored, and nobody meets a mistake of ours.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from benchmarks.loading import drive, write_request
from tests.conftest import FOUNDED_AT, fresh_database
from tests.scene import Scene
from tests.storms.gale import CLIENTS, rush, surprises
from tests.storms.served import Answer, House, Program, environment_of, serving
from tests.storms.test_server import BROKEN_LINES
from tests.town_counters import Beacons, Counters, Seat, open_counters
from voucher.plumbing.idempotency import IdempotencyKey
from voucher.plumbing.secrets import Keyring
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.train.models.places import Redemption

pytestmark = pytest.mark.storm

PATH = "/api/v1/redemptions"
HOUSES = 8
# the whole storm takes minutes: every change meets a smaller one, `make storm SIZE=full` the whole
FULL = os.environ.get("STORM_SIZE") == "full"
VOUCHERS, KEYS, KILLS = (1000, 500, 30) if FULL else (250, 125, 8)
# at the whole size every one of the eight scanners of its house may hold a voucher to its counter
TIMES = CLIENTS // HOUSES if FULL else 2
TELLING = {"redeemed_already", "code_used", "code_expired"}
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Told:
    """What a scanner was told of a voucher in the end."""

    voucher_id: int
    answer: Answer

    @property
    def redemption_id(self) -> int:
        """Return the redemption an accepted scan was told."""
        return int(json.loads(self.answer.content)["id"])


def judge(told: Sequence[Told], stored: dict[int, int]) -> None:
    """Fail unless each voucher was used by one scan, as it is stored, and every other scan was refused.

    `stored` is the voucher of each redemption.
    """
    statuses = Counter(each.answer.status for each in told)
    assert not [status for status in statuses if status >= 500], f"a mistake of ours: {statuses}"
    used = [each for each in told if each.answer.status == 201]
    twice = [voucher_id for voucher_id, n in Counter(each.voucher_id for each in used).items() if n > 1]
    assert not twice, f"told to have been used more than once: {twice}"
    unused = {each.voucher_id for each in told} - {each.voucher_id for each in used}
    assert not unused, f"nobody could use {unused}"
    lost = [each.voucher_id for each in used if stored.get(each.redemption_id) != each.voucher_id]
    assert not lost, f"answered and not stored: {lost}"
    assert len(stored) == len(used), f"{len(stored)} redemptions of {len(used)} vouchers"
    refused = [json.loads(each.answer.content) for each in told if each.answer.status != 201]
    assert {each["code"] for each in refused} <= TELLING
    assert all(each["title"] and each["detail"] for each in refused), "refused without a sentence"


@dataclass
class Rush:
    """The served house on its day, and everybody with a code in hand."""

    counters: Counters
    beacons: Beacons
    house: House
    behind: timedelta

    @property
    def now(self) -> datetime:
        """Return the moment on the house's clock."""
        return datetime.now(UTC) - self.behind

    def ask(self, seat: Seat) -> dict[str, str]:
        """Return the body of a scan, its code signed now."""
        return {
            "digits": seat.show(self.now, self.beacons.at(self.now)),
            "last4": seat.last4,
            "device": f"前台{seat.counter}号机",
            "nonce": uuid4().hex,
        }

    def scan(self, seat: Seat, headers: dict[str, str]) -> Told:
        """Hold a code to a scanner until there is an answer, whatever becomes of the line."""
        body, key = {**self.ask(seat), "class_id": seat.class_id}, str(uuid4())
        program, deadline = Program(self.house.port, headers), time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                return Told(seat.voucher_id, program.ask("POST", PATH, body, key))
            except BROKEN_LINES:
                time.sleep(0.05)
        raise AssertionError(f"voucher {seat.voucher_id} was never answered")


@pytest.fixture(scope="module")
def rushed(
    templates: dict[str, str], keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rush]:
    """Yield one served house with everybody at its counters; afterwards its invariants must hold."""
    folder = tmp_path_factory.mktemp("counters")
    with fresh_database("postgres", templates, folder, copied=True) as database:
        scene = Scene(database, keyring, folder, FOUNDED_AT)
        counters = open_counters(scene, VOUCHERS + KEYS, HOUSES)
        counters.sign_in(CLIENTS // HOUSES)
        behind = timedelta(seconds=int((datetime.now(UTC) - scene.at).total_seconds()))
        environment = environment_of(database, keyring, folder)
        environment["STORM_BEHIND_SECONDS"] = str(int(behind.total_seconds()))
        with serving("tests.storms.moved:app", environment, folder, "--preload") as house:
            yield Rush(counters, Beacons(keyring), house, behind)
        with database.read() as session:
            assert find_violations(session) == []


def read_stored(rushed: Rush, seats: Sequence[Seat]) -> dict[int, int]:
    """Return the voucher of every standing redemption of these seats."""
    with rushed.counters.scene.database.read() as session:
        rows = session.execute(
            select(Redemption.id, Redemption.voucher_id).where(
                Redemption.voucher_id.in_([each.voucher_id for each in seats])
            )
        )
        return dict(rows.all())


def test_a_thousand_vouchers_shown_again_and_again_are_a_thousand_redemptions_though_workers_die(
    rushed: Rush,
) -> None:
    seats = rushed.counters.seats[:VOUCHERS]
    waiting: dict[int, SimpleQueue[Seat]] = {each: SimpleQueue() for each in range(HOUSES)}
    for seat in seats:
        for _ in range(TIMES):
            waiting[seat.counter].put(seat)
    told: list[Told] = []
    over, killed = threading.Event(), list[int]()

    def kill() -> None:
        # spread over the whole storm, as far as it has come
        while not over.is_set() and len(killed) < KILLS:
            if len(told) >= len(killed) * TIMES * VOUCHERS // (KILLS + 1):
                rushed.house.kill_worker(len(killed))
                killed.append(len(told))
            over.wait(0.02)

    def client(number: int) -> None:
        queue, headers = waiting[number % HOUSES], rushed.counters.headers[number]
        while True:
            try:
                seat = queue.get_nowait()
            except Empty:
                return
            told.append(rushed.scan(seat, headers))

    killer = threading.Thread(target=kill)
    killer.start()
    outcomes = rush(client)
    over.set()
    killer.join()
    assert surprises(outcomes) == []
    assert len(killed) == KILLS
    assert len(told) == TIMES * VOUCHERS
    judge(told, read_stored(rushed, seats))
    with rushed.counters.scene.database.read() as session:
        stuck = select(func.count()).select_from(IdempotencyKey).where(IdempotencyKey.status.is_(None))
        assert session.scalar(stuck) == 0


def test_one_key_from_64_scanners_is_one_use_and_equal_bytes_five_hundred_times(rushed: Rush) -> None:
    seats = rushed.counters.seats[VOUCHERS : VOUCHERS + KEYS]
    by_house = rushed.counters.headers[:HOUSES]
    sent: dict[int, bytes] = {}
    answers: dict[int, Counter[bytes]] = {each.voucher_id: Counter() for each in seats}

    def write(seat: Seat) -> bytes:
        # whoever comes first has it signed; everybody sends the same bytes
        if seat.voucher_id not in sent:
            body = json.dumps({**rushed.ask(seat), "class_id": seat.class_id}).encode()
            key = {"Idempotency-Key": str(uuid4())}
            sent[seat.voucher_id] = write_request(PATH, {**by_house[seat.counter], **key}, body)
        return sent[seat.voucher_id]

    load = drive(
        rushed.house.port,
        [(write(seat) for seat in seats) for _ in range(CLIENTS)],
        heard=lambda _number, place, body: answers[seats[place].voucher_id].update([body]),
    )
    assert set(load.statuses) == {201}, (load.statuses, load.refused)
    judge_equal(answers)
    assert sorted(read_stored(rushed, seats).values()) == sorted(each.voucher_id for each in seats)


def judge_equal(answers: dict[int, Counter[bytes]]) -> None:
    """Fail unless everybody was told the same of a voucher, byte for byte."""
    torn = [voucher_id for voucher_id, told in answers.items() if len(told) != 1]
    assert not torn, f"different answers for one key: {torn}"
    short = [voucher_id for voucher_id, told in answers.items() if told.total() != CLIENTS]
    assert not short, f"not everybody was answered: {short}"


def an_answer(status: int, **content: object) -> Answer:
    return Answer(status, "application/json", json.dumps(content).encode())


def a_refusal(status: int = 409, **changes: str) -> Answer:
    return an_answer(
        status, **{"code": "redeemed_already", "title": "已核销", "detail": "无需办理", **changes}
    )


def test_the_count_sees_a_voucher_used_twice_never_lost_or_met_by_a_mistake() -> None:
    """The control: what a house with a hole would have answered, and what would be stored."""
    good = [Told(1, an_answer(201, id=7)), Told(1, a_refusal()), Told(2, an_answer(201, id=8))]
    stored = {7: 1, 8: 2}
    judge(good, stored)
    for answers, kept, said in (
        ([*good, Told(2, an_answer(201, id=9))], {**stored, 9: 2}, "more than once"),
        ([*good, Told(3, a_refusal())], stored, "nobody could use"),
        (good, {7: 1}, "answered and not stored"),
        (good, {7: 1, 8: 1}, "answered and not stored"),
        (good, {**stored, 9: 2}, "3 redemptions of 2"),
        ([*good, Told(2, a_refusal(500))], stored, "a mistake of ours"),
        ([*good, Told(2, a_refusal(detail=""))], stored, "without a sentence"),
    ):
        with pytest.raises(AssertionError, match=said):
            judge(answers, kept)


def test_the_count_sees_two_answers_for_one_key() -> None:
    """The control: one byte of one answer, and one answer too few."""
    same = Counter({b'{"id":7}': CLIENTS})
    judge_equal({1: same})
    with pytest.raises(AssertionError, match="different answers"):
        judge_equal({1: same, 2: Counter({b'{"id":8}': CLIENTS - 1, b'{"id": 8}': 1})})
    with pytest.raises(AssertionError, match="not everybody"):
        judge_equal({1: Counter({b'{"id":7}': CLIENTS - 1})})
