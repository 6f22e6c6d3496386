"""A counter without a network, for the stories: a class on its first morning, phones, and what it noted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.town_phone import Phone, phone
from voucher.ledger.credentials.devices import Device
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.code_format import Kind
from voucher.stages.train.confirm import Noted, confirm_scans
from voucher.stages.train.models.offline import OfflineScan
from voucher.stages.train.models.places import Redemption

Person = tuple[str, str]
# what a counter and its vouchers come to: nothing in it depends on when anything arrived
Final = tuple[dict[str, tuple[str, str | None]], dict[int, str], dict[int, int], dict[int, bool]]


@dataclass
class Counter:
    """A class on its first morning, people in it with their phones, a scanner whose network is gone."""

    scene: Scene
    class_id: int
    scanner: str
    held: dict[str, tuple[int, Phone]]
    serial: int = 0

    def note(self, who: Person, *, last4: str | None = None, kind: Kind = Kind.F) -> Noted:
        """Scan somebody's code now and keep it."""
        voucher_id, mine = self.held[who[0]]
        self.serial += 1
        digits = mine.show(voucher_id, kind)
        return Noted(f"scan-{self.serial}", digits, last4 or who[1][-4:], self.scene.at)

    def send(self, *noted: Noted) -> list[OfflineScan]:
        """Send what was noted, as one batch."""
        return self.scene.do(self.scanner, partial(confirm_scans, class_id=self.class_id, noted=noted))

    def codes(self, *noted: Noted) -> list[str | None]:
        """Send what was noted and return why each was not confirmed, if so."""
        return [each.code for each in self.send(*noted)]

    def redemptions(self) -> list[Redemption]:
        """Return every redemption there is."""
        with self.scene.database.read() as session:
            return list(session.scalars(select(Redemption).order_by(Redemption.id)))


def counter_without_network(scene: Scene, **terms: Any) -> Counter:
    """Return a counter on the first morning of a class with 张三 and 李四 in it, each with a phone.

    `terms` change the programme of their vouchers.
    """
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    class_id = town.open_class(scene, house)
    programme = issue.programme(scene, scene.open_budget(10_000), **terms)
    held = {}
    for who in (ZHANG_SAN, LI_SI):
        voucher_id = town.enrolled(scene, programme, who, class_id)
        held[who[0]] = (voucher_id, phone(scene, who))
    scene.at = town.morning(scene, class_id)
    for _, mine in held.values():
        mine.fetch()
    return Counter(scene, class_id, town.staff(scene, house, Role.SCANNER), held)


def final(work: Work) -> Final:
    """Return what everything came to."""
    scans = {
        each.client_id: (each.outcome, each.code)
        for each in work.session.scalars(select(OfflineScan).execution_options(populate_existing=True))
    }
    states = dict(work.session.execute(select(Voucher.id, Voucher.state)).all())
    redeemed: dict[int, int] = dict.fromkeys(states, 0)
    for voucher_id in work.session.scalars(
        select(Redemption.voucher_id).where(Redemption.reversed_at.is_(None))
    ):
        redeemed[voucher_id] += 1
    frozen = dict(work.session.execute(select(Device.id, Device.ended_at.is_not(None))).all())
    return scans, states, redeemed, frozen
