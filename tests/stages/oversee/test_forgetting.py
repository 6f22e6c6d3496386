"""Answers for retries go after every client has given up, looks at codes after a week; young ones stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from tests.scene import Scene, on
from tests.town_issue import institution
from voucher.app import DUE_ACTS, IN_PORTIONS
from voucher.ledger.audit import AuditRow
from voucher.ledger.credentials.seen import PresentationLook
from voucher.plumbing.idempotency import Answer, IdempotencyKey, once
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.webhook_rows import Webhook, WebhookAttempt, WebhookDelivery
from voucher.rules.errors import Refused
from voucher.stages.oversee import forgetting
from voucher.stages.oversee.models_openings import PageOpening
from voucher.stages.oversee.openings import note_opening


def asked(done: list[int], key: str) -> Callable[[Work], Answer]:
    """Return an act that is done once per key."""

    def act(_work: Work) -> Answer:
        done.append(1)
        return Answer(201, {"count": len(done)})

    return partial(once, key=key, asked="the same", act=act)


def look(institution_id: int, number: int, at: datetime) -> Callable[[Work], None]:
    """Return an act that keeps a look of a moment."""

    def act(work: Work) -> None:
        work.session.add(
            PresentationLook(
                vid="ab", counter=number, shown_at=0, institution_id=institution_id, looked_at=at
            )
        )

    return act


def count_forgotten(scene: Scene) -> int | None:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).where(AuditRow.act == "forget"))


def test_answers_outlive_every_retry_and_go_in_portions(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"forget_answers", "forget_attempts", "forget_looks", "forget_traces"} <= IN_PORTIONS & {
        name for name, _ in DUE_ACTS
    }
    scene.at = on("2024-03-06")
    done: list[int] = []
    for key in ("one", "two", "three"):
        scene.do("operator", asked(done, key))
    scene.at += timedelta(days=179)
    assert scene.do("operator", asked(done, "one")).body == {"count": 1}, "the first answer, word for word"
    scene.do("operator", asked(done, "young"))
    with pytest.raises(Refused, match="role_missing"):
        scene.do("operator", forgetting.forget_old_answers)
    assert scene.do("clock", forgetting.forget_old_answers) == 0
    scene.at += timedelta(days=2)
    monkeypatch.setattr(forgetting, "MOST_AT_ONCE", 2)
    assert [scene.do("clock", forgetting.forget_old_answers) for _ in range(3)] == [2, 1, 0]
    with scene.database.read() as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == ["young"]
    assert count_forgotten(scene) == 2
    assert scene.do("operator", asked(done, "young")).body == {"count": 4}
    assert scene.do("operator", asked(done, "one")).body == {"count": 5}, "a key as good as new"


def test_looks_at_codes_go_after_a_week_and_never_within_a_day(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.at = on("2024-03-06")
    house = institution(scene)
    for number in range(3):
        scene.do("operator", look(house, number, scene.at + timedelta(days=number)))
    scene.at += timedelta(days=8, hours=1)
    with pytest.raises(Refused, match="role_missing"):
        scene.do("operator", forgetting.forget_old_looks)
    monkeypatch.setattr(forgetting, "MOST_AT_ONCE", 1)
    assert [scene.do("clock", forgetting.forget_old_looks) for _ in range(3)] == [1, 1, 0]
    assert count_forgotten(scene) == 2
    with scene.database.read() as session:
        assert session.scalars(select(PresentationLook.counter)).all() == [2]
    # by the clock of the database: what is young stays, whoever asks, and nothing is ever changed
    fresh = datetime.now(UTC)
    scene.do("operator", look(house, 7, fresh))
    scene.do("operator", look(house, 8, fresh - timedelta(hours=23)))
    scene.do("operator", look(house, 9, fresh - timedelta(hours=25)))
    for number, goes in ((7, False), (8, False), (9, True)):
        gone = delete(PresentationLook).where(PresentationLook.counter == number)
        if goes:
            with scene.database.engine.begin() as connection:
                connection.execute(gone)
            continue
        with pytest.raises(DBAPIError, match="kept for a day"), scene.database.engine.begin() as connection:
            connection.execute(gone)
    with pytest.raises(DBAPIError, match="append only"), scene.database.engine.begin() as connection:
        connection.execute(update(PresentationLook).values(counter=5))
    with scene.database.read() as session:
        left = session.scalars(select(PresentationLook.counter).order_by(PresentationLook.id)).all()
    assert left == [2, 7, 8]


def test_openings_of_pages_go_in_time_and_never_within_half_a_year(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    for number in (1, 2):
        scene.do("operator", partial(note_opening, thing="batch", object_id=number, holder_person_id=None))
        scene.at += timedelta(days=1)
    scene.at += timedelta(days=199)
    with pytest.raises(Refused, match="role_missing"):
        scene.do("operator", forgetting.forget_old_openings)
    assert [scene.do("clock", forgetting.forget_old_openings) for _ in range(2)] == [1, 0]
    # by the clock of the database: what is young stays, whoever asks, and nothing is ever changed
    scene.at = datetime.now(UTC) - timedelta(days=179)
    scene.do("operator", partial(note_opening, thing="batch", object_id=3, holder_person_id=None))
    for sin, told in (
        (delete(PageOpening), "kept for half a year"),
        (update(PageOpening).values(object_id=9), "stay as they are"),
    ):
        with pytest.raises(DBAPIError, match=told), scene.database.engine.begin() as connection:
            connection.execute(sin)
    with scene.database.read() as session:
        assert session.scalars(select(PageOpening.object_id).order_by(PageOpening.id)).all() == [2, 3]


def test_days_set_below_what_the_database_keeps_stop_no_forgetting(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_few = update(Parameter).where(Parameter.name.in_((forgetting.OPENING_DAYS, forgetting.NETWORK_DAYS)))
    with scene.database.engine.begin() as connection:
        connection.execute(too_few.values(value="30"))
    now = datetime.now(UTC)
    for number, days in ((1, 182), (2, 100)):
        scene.at = now - timedelta(days=days)
        scene.do("operator", partial(note_opening, thing="batch", object_id=number, holder_person_id=None))
    scene.at = now
    with monkeypatch.context() as sin:
        sin.setattr(forgetting, "LEAST_DAYS", {})
        with pytest.raises(DBAPIError, match="kept for half a year"):
            scene.do("clock", forgetting.forget_old_traces)
    assert scene.do("clock", forgetting.forget_old_traces) == 1
    with scene.database.read() as session:
        assert session.scalars(select(PageOpening.object_id)).all() == [2]


def test_tries_of_tellings_go_after_a_season_and_what_was_told_stays(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    house = institution(scene)
    person = scene.actor("operator").person_id

    def tell(work: Work) -> None:
        system = InstitutionSystem(
            institution_id=house, client_id="c", name="前台", scopes="read", user_id=work.actor.user_id,
            registered_at=work.at, registered_by_person_id=person,
        )  # fmt: skip
        work.session.add(system)
        work.session.flush()
        hook = Webhook(
            system_id=system.id, address="https://example.org/", events="ping", seed="s",
            registered_at=work.at, registered_by_person_id=person,
        )  # fmt: skip
        work.session.add(hook)
        work.session.flush()
        told = WebhookDelivery(webhook_id=hook.id, sequence=1, event="ping", body="{}", made_at=work.at)
        work.session.add(told)
        work.session.flush()
        for days in (0, 1, 60):
            tried_at = work.at + timedelta(days=days)
            work.session.add(WebhookAttempt(delivery_id=told.id, tried_at=tried_at, status=500, took_ms=1))

    scene.do("operator", tell)
    scene.at += timedelta(days=92)
    with pytest.raises(Refused, match="role_missing"):
        scene.do("operator", forgetting.forget_old_attempts)
    assert [scene.do("clock", forgetting.forget_old_attempts) for _ in range(2)] == [2, 0]
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(WebhookAttempt)) == 1
        assert session.scalar(select(func.count()).select_from(WebhookDelivery)) == 1
