"""Single people whose vouchers went another way: every side exit of the table once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select

from voucher.demo.province.cast import JIYUAN
from voucher.demo.province.stage import Stage
from voucher.ledger.holds import open_hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.workers import open_worker
from voucher.registry.people import Newcomer, find_by_indexes, index_of
from voucher.rules.lifecycle import Thing
from voucher.stages.issue import ending, holding, issuing
from voucher.stages.issue.models import IssueLine
from voucher.stages.train.inspecting import INSPECTED, open_inspection
from voucher.stages.train.inspection_seeds import commit_inspection_seed
from voucher.stages.train.models.classes import TrainingClass

WAITING_PEOPLE = 9


def note_singles(stage: Stage, _folder: Path) -> None:
    """Put every single case into the diary."""
    days = {name: stage.today - timedelta(days=ago) for name, ago in (("old", 100), ("late", 3), ("now", 1))}
    stage.note(days["old"], partial(_issue, stage, 4, "expired"))
    stage.note(days["late"], partial(_withdraw_one, stage))
    stage.note(days["late"], partial(_revoke_one, stage))
    stage.note(days["late"], partial(_hold_one, stage))
    stage.note(days["now"], partial(_take_own, stage))
    stage.note(days["now"], partial(_wait_for_money, stage))
    stage.note(days["now"], partial(_inspect_one, stage))


def _issue(stage: Stage, count: int, _why: str) -> list[tuple[int, str]]:
    """Issue the 抵用 voucher to so many new people at once; return voucher and login of each."""
    people = [next(stage.people) for _ in range(count)]
    programme_id = stage.programmes["electrician"]
    issued = stage.act("operator-jy", lambda work: issuing.issue_at_once(work, programme_id, people))
    with stage.house.database.read() as session:
        rows = session.execute(
            select(IssueLine.voucher_id, IssueLine.person_id)
            .where(IssueLine.issue_id == issued.issue_id, IssueLine.voucher_id.is_not(None))
            .order_by(IssueLine.position)
        ).all()
    for person in people:
        open_account_of(stage, person)
    return [(voucher_id, stage.workers[person_id]) for voucher_id, person_id in rows if voucher_id]


def open_account_of(stage: Stage, person: Newcomer) -> str:
    """Open a worker's account and return its login."""
    name = f"worker-{len(stage.workers) + 1:03d}"

    def act(work: Work) -> int:
        open_worker(work, person.number, person.name, name, None)
        index = index_of(work.keyring, person.number)
        return find_by_indexes(work.session, [index])[index].id

    stage.workers[stage.act("operator", act)] = name
    return name


def _withdraw_one(stage: Stage) -> None:
    for voucher_id, login in _issue(stage, 2, "withdrawn"):
        stage.act(login, partial(holding.withdraw, voucher_id=voucher_id))


def _revoke_one(stage: Stage) -> None:
    vouchers = [voucher_id for voucher_id, _ in _issue(stage, 1, "revoked")]
    stage.act("second-review", lambda work: ending.revoke(work, vouchers, "名册信息有误，作废重发"))


def _hold_one(stage: Stage) -> None:
    for voucher_id, login in _issue(stage, 1, "held"):
        stage.act(login, partial(holding.accept, voucher_id=voucher_id))
        stage.act(
            "second-review",
            partial(open_hold, thing=Thing.VOUCHER, object_id=voucher_id, why="本人反映未申请过培训，核查中"),
        )


def _take_own(stage: Stage) -> None:
    """Have three people take a voucher each by themselves."""
    for _ in range(3):
        other = open_account_of(stage, next(stage.people))
        stage.act(
            other, partial(issuing.take_voucher, programme_id=stage.programmes["free-offset"], declared=True)
        )


def _wait_for_money(stage: Stage) -> None:
    """Issue more of the small programme than its budget carries: the rest waits in order."""
    people = [next(stage.people) for _ in range(WAITING_PEOPLE)]
    programme_id = stage.programmes["small"]
    stage.act("operator-jy", lambda work: issuing.issue_at_once(work, programme_id, people))


def _inspect_one(stage: Stage) -> None:
    """Have one class that is open today inspected on site, if there is one."""
    with stage.house.database.read() as session:
        open_class = select(TrainingClass.id).where(TrainingClass.state.in_(INSPECTED))
        class_id = session.scalars(open_class.order_by(TrainingClass.id)).first()
    if class_id is not None:
        stage.act("first-review", partial(commit_inspection_seed, region_code=JIYUAN))
        opening = partial(
            open_inspection,
            class_id=class_id,
            planned_on=stage.today,
            announced=True,
            why="年度例行检查",
        )
        stage.act("first-review", opening)
