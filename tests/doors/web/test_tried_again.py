"""A form whose act is tried again by the database reads its file from the beginning again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tests.doors.web.browser import Office
from tests.doors.web.test_whole_way import bank_file, settle
from voucher.rules.approval import Step
from voucher.stages.settle import bank, review

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_bank_results_survive_a_lost_first_attempt(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(office)
    scene = office.scene
    scene.review_and_post(1)
    scene.close_notices()
    scene.do("审批员", lambda work: review.sign(work, 1, Step.APPROVE, opinion="同意拨付"))
    scene.make_file(1)
    booked, failures = bank.record_results, [OperationalError("", {}, Exception("database is locked"))]

    def lose_once(*given: Any) -> bank.BankReport:
        if failures:
            raise failures.pop()
        return booked(*given)

    monkeypatch.setattr(bank, "record_results", lose_once)
    maker = office.at("制单员")
    maker.go("/payment-files/1")
    told = maker.press("导入", results=(io.BytesIO(bank_file(office)), "回盘.csv"))
    assert failures == []
    assert "已入账 1 笔：成功 1，退票 0；重复 0，隔离 1" in told.text
