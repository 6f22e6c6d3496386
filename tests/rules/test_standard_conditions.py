"""What nobody answers for here is left to people: a first card, somebody newly hired, hours attended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from voucher.rules.standard_conditions import find_condition, tell_condition, tell_short_hours
from voucher.rules.subsidy import Form, Standard
from voucher.rules.vocabulary import CertificateKind, SubsidyKind

BEGINS = date(2026, 11, 23)
OWN = Standard(SubsidyKind.TRAINING, Form.PRE_JOB, None, None, None, 300_00, BEGINS, None, "文件", "gov")
COMPLETION = CertificateKind.TRAINING_COMPLETION


def find(kind: CertificateKind, training_kind: str | None, on: date = BEGINS) -> Form | None:
    return find_condition(SubsidyKind.TRAINING, kind, training_kind, on, [OWN])


def test_only_what_has_a_condition_of_its_own_is_asked() -> None:
    assert find(COMPLETION, "pre_job") is Form.PRE_JOB
    upgrade = replace(OWN, form=Form.SENIOR_UPGRADE)
    asked_of = (SubsidyKind.TRAINING, COMPLETION, "senior_upgrade", BEGINS)
    assert find_condition(*asked_of, [upgrade]) is Form.SENIOR_UPGRADE
    assert "不少于 5 天" in tell_condition(Form.SENIOR_UPGRADE, 40, 5).title
    other = [replace(OWN, since=BEGINS + timedelta(days=1)), replace(OWN, form=Form.SPECIAL_OPERATION)]
    asked = (SubsidyKind.TRAINING, COMPLETION, "pre_job", BEGINS)
    assert [find_condition(*asked, [OWN, *other]), find_condition(*asked, other)] == [Form.PRE_JOB, None]
    assert find(CertificateKind.SPECIAL_OPERATION, "on_job") is Form.SPECIAL_OPERATION
    assert find(CertificateKind.SPECIAL_OPERATION, "card_renewal") is Form.CARD_RENEWAL
    before = BEGINS - timedelta(days=1)
    assert [find(COMPLETION, "on_job"), find(COMPLETION, None), find(COMPLETION, "pre_job", before)] == [
        None
    ] * 3
    assert find_condition(SubsidyKind.EVALUATION, CertificateKind.SPECIAL_OPERATION, None, BEGINS, []) is None


@pytest.mark.parametrize(("hours", "words"), [
    (None, "实际到课 未登记 学时，不足 24 学时"),
    (23, "实际到课 23 学时，不足 24 学时"),
    (24, "没有是否新录用的答复"),
])  # fmt: skip
def test_hours_attended_are_held_against_the_least(hours: int | None, words: str) -> None:
    assert words in tell_condition(Form.PRE_JOB, hours, 24).sentence
    assert tell_condition(Form.SPECIAL_OPERATION, hours, None).code == "first_card_unknown"
    assert tell_condition(Form.CARD_RENEWAL, hours, None).code == "former_card_unknown"


def test_fewer_hours_than_are_paid_for_by_the_hour_are_left_to_a_person() -> None:
    assert [tell_short_hours(*each) for each in ((40, 40), (41, 40), (39, None), (None, 40))] == [None] * 4
    short = tell_short_hours(39, 40)
    assert short is not None
    assert (short.code, short.title) == (
        "completion_hours_short",
        "培训合格证书实际到课 39 学时，不足 40 学时",
    )
