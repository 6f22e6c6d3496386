"""The demonstration's province, in small: something of everything for whoever looks at it."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import fresh_database
from tests.demo.built import TODAY, Built, build
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.institutions import Institution
from voucher.registry.people import Person, read_people
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.issue.models import Programme
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import PaymentFile
from voucher.stages.train.models.classes import TrainingClass

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo")]
COUNTED = (Voucher, TrainingClass, Programme, Claim, PaymentFile, ExamBatch)


def test_vouchers_and_classes_stand_in_every_state_of_their_tables(built: Built) -> None:
    with built.database.read() as session:
        assert set(session.scalars(select(Voucher.state).distinct())) == set(STATE_NAMES[Thing.VOUCHER])
        assert set(session.scalars(select(TrainingClass.state).distinct())) == set(STATE_NAMES[Thing.CLASS])


def test_classes_are_taught_in_every_way_and_one_by_another_institution(built: Built) -> None:
    with built.database.read() as session:
        modes = {
            each.mode: (each.hours_offline > 0, each.hours_online > 0)
            for each in session.scalars(select(TrainingClass))
        }
        assert modes == {"offline": (True, False), "online": (False, True), "blended": (True, True)}
        delivered = select(TrainingClass).where(
            TrainingClass.delivering_institution_id != TrainingClass.institution_id
        )
        assert session.scalars(delivered).first() is not None


def test_programmes_are_of_most_kinds_of_training_and_of_both_axes(built: Built) -> None:
    with built.database.read() as session:
        programmes = session.scalars(select(Programme)).all()
    assert len({each.training_kind for each in programmes}) >= 15
    assert {each.worth for each in programmes} == {"face_value", "offset", "sign_in"}
    assert {each.channel for each in programmes} == {"open", "directed"}


def test_an_exam_is_today_and_everybody_listed_can_still_be_let_in(built: Built) -> None:
    with built.database.read() as session:
        batch_id = session.scalars(
            select(ExamBatch.id).where(ExamBatch.exam_on == TODAY, ExamBatch.state == "planned")
        ).one()
        listed = session.scalars(select(Candidate).where(Candidate.batch_id == batch_id)).all()
        states = session.scalars(select(Voucher.state).where(Voucher.id.in_([e.voucher_id for e in listed])))
        assert listed
        assert set(states) == {"trained"}
        assert all(each.admitted_at is None for each in listed)


def test_files_wait_for_the_checker_and_the_releaser_and_a_payment_came_back(built: Built) -> None:
    with built.database.read() as session:
        files = set(session.scalars(select(PaymentFile.state)))
        assert {"prepared", "checked", "closed"} <= files
        claims = set(session.scalars(select(Claim.state)))
        assert {"bounced", "returned", "objected", "noticed", "approved", "cleared"} <= claims


def test_the_province_breaks_no_invariant(built: Built) -> None:
    with built.database.read() as session:
        assert find_violations(session) == []


def test_the_same_seed_builds_the_same_province(
    built: Built, templates: dict[str, str], keyring: Keyring, tmp_path: Path
) -> None:
    with fresh_database("sqlite", templates, tmp_path) as database:
        again = build(database, keyring, tmp_path)
        first, second = _digest(again), _digest(built)
        for kind, states in first[0].items():
            assert Counter(states) == Counter(second[0][kind]), kind
        assert first[1:] == second[1:]


def _digest(built: Built) -> tuple[dict[str, list[str]], list[str], str]:
    """Return how many of everything stand in which state, what is called how, and a digest of the people."""
    with built.database.read() as session:
        counted = {each.__tablename__: sorted(session.scalars(select(each.state))) for each in COUNTED}
        names = [*session.scalars(select(Institution.name)), *session.scalars(select(TrainingClass.name))]
        return counted, sorted(names), _digest_people(session, built.keyring)


def _digest_people(session: Session, keyring: Keyring) -> str:
    people = read_people(session, keyring, session.scalars(select(Person.id)).all())
    told = sorted(f"{each.number} {each.name}" for each in people.values())
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
