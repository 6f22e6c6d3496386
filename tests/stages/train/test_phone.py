"""A phone at the counter: S and F are read like T, each good once; every bad one is told apart and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.town_phone import Phone, phone, sign
from voucher.ledger.credentials.beacons import beacon_of, slot_of
from voucher.ledger.credentials.challenges import AskedChallenge
from voucher.ledger.credentials.devices import COPIED, Device
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.keys import KeyRow, ensure_keys
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.ledger.credentials.status import Place, Status, status_of
from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import WebSession
from voucher.rules.actor import Role
from voucher.rules.code_format import (
    Kind,
    encode_presentation,
    parse_credential,
    parse_presentation,
    signed_message,
)
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.issue import devices, ending, holding, signing
from voucher.stages.train import enrol, leave, redeem, scans
from voucher.stages.train.models.places import Redemption, Scan
from voucher.stages.train.presenting import ask_holder
from voucher.stages.train.queries import list_scans
from voucher.stages.train.redeem import Checked, Redeeming

# P-256: (r, n − s) verifies wherever (r, s) does
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def use(digits: str, class_id: int, nonce: str = "n") -> Callable[[Work], Redemption]:
    return lambda work: redeem.redeem(work, Redeeming(digits, class_id, "991X", town.DEVICE, nonce))


def look(digits: str, class_id: int) -> Callable[[Work], Checked]:
    return lambda work: redeem.check(work, digits, class_id)


def keep(scene: Scene, login: str, digits: str, class_id: int, act: Callable[[Work], object]) -> str:
    """Try what is refused, keep it as the doors do, and return the code."""
    refusal = town.refusal(scene, login, act)
    scene.do(login, lambda work: scans.record_scan(work, scans.Scanned("redeem", class_id, digits), refusal))
    return refusal.code


class Town:
    """A class that begins today, one person enrolled in it with a phone, and whoever holds the scanner."""

    def __init__(self, scene: Scene) -> None:
        scene.at = on("2024-03-01")
        self.scene = scene
        self.house, self.other = town.train_institution(scene), town.train_institution(scene, town.T2)
        self.class_id = town.open_class(scene, self.house)
        self.elsewhere = town.open_class(scene, self.other)
        self.scanner = town.staff(scene, self.house, Role.SCANNER)
        self.outsider = town.staff(scene, self.other, Role.SCANNER)
        self.programme = issue.programme(scene, scene.open_budget(10_000))

    def accepted(self) -> tuple[int, Phone]:
        voucher_id = town.accepted(self.scene, self.programme, ZHANG_SAN)
        return voucher_id, phone(self.scene, ZHANG_SAN)

    def enrolled(self) -> tuple[int, Phone]:
        """Return a voucher on the morning of its class, in a phone that has fetched it anew."""
        voucher_id, mine = self.accepted()
        self.scene.do(mine.login, lambda work: enrol.enrol(work, voucher_id, self.class_id))
        self.scene.at = town.morning(self.scene, self.class_id)
        return voucher_id, mine.fetch()


@pytest.fixture
def place(scene: Scene) -> Town:
    return Town(scene)


def credentials(scene: Scene, voucher_id: int) -> list[IssuedCredential]:
    with scene.database.read() as session:
        return list(
            session.scalars(
                select(IssuedCredential)
                .where(IssuedCredential.voucher_id == voucher_id)
                .order_by(IssuedCredential.revision)
            )
        )


def test_a_phone_s_code_enrols_and_redeems_and_each_is_good_once(place: Town) -> None:
    """The whole way of S and F beside T: looked at, locked, signed anew for the institution, used."""
    scene = place.scene
    voucher_id, mine = place.accepted()
    first = parse_credential(mine.held[voucher_id])[0]
    assert (first.institution, first.offline_allowed, first.last_four, first.masked_name) == (
        0,
        False,
        "991X",
        "张*",
    )
    digits = mine.show(voucher_id)
    assert len(digits) == 213
    assert scene.do(place.scanner, look(digits, place.class_id)).possible == ("enrol",)
    lock = partial(enrol.enrol_by_code, digits=digits, class_id=place.class_id)
    done = scene.do(place.scanner, lock)
    # the same scan sent again within the minute is the same enrolment, nothing else is
    scene.at += timedelta(seconds=59)
    assert scene.do(place.scanner, lock).id == done.id
    assert town.code(scene, place.scanner, use(digits, place.class_id)) == "code_used"
    assert town.code(scene, place.outsider, look(digits, place.elsewhere)) == "code_used"
    scene.at += timedelta(seconds=2)
    assert town.code(scene, place.scanner, lock) == "code_used"
    # what the phone holds is over; it fetches one that names the institution
    stale = mine.show(voucher_id)
    assert town.code(scene, place.scanner, look(stale, place.class_id)) == "credential_superseded"
    scene.at = town.morning(scene, place.class_id)
    mine.fetch()
    second = parse_credential(mine.held[voucher_id])[0]
    assert (second.institution, second.offline_allowed, second.vid) == (place.house, True, first.vid)
    former, present = credentials(scene, voucher_id)
    assert (former.ended_why, present.ended_why) == ("enrol", None)
    with scene.database.read() as session:
        places = [Place(each.status_list, each.status_place) for each in (former, present)]
        found = status_of(session, places)
    assert [found[each] for each in places] == [Status.ENDED, Status.VALID]
    whole = mine.show(voucher_id, Kind.F)
    assert 540 < len(whole) < 620
    assert town.code(scene, place.outsider, look(whole, place.elsewhere)) == "code_elsewhere"
    assert scene.do(place.scanner, look(whole, place.class_id)).possible == ("redeem",)
    # the card takes its time: what was looked at in time may still be used here
    scene.at += timedelta(seconds=100)
    used = scene.do(place.scanner, use(whole, place.class_id))
    assert (used.screen_code_id, used.presentation_id is not None) == (None, True)
    assert scene.do(place.scanner, use(whole, place.class_id)).id == used.id
    assert scene.do(place.scanner, use(whole, place.class_id, "another nonce")).id == used.id
    scene.at += timedelta(seconds=61)
    assert scene.do(place.scanner, use(whole, place.class_id)).id == used.id
    again = town.refusal(scene, place.scanner, use(whole, place.class_id, "n3"))
    assert (again.code, again.facts["by_you"]) == ("redeemed_already", True)
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SeenPresentation)) == 2
        assert session.get_one(Device, mine.device_id).counter == mine.counter


def test_bad_codes_are_refused_each_in_its_words_and_kept(place: Town) -> None:
    """A screenshot after its window, a wrong clock, flipped, cut, lengthened, re-encoded, swapped codes."""
    scene = place.scene
    voucher_id, mine = place.enrolled()
    other = town.enrolled(scene, place.programme, LI_SI, place.class_id)
    yours = phone(scene, LI_SI)
    scene.at = town.morning(scene, place.class_id) + timedelta(minutes=20)
    good = mine.present(voucher_id)
    digits = encode_presentation(good)

    def told(code: str) -> str:
        return keep(scene, place.scanner, code, place.class_id, use(code, place.class_id, "later"))

    flipped = replace(good, signature=good.signature[:-1] + bytes([good.signature[-1] ^ 1]))
    assert told(encode_presentation(flipped)) == "code_forged"
    assert told(encode_presentation(replace(good, counter=good.counter + 1))) == "code_forged"
    assert told(encode_presentation(replace(good, beacon_age=1))) == "code_forged"
    assert told(encode_presentation(replace(good, vid=bytes(8)))) == "code_unknown"
    theirs = parse_credential(yours.held[other])[0]
    assert told(encode_presentation(replace(good, vid=theirs.vid))) == "code_forged"
    for wrong in (
        digits[:-1],
        digits + "0",
        digits[:-2] + "00",
        "",
        "71",
        "0" * 213,
        "1" * 5000,
        "73" + digits[2:],
    ):
        assert told(wrong) == "code_malformed"
    whole = mine.present(voucher_id, Kind.F)
    touched = bytearray(whole.credential)
    touched[33] ^= 1  # the cap in fen
    assert told(encode_presentation(replace(whole, credential=bytes(touched)))) == "credential_forged"
    touched = bytearray(whole.credential)
    touched[1] ^= 1  # the issuer's key
    assert told(encode_presentation(replace(whole, credential=bytes(touched)))) == "credential_key_unknown"
    # the window, to the second
    scene.at += timedelta(seconds=46)
    assert told(digits) == "code_expired"
    scene.at += timedelta(minutes=10)
    assert told(digits) == "phone_clock_wrong"
    mine.skew = 16
    assert told(mine.show(voucher_id)) == "phone_clock_wrong"
    mine.skew = -3 * 3600
    assert told(mine.show(voucher_id)) == "phone_clock_wrong"
    # r, n − s is the same code to the counter of numbers, whatever its text
    mine.skew = 0
    fresh = mine.present(voucher_id)
    r, s = fresh.signature[:32], int.from_bytes(fresh.signature[32:])
    twin = encode_presentation(replace(fresh, signature=r + (ORDER - s).to_bytes(32)))
    used = scene.do(place.scanner, use(encode_presentation(fresh), place.class_id))
    assert twin != encode_presentation(fresh)
    assert scene.do(place.scanner, use(twin, place.class_id, "n2")).id == used.id
    scene.at += timedelta(seconds=61)
    assert told(twin) == "redeemed_already"
    with scene.database.read() as session:
        kept = list_scans(session, place.class_id, limit=100)
        assert sum(each.code is not None for each in kept) == 20
        assert {each.voucher_id for each in kept if each.code == "code_expired"} == {voucher_id}
        assert session.scalar(select(func.count()).select_from(Scan).where(Scan.code.is_(None))) == 1


def test_a_wrong_clock_answers_the_institution_s_question_instead(place: Town) -> None:
    scene = place.scene
    voucher_id, mine = place.enrolled()
    mine.skew = 5 * 3600
    assert town.code(scene, place.scanner, use(mine.show(voucher_id), place.class_id)) == "phone_clock_wrong"
    asked: AskedChallenge = scene.do(place.scanner, lambda work: ask_holder(work, place.class_id))
    theirs: AskedChallenge = scene.do(place.outsider, lambda work: ask_holder(work, place.elsewhere))
    assert (asked.digits[:2], asked.expires_at - scene.at) == ("73", timedelta(minutes=3))
    assert town.code(scene, place.outsider, lambda work: ask_holder(work, place.class_id)) == "class_missing"
    assert town.code(scene, place.scanner, use(asked.digits, place.class_id)) == "code_malformed"
    for number in (theirs.number, 12345):
        wrong = mine.show(voucher_id, challenge=number)
        assert town.code(scene, place.scanner, use(wrong, place.class_id)) == "challenge_gone"
    answer = mine.show(voucher_id, challenge=asked.number)
    assert scene.do(place.scanner, look(answer, place.class_id)).possible == ("redeem",)
    scene.at += timedelta(minutes=2, seconds=59)
    scene.do(place.scanner, use(answer, place.class_id))
    later = mine.show(voucher_id, challenge=asked.number)
    assert town.code(scene, place.scanner, look(later, place.class_id)) == "challenge_gone"


def test_a_copied_profile_freezes_the_phone_until_its_holder_binds_a_new_one(place: Town) -> None:
    """AC-C1: the counter went back: frozen, held, signed out; a new key lets everything go on."""
    scene = place.scene
    voucher_id, mine = place.accepted()
    thief = mine.copied()
    for _ in range(3):
        older = mine.show(voucher_id)
        scene.at += timedelta(seconds=15)
    scene.do(place.scanner, lambda work: enrol.enrol_by_code(work, mine.show(voucher_id), place.class_id))
    # an older screen of the same phone is only old
    assert town.code(scene, place.scanner, look(older, place.class_id)) == "credential_superseded"
    mine.fetch()
    thief.held = dict(mine.held)
    scene.at = town.morning(scene, place.class_id)
    copy = thief.show(voucher_id)
    assert keep(scene, place.scanner, copy, place.class_id, use(copy, place.class_id)) == "code_copied"
    with scene.database.read() as session:
        frozen = session.get_one(Device, mine.device_id)
        held = session.scalars(select(Hold).where(Hold.object_id == voucher_id)).one()
        living = session.scalars(select(WebSession).where(WebSession.ended_at.is_(None))).all()
    assert (frozen.state, held.why, held.closed_at, living) == ("frozen", COPIED, None, [])
    # neither phone shows anything any more, nor fetches anything; T waits for the new key as well
    assert town.code(scene, place.scanner, look(mine.show(voucher_id), place.class_id)) == "device_frozen"
    told = town.refusal(scene, mine.login, lambda work: signing.fetch_credentials(work, mine.device_id))
    assert (told.code, told.facts["why"]) == ("device_ended", "frozen")
    assert town.code(scene, mine.login, lambda work: holding.show(work, voucher_id)) == "on_hold"
    assert (
        town.code(scene, mine.login, lambda work: devices.bind_device(work, mine.wanted()))
        == "device_key_taken"
    )
    again = Phone(scene, person=ZHANG_SAN).bind()
    # a number the frozen phone has used, shown at another moment, speaks against that phone and no other
    thief.counter = 3
    late = thief.show(voucher_id)
    assert keep(scene, place.scanner, late, place.class_id, use(late, place.class_id)) == "device_frozen"
    with scene.database.read() as session:
        assert session.get_one(Hold, held.id).closed_at == scene.at
    scene.do(place.scanner, use(again.show(voucher_id), place.class_id))


def test_a_new_phone_counts_from_one_again_and_nobody_takes_it_for_a_copy(place: Town) -> None:
    """The old phone used number 1 at the counter; the new one's number 1 is another code of another key."""
    scene = place.scene
    voucher_id, old = place.accepted()
    scene.do(place.scanner, lambda work: enrol.enrol_by_code(work, old.show(voucher_id), place.class_id))
    scene.do(old.login, lambda work: devices.lose_device(work, old.device_id, None))
    scene.at = town.morning(scene, place.class_id)
    new = Phone(scene, person=ZHANG_SAN).bind()
    shown = new.show(voucher_id)
    assert (old.counter, parse_presentation(shown).counter) == (1, 1)
    scene.do(place.scanner, use(shown, place.class_id))
    with scene.database.read() as session:
        used = session.scalars(select(SeenPresentation).order_by(SeenPresentation.id)).all()
    assert [(each.device_id, each.counter) for each in used] == [(old.device_id, 1), (new.device_id, 1)]


def test_an_old_screen_is_no_copy_and_two_codes_of_one_number_are(place: Town) -> None:
    scene = place.scene
    voucher_id, mine = place.enrolled()
    copy = mine.copied()
    older = mine.show(voucher_id)
    scene.at += timedelta(seconds=10)
    with pytest.raises(Refused) as wrong_card:
        scene.do(
            place.scanner,
            lambda work: redeem.redeem(
                work, Redeeming(mine.show(voucher_id), place.class_id, "0000", "d", "n")
            ),
        )
    assert wrong_card.value.refusal.code == "identity_differs"
    newest = mine.show(voucher_id)
    scene.do(place.scanner, use(newest, place.class_id))
    assert town.code(scene, place.scanner, look(older, place.class_id)) == "code_expired"
    copy.counter = mine.counter - 1
    scene.at += timedelta(seconds=5)
    assert town.code(scene, place.scanner, look(copy.show(voucher_id), place.class_id)) == "code_copied"


def test_a_lost_phone_dies_at_once_and_changes_are_counted(place: Town) -> None:
    scene = place.scene
    voucher_id, mine = place.enrolled()
    shown = mine.show(voucher_id)
    other = Phone(scene, person=ZHANG_SAN)
    crowded = town.refusal(scene, mine.login, lambda work: devices.bind_device(work, other.wanted()))
    assert (crowded.code, crowded.facts["label"]) == ("devices_too_many", "我的手机")
    thief = issue.worker(scene, LI_SI)
    assert (
        town.code(scene, thief, lambda work: devices.lose_device(work, mine.device_id, None))
        == "device_missing"
    )
    assert (
        town.code(scene, thief, lambda work: signing.fetch_credentials(work, mine.device_id))
        == "device_missing"
    )
    assert (
        town.code(scene, thief, lambda work: devices.bind_device(work, other.wanted()))
        == "device_proof_wrong"
    )
    lost = scene.do(mine.login, lambda work: devices.lose_device(work, mine.device_id, "掉了"))
    assert (lost.state, lost.state_name) == ("lost", "挂失")
    assert (
        town.code(scene, mine.login, lambda work: devices.lose_device(work, lost.id, None)) == "device_ended"
    )
    assert town.code(scene, place.scanner, use(shown, place.class_id)) == "device_gone"
    other.bind()
    assert other.device_id == other.bind().device_id
    assert credentials(scene, voucher_id)[-1].revision == 3
    stale = other.show(voucher_id)
    third = Phone(scene, person=ZHANG_SAN).bind(replaces=True)
    assert town.code(scene, place.scanner, use(stale, place.class_id)) == "device_gone"
    fourth = Phone(scene, person=ZHANG_SAN).bind(replaces=True)
    fifth = Phone(scene, person=ZHANG_SAN)
    worn = partial(devices.bind_device, wanted=fifth.wanted(replaces=True))
    assert town.code(scene, mine.login, worn) == "device_changes_used_up"
    assert third.device_id < fourth.device_id
    # paper and T never need a phone
    town.scan(scene, ZHANG_SAN, voucher_id, place.class_id)


def test_what_ends_or_moves_takes_its_credential_along(place: Town) -> None:
    scene = place.scene
    voucher_id, mine = place.accepted()
    scene.do(mine.login, lambda work: enrol.enrol(work, voucher_id, place.class_id))
    mine.fetch()
    scene.do(mine.login, lambda work: leave.leave(work, voucher_id, ""))
    mine.fetch()
    assert parse_credential(mine.held[voucher_id])[0].institution == 0
    # not again while it is good, once more when a third of its time is left
    known = mine.held[voucher_id]
    assert mine.fetch().held[voucher_id] == known
    scene.at += timedelta(days=25)
    assert mine.fetch().held[voucher_id] != known
    assert scene.do("clock", signing.end_due_credentials) == 0
    officer = issue.publisher(scene)
    scene.do(officer, lambda work: ending.revoke(work, [voucher_id], "查实不符"))
    assert scene.do("clock", signing.end_due_credentials) == 1
    assert [each.ended_why for each in credentials(scene, voucher_id)] == [
        "enrol", "leave", "reissued", "voucher_changed",
    ]  # fmt: skip
    assert mine.fetch().held == {}
    assert town.code(scene, officer, signing.end_due_credentials) == "role_missing"


def test_a_withdrawn_key_and_a_credential_past_its_time_are_nothing(place: Town) -> None:
    scene = place.scene
    voucher_id, mine = place.enrolled()
    shown, whole = mine.show(voucher_id), mine.show(voucher_id, Kind.F)

    def withdraw(work: Work) -> None:
        for row in work.session.scalars(select(KeyRow).where(KeyRow.purpose == "issuer")):
            row.removed_at, row.removed_why = work.at, "私钥泄露"

    scene.do("operator", withdraw)
    assert town.code(scene, place.scanner, use(shown, place.class_id)) == "credential_key_withdrawn"
    assert town.code(scene, place.scanner, use(whole, place.class_id)) == "credential_key_withdrawn"
    told = town.refusal(scene, mine.login, lambda work: signing.fetch_credentials(work, mine.device_id))
    assert told.code == "signing_key_missing"
    # a new key signs everything anew
    scene.do("operator", ensure_keys)
    scene.do(place.scanner, look(mine.fetch().show(voucher_id), place.class_id))
    scene.at += timedelta(days=31)
    assert scene.do("clock", signing.end_due_credentials) == 1


def test_a_crash_between_looking_and_answering_uses_nothing_up(place: Town) -> None:
    scene = place.scene
    voucher_id, mine = place.enrolled()
    digits = mine.show(voucher_id)

    def break_down(work: Work) -> None:
        use(digits, place.class_id)(work)
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        scene.do(place.scanner, break_down)
    with scene.database.read() as session:
        assert session.get_one(Device, mine.device_id).counter == 0
        assert session.scalar(select(func.count()).select_from(SeenPresentation)) == 0
    scene.do(place.scanner, use(digits, place.class_id))


def test_what_is_held_is_frozen_in_the_list_and_thaws_again(place: Town) -> None:
    scene = place.scene
    voucher_id, _ = place.enrolled()
    issued = credentials(scene, voucher_id)[-1]
    where = Place(issued.status_list, issued.status_place)

    def listed() -> Status:
        scene.do("clock", signing.mark_held_credentials)
        with scene.database.read() as session:
            return status_of(session, [where])[where]

    officer = issue.publisher(scene)
    assert listed() is Status.VALID
    stopped = scene.do(officer, lambda work: open_hold(work, Thing.VOUCHER, voucher_id, "本人申诉"))
    assert listed() is Status.FROZEN
    scene.do(officer, lambda work: close_hold(work, work.session.get_one(Hold, stopped.id), "查无实据"))
    assert listed() is Status.VALID
    assert town.code(scene, officer, signing.mark_held_credentials) == "role_missing"


def test_nothing_can_be_shown_over_a_beacon_nobody_has_seen_yet(place: Town) -> None:
    """A colluding holder signs ahead: the beacon of a later quarter hour is known to nobody."""
    scene = place.scene
    voucher_id, mine = place.enrolled()
    ahead = replace(mine.present(voucher_id), shown_at=int(scene.at.timestamp()) + 900, beacon_age=0)
    content = mine.held[voucher_id]
    guess = signed_message(ahead, hashlib.sha256(content).digest(), bytes(15) + b"\1")
    forged = replace(ahead, signature=sign(mine.key, guess))
    digits = encode_presentation(forged)
    assert town.code(scene, place.scanner, look(digits, place.class_id)) == "beacon_unknown"
    scene.at += timedelta(seconds=900)
    assert town.code(scene, place.scanner, look(digits, place.class_id)) == "code_forged"
    assert beacon_of(scene.keyring, slot_of(scene.at)) != beacon_of(scene.keyring, slot_of(scene.at) - 1)
    # without a beacon a code is good as well: the card decides
    mine.online = False
    offline = mine.show(voucher_id)
    assert parse_presentation(offline).beacon_age == 15
    assert scene.do(place.scanner, look(offline, place.class_id)).possible == ("redeem",)
