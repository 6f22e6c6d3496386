"""Several counters with classes full of people about to begin: what a rush at the scanners is made of.

Institutions, classes, people, the issue and every signature are made by the acts themselves; accepting and
enrolling are written many at a time, as the acts write them one at a time, all constraints on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select, update
from stdnum.cn import uscc

from tests import town_issue, town_train
from tests.doors.world import World
from tests.scene import JIYUAN, Scene, on, staff_number
from tests.town_phone import sign
from voucher.ledger import entitlements
from voucher.ledger.commitments import Commitment
from voucher.ledger.credentials.beacons import beacon_of, slot_of
from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.issuing import Asked, IssuedCredential, issue_credentials, open_content
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.bulk import next_ids, write_many
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Project
from voucher.registry.people import Newcomer, PersonTag, open_people
from voucher.registry.phones import read_bearers, read_keys
from voucher.registry.systems.rows import SystemScope
from voucher.registry.systems.systems import register_system
from voucher.rules.actor import Role
from voucher.rules.code_format import (
    BEACON_SECONDS,
    Kind,
    Presentation,
    encode_presentation,
    signed_message,
)
from voucher.rules.duplicates import entitlement_key
from voucher.rules.vocabulary import CertificateKind, Level
from voucher.stages.issue import issuing
from voucher.stages.issue.queries import get_programme
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.pricing import promise

OPENED_ON = on("2024-03-01")
SEATS, AT_ONCE = 50, 2500
CENTS_EACH = 2000_00
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静强磊军洋勇艳杰娟涛明超兰霞平刚"


@dataclass
class Seat:
    """One person about to sit in a class, the phone in their hand and what is signed into it."""

    voucher_id: int
    person_id: int
    class_id: int
    counter: int
    last4: str
    key: EllipticCurvePrivateKey
    vid: bytes = b""
    digest: bytes = b""
    shown: int = 0

    def show(self, at: datetime, beacon: bytes) -> str:
        """Return the digits of a new S code, signed now."""
        self.shown += 1
        shown_at = int(at.timestamp())
        age = shown_at // BEACON_SECONDS - slot_of(at)
        said = (Kind.S, age, False, False, shown_at, self.shown, 0, self.vid, b"")
        message = signed_message(Presentation(*said, bytes(64)), self.digest, beacon)
        return encode_presentation(Presentation(*said, sign(self.key, message)))


@dataclass
class Counters:
    """Institutions, the program that scans at each, and everybody who is about to come in."""

    scene: Scene
    houses: list[int]
    headers: list[dict[str, str]] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)

    def sign_in(self, each: int = 1) -> list[dict[str, str]]:
        """Register a system per counter, fetch so many tokens each and return what they send along."""
        if self.headers:
            return self.headers
        world = World(self.scene.database, self.scene.keyring, self.scene.folder, at=self.scene.at)
        systems = [_register_system(self.scene, house) for house in self.houses]
        for client_id, secret in systems * each:
            asked = {"grant_type": "client_credentials", "scope": str(SystemScope.SCAN)}
            answer = world.app.test_client().post("/oauth/token", data=asked, auth=(client_id, secret))
            assert answer.status_code == 200, answer.text
            self.headers.append({"Authorization": f"Bearer {answer.get_json()['access_token']}"})
        return self.headers

    def of_counter(self, counter: int) -> list[Seat]:
        """Return who comes to one counter."""
        return [each for each in self.seats if each.counter == counter]


class Beacons:
    """The beacons phones were given, worked out once for each quarter hour."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._known: dict[int, bytes] = {}

    def at(self, moment: datetime) -> bytes:
        """Return the beacon of a moment."""
        slot = slot_of(moment)
        if slot not in self._known:
            self._known[slot] = beacon_of(self._keyring, slot)
        return self._known[slot]


def open_counters(scene: Scene, people: int, houses: int = 8) -> Counters:
    """Enrol so many people with phones in classes of fifty about to begin, at so many institutions."""
    scene.at = OPENED_ON
    counters = Counters(scene, [_open_house(scene, number) for number in range(houses)])
    programme = town_issue.programme(scene, scene.open_budget(people * CENTS_EACH), quantity=people)
    classes = _open_classes(scene, counters, people)
    for start in range(0, people, AT_ONCE):
        named = [_person(place) for place in range(start, min(start + AT_ONCE, people))]
        vouchers = scene.do("operator", partial(_issue, programme_id=programme, named=named))
        places = [classes[(start + n) // SEATS] for n in range(len(named))]
        seat = partial(_seat, issued=vouchers, named=named, classes=places)
        counters.seats.extend(scene.do("operator", seat))
    scene.at = town_train.morning(scene, classes[0][0])
    return counters


def _open_house(scene: Scene, number: int) -> int:
    stem = f"52410105MJTE5{number:04d}"
    code = stem + uscc.calc_check_digit(stem)
    return town_train.train_institution(scene, (f"示例培训学校{number}", code))


def _register_system(scene: Scene, house: int) -> tuple[str, str]:
    """Return name and secret of a program of an institution that scans."""

    def act(work: Work) -> tuple[str, str]:
        found, secret = register_system(work, house, "前台程序", [SystemScope.SCAN])
        return found.client_id, secret

    return scene.do(town_train.staff(scene, house, Role.INSTITUTION_ADMIN), act)


def _open_classes(scene: Scene, counters: Counters, people: int) -> list[tuple[int, int]]:
    """Return classes with their counters, the houses in turn, enough for everybody."""
    opened = []
    for number in range(-(-people // SEATS)):
        counter = number % len(counters.houses)
        class_id = town_train.open_class(
            scene, counters.houses[counter], name=f"养老护理员五级{number}班", capacity=SEATS,
            place=f"济源市济水大街1号 实训室{number}", teacher=f"教师{number}",
        )  # fmt: skip
        opened.append((class_id, counter))
    return opened


def _person(place: int) -> tuple[str, str]:
    """Return name and number of the person at a place, nobody twice."""
    born = datetime(1970, 1, 1).date() + timedelta(days=place % 10_000)  # noqa: DTZ001 — a date of birth
    name = SURNAMES[place % 20] + GIVEN[place // 20 % 20] + GIVEN[place // 400 % 20]
    return name, staff_number(f"410103{born:%Y%m%d}{1 + place // 10_000:03d}0")


def _issue(work: Work, programme_id: int, named: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Register people with what makes them eligible, issue to them, and return voucher and holder of each."""
    newcomers = [Newcomer(number, name, None, JIYUAN) for name, number in named]
    ids = list(open_people(work, newcomers).values())
    since = work.today - timedelta(days=1000)
    for kind, value in (("category", "农民工"), ("pension", "未领取养老金"), ("intent", "yes")):
        same = {
            "kind": kind,
            "value": value,
            "since": since,
            "source": "人员导入文件",
            "recorded_at": work.at,
        }
        write_many(work.session, PersonTag, ("person_id",), [(each,) for each in ids], same)
    done = issuing.issue_at_once(work, programme_id, newcomers)
    issued = work.session.execute(
        select(Voucher.holder_person_id, Voucher.id).where(
            Voucher.programme_id == programme_id, Voucher.holder_person_id.in_(ids)
        )
    )
    held = dict(issued.all())
    if len(held) != len(named):
        raise RuntimeError(f"{len(held)} of {len(named)} got a voucher in issue {done.issue_id}")
    return [(held[each], each) for each in ids]


def accepted_by(scene: Scene, programme_id: int, people: int) -> list[tuple[int, int]]:
    """Return the vouchers so many people hold and have accepted, each with its holder."""
    named = [_person(place) for place in range(people)]

    def act(work: Work) -> list[tuple[int, int]]:
        issued = _issue(work, programme_id, named)
        advance(work, lock_vouchers(work, Voucher.id.in_([each for each, _ in issued])), "accept")
        return issued

    return scene.do("operator", act)


def _seat(
    work: Work,
    issued: Sequence[tuple[int, int]],
    named: Sequence[tuple[str, str]],
    classes: Sequence[tuple[int, int]],
) -> list[Seat]:
    """Let everybody accept, bind a phone and enrol, and sign each voucher into its phone."""
    seats = [
        Seat(voucher_id, person_id, class_id, counter, number[-4:], generate_private_key(SECP256R1()))
        for (voucher_id, person_id), (_, number), (class_id, counter) in zip(
            issued, named, classes, strict=True
        )
    ]
    vouchers = lock_vouchers(work, Voucher.id.in_([each.voucher_id for each in seats]))
    advance(work, vouchers, "accept")
    devices = _bind(work, seats)
    rows = [(each.voucher_id, each.person_id, each.class_id) for each in seats]
    same = {"enrolled_at": work.at, "enrolled_by_person_id": work.actor.person_id}
    write_many(work.session, Enrolment, ("voucher_id", "person_id", "class_id"), rows, same)
    advance(work, vouchers, "enrol")
    _commit(work, vouchers, classes[0][0])
    certify_by = work.today + timedelta(days=365)
    work.session.execute(
        update(Voucher).where(Voucher.id.in_([each.id for each in vouchers])).values(certify_by=certify_by)
    )
    people = [each.person_id for each in seats]
    bearers = read_bearers(work.session, work.keyring, people)
    until = work.at + timedelta(days=60)
    by_id = {each.id: each for each in vouchers}
    asked = [
        Asked(by_id[each.voucher_id], device, _public(each.key), until)
        for each, device in zip(seats, devices, strict=True)
    ]
    issue_credentials(work, asked, bearers)
    keys = read_keys(work.session, work.keyring, people)
    signed = {
        each.voucher_id: each
        for each in work.session.scalars(
            select(IssuedCredential).where(IssuedCredential.voucher_id.in_(list(by_id)))
        )
    }
    for seat in seats:
        credential = signed[seat.voucher_id]
        seat.vid = bytes.fromhex(credential.vid)
        seat.digest = hashlib.sha256(open_content(work.keyring, keys[seat.person_id], credential)).digest()
    return seats


def _commit(work: Work, vouchers: Sequence[Voucher], class_id: int) -> None:
    """Take everybody's keys and write down what is promised, as one of them is promised it."""
    first, offered = vouchers[0], work.session.get_one(TrainingClass, class_id)
    programme = get_programme(work.session, first.programme_id)
    project = work.session.get_one(Project, offered.project_id).code
    promised = promise(work, first, programme, offered)
    level = Level(programme.level or 0)
    for each in promised:
        keys = [
            entitlement_key(
                each.kind, voucher.holder_person_id, certificate_kind=CertificateKind.SKILL_LEVEL,
                occupation_code=offered.trade_code, level=level, item_code=None, project_code=project,
                aliases={},
            )
            for voucher in vouchers
        ]  # fmt: skip
        wanted: list[dict[str, object]] = [
            {"key": key, "kind": str(each.kind), "person_id": voucher.holder_person_id,
             "trade_code": offered.trade_code, "level": offered.level}
            for key, voucher in zip(keys, vouchers, strict=True)
        ]  # fmt: skip
        ids = entitlements.take(work, wanted)
        same = {
            "kind": str(each.kind), "amount_fen": each.amount_fen, "explanation": each.explanation,
            "priced_on": work.today, "made_at": work.at,
        }  # fmt: skip
        pairs = [(voucher.id, taken) for voucher, taken in zip(vouchers, ids, strict=True)]
        write_many(work.session, Commitment, ("voucher_id", "entitlement_id"), pairs, same)


def _bind(work: Work, seats: Sequence[Seat]) -> list[int]:
    """Write down a phone for everybody and return the ids, in order."""
    ids = next_ids(work.session, Device, len(seats))
    rows = [
        (device_id, each.person_id, _public(each.key).hex())
        for device_id, each in zip(ids, seats, strict=True)
    ]
    same = {"label": "手机", "bound_at": work.at, "counter": 0}
    write_many(work.session, Device, ("id", "person_id", "public_key"), rows, same)
    return ids


def _public(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
