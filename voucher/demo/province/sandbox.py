"""The sandbox: an institution where makers of institutions' own programs try them out, clearly marked.

A class that begins this evening, people with a voucher who can show it, and a registered system: whoever
follows docs/integration.md comes from the token to the redemption and to the event notice. Once the class has
begun nobody is locked to it any more: half of the people are already, and can be redeemed on any day of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from voucher.demo.province.cast import NURSE, TRAINERS
from voucher.demo.province.cohorts import JUNIOR, LEAD_DAYS, Cohort, Reached
from voucher.demo.province.stage import Stage
from voucher.demo.province.training import Training
from voucher.demo.staff import PASSWORD
from voucher.ledger.vouchers import Voucher
from voucher.registry.access.passwords import set_password
from voucher.registry.people import read_people
from voucher.registry.systems.rows import SystemScope
from voucher.registry.systems.systems import register_system
from voucher.registry.users import load_actor
from voucher.rules.actor import Role
from voucher.stages.issue.models import Issue, IssueLine
from voucher.stages.train.models.classes import TrainingClass

KEY = "sandbox"
PEOPLE, LOCKED = 6, 3
COHORT = Cohort(
    KEY, "nurse", KEY, "", NURSE, JUNIOR, PEOPLE, 0, Reached.ACCEPTED, hours=15, begins_at_hour=20
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What a program needs to try itself out; printed by the demonstration, and stored nowhere else."""

    institution: str
    client_id: str
    client_secret: str
    class_id: int
    workers: tuple[dict[str, object], ...]

    def as_json(self) -> dict[str, object]:
        """Return it for the file beside the demonstration's database."""
        return asdict(self)


def note_sandbox(stage: Stage) -> None:
    """Put the sandbox's class and its vouchers into the diary."""
    training = Training(stage, COHORT)
    training.note()
    stage.note(training.begins + timedelta(days=LEAD_DAYS["enrol"]), lambda: training.enrol(LOCKED))


def open_sandbox(stage: Stage) -> Sandbox:
    """Register the sandbox's system, let its people sign in, and return what has to be known."""
    institution_id = stage.institution(KEY)
    register = partial(
        register_system, institution_id=institution_id, name="沙箱系统", scopes=tuple(SystemScope)
    )
    found, secret = stage.act(stage.hand(KEY, str(Role.INSTITUTION_ADMIN)), register)
    with stage.house.database.read() as session:
        class_id = session.scalars(
            select(TrainingClass.id).where(TrainingClass.institution_id == institution_id)
        ).one()
        held = session.execute(
            select(Voucher.id, Voucher.holder_person_id, Voucher.state)
            .join(IssueLine, IssueLine.voucher_id == Voucher.id)
            .join(Issue, Issue.id == IssueLine.issue_id)
            .where(Issue.institution_id == institution_id)
            .order_by(Voucher.id)
        ).all()
    workers = tuple(_open_worker(stage, *each) for each in held)
    name = next(each.name for each in TRAINERS if each.key == KEY)
    return Sandbox(name, found.client_id, secret, class_id, workers)


def _open_worker(stage: Stage, voucher_id: int, person_id: int, state: str) -> dict[str, object]:
    login = stage.workers[person_id]
    with stage.house.database.read() as session:
        user_id = load_actor(session, login, stage.today).user_id
        number = read_people(session, stage.house.keyring, [person_id])[person_id].number or ""
    stage.act("operator", lambda work: set_password(work, user_id, PASSWORD))
    return {
        "login": login,
        "password": PASSWORD,
        "voucher_id": voucher_id,
        "last4": number[-4:],
        "is_locked": state == "enrolled",
    }
