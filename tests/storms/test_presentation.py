"""64 scanners on one code of a phone, however it is spelled and wherever they stand: it is used once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select, text

from tests import town_issue, town_train
from tests.scene import ZHANG_SAN, Scene, on
from tests.storms.gale import CLIENTS, refusals, results, rush, surprises
from tests.town_phone import Phone, phone
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.plumbing.db import Model
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Role
from voucher.rules.code_format import decode_base10, encode_base10, parse_presentation
from voucher.rules.code_format.digits import frame
from voucher.stages.train.enrol import enrol_by_code
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.redeem import Redeeming, redeem

pytestmark = pytest.mark.storm

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def spellings(digits: str) -> list[str]:
    """Return one code as a gun, a Chinese keyboard and a forger of signatures would write it."""
    data = decode_base10(digits[2:-2])
    mirrored = data[:-32] + (ORDER - int.from_bytes(data[-32:])).to_bytes(32)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in digits)
    return [digits, digits[:100] + " " + digits[100:] + "\r\n", wide, frame("71", encode_base10(mirrored))]


def count(scene: Scene, model: type[Model]) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def begin(scene: Scene) -> tuple[int, int, Phone]:
    """Return two classes of two institutions and a phone with an accepted voucher."""
    scene.at = on("2024-03-01")
    here = town_train.open_class(scene, town_train.train_institution(scene))
    there = town_train.open_class(scene, town_train.train_institution(scene, town_train.T2))
    programme = town_issue.programme(scene, scene.open_budget(10_000))
    town_train.accepted(scene, programme, ZHANG_SAN)
    return here, there, phone(scene, ZHANG_SAN)


def test_one_code_at_two_institutions_at_once_enrols_at_one(scene: Scene) -> None:
    here, there, mine = begin(scene)
    texts = spellings(mine.show(next(iter(mine.held))))
    classes = [here, there]
    scanners = [
        scene.actor(town_train.staff(scene, town_train.a_class(scene, each).institution_id, Role.SCANNER))
        for each in classes
    ]

    def ask(number: int) -> int:
        side, spelt = number % 2, texts[number // 2 % len(texts)]

        def act(work: Work) -> int:
            return enrol_by_code(work, spelt, classes[side]).id

        return perform(scene.database, scene.keyring, scanners[side], scene.at, act)

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    # the institution that came first may have sent the same scan again; the other one gets nothing
    assert len(set(results(outcomes))) == 1
    assert len(refusals(outcomes)) >= CLIENTS // 2
    assert (count(scene, Enrolment), count(scene, SeenPresentation)) == (1, 1)


def test_one_code_redeems_once_though_64_scanners_spell_it_four_ways(scene: Scene) -> None:
    here, _, mine = begin(scene)
    voucher_id = next(iter(mine.held))
    house = town_train.a_class(scene, here).institution_id
    scanner = scene.actor(town_train.staff(scene, house, Role.SCANNER))
    code = mine.show(voucher_id)
    perform(scene.database, scene.keyring, scanner, scene.at, lambda work: enrol_by_code(work, code, here).id)
    scene.at = town_train.morning(scene, here)
    texts = spellings(mine.fetch().show(voucher_id))

    def ask(number: int) -> int:
        asked = Redeeming(
            texts[number % len(texts)], here, ZHANG_SAN[1][-4:], town_train.DEVICE, f"nonce {number}"
        )
        return perform(scene.database, scene.keyring, scanner, scene.at, lambda work: redeem(work, asked).id)

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    assert len(set(results(outcomes))) == 1
    assert set(refusals(outcomes)) <= {"code_used", "redeemed_already"}
    assert (count(scene, Redemption), count(scene, SeenPresentation)) == (1, 2)
    assert parse_presentation(texts[0]).counter == parse_presentation(texts[3]).counter


@pytest.mark.plants_violation
def test_the_storm_sees_doubles_where_only_python_looks(scene: Scene) -> None:
    """The control: looked up in one transaction, written in the next, nothing locked, nothing unique."""
    _, _, mine = begin(scene)
    if scene.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite keeps a table's own unique constraint for as long as the table")
    drop = "ALTER TABLE presentation_seen DROP CONSTRAINT uq_presentation_seen_device_id_counter"
    scene.do("operator", lambda work: work.session.execute(text(drop)))
    shown = parse_presentation(mine.show(next(iter(mine.held))))
    looked = threading.Barrier(CLIENTS)

    def write(work: Work) -> int:
        work.session.add(
            SeenPresentation(
                vid=shown.vid.hex(), counter=shown.counter, kind="S", voucher_id=next(iter(mine.held)),
                credential_id=1, device_id=mine.device_id, institution_id=1, operation="enrol",
                shown_at=shown.shown_at, used_at=work.at,
            )
        )  # fmt: skip
        work.session.flush()
        return 1

    def ask(number: int) -> int:
        seen = count(scene, SeenPresentation)
        looked.wait()
        assert not seen
        return perform(scene.database, scene.keyring, scene.actor("operator"), scene.at, write)

    assert surprises(rush(ask)) == []
    assert count(scene, SeenPresentation) == CLIENTS
