"""A body taken, or a row told, as it stands is what marshmallow would make of it; all else goes its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, post_dump

from voucher.doors.schemas.assess.exams import Score
from voucher.doors.schemas.telling import Told
from voucher.doors.schemas.train.places import NewRedemption, RedemptionState
from voucher.doors.schemas.values import Body, Words

GOOD: dict[str, Any] = {
    "digits": "72000",
    "class_id": 3,
    "last4": "991X",
    "device": "前台一号机",
    "nonce": "1c6f",
}
VALUES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 1.0, 2**63 - 1, 2**63, "", " ", "甲", "a" * 64, "a" * 65, "a" * 1001,
    "a\0", "\ud800", "Counter-7", " counter-", "counter", "123x", "1234", "1234\n", "12345", "１２３４",
    b"1234", [], {}, ["a"],
)  # fmt: skip


def _told(load: Any, data: Any) -> Any:
    try:
        return load(data)
    except ValidationError as error:
        return error.messages


def _whole_bodies() -> list[Any]:
    bodies: list[Any] = [GOOD, {}, [], None, "", [GOOD], GOOD | {"more": 1}]
    bodies += [{name: value for name, value in GOOD.items() if name != left_out} for left_out in GOOD]
    return bodies + [GOOD | {name: value} for name in GOOD for value in VALUES]


def test_taking_it_as_it_stands_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = NewRedemption()
    as_ever = [_told(lambda data: Schema.load(schema, data), each) for each in _whole_bodies()]
    assert [_told(schema.load, each) for each in _whole_bodies()] == as_ever
    # and the good ones never reach marshmallow
    monkeypatch.setattr(Schema, "load", None)
    assert schema.load(dict(reversed(GOOD.items())), unknown="raise") == GOOD
    assert sum(isinstance(each, dict) and each.keys() == GOOD.keys() for each in as_ever) > len(GOOD)


def test_a_field_that_reads_its_own_way_is_asked_itself() -> None:
    class Given(Body):
        score = Score()
        name = Words(required=True)

    class Renamed(Body):
        name = Words(required=True, data_key="title")

    assert _told(Given().load, {"score": 90.5, "name": "a"}) == _told(
        lambda data: Schema.load(Given(), data), {"score": 90.5, "name": "a"}
    )
    assert Renamed().load({"title": "a"}) == {"name": "a"}
    assert "name" in _told(Renamed().load, {"name": "a"})


AT = datetime(2024, 3, 21, 23, 45, 45, 573498, UTC)
ROW: dict[str, Any] = {
    "id": 1, "voucher_id": 2, "class_id": 3, "institution_id": 4, "device": "前台", "nonce": "1c6f",
    "redeemed_at": AT, "reversal_asked_at": None, "reversed_at": AT.astimezone(timezone(timedelta(hours=8))),
}  # fmt: skip
NAMELESS = object()


def test_telling_it_as_it_stands_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = RedemptionState()
    rows: list[Any] = [ROW, {}, SimpleNamespace(), SimpleNamespace(more=1), NAMELESS]
    rows += [SimpleNamespace(**ROW | {name: value}) for name in ROW for value in (None, True, "7", 8)
             if not name.endswith("_at") or value is None]  # fmt: skip
    rows += [SimpleNamespace(**{name: value for name, value in ROW.items() if name != out}) for out in ROW]
    as_ever = [Schema.dump(schema, each) for each in rows]
    assert [schema.dump(each) for each in rows] == as_ever
    assert [list(schema.dump(each)) for each in rows] == [list(each) for each in as_ever]
    assert schema.dump([SimpleNamespace(**ROW)], many=True) == [as_ever[0]]
    # and an ordinary row never reaches marshmallow
    monkeypatch.setattr(Schema, "dump", None)
    assert schema.dump(SimpleNamespace(**ROW)) == as_ever[0]


def test_a_row_with_a_field_or_a_hook_of_its_own_is_told_by_marshmallow() -> None:
    class Renamed(Told):
        title = fields.String(attribute="name")
        size = fields.Integer(data_key="called")

    class Hooked(Told):
        name = fields.String()

        @post_dump
        def shout(self, told: dict[str, Any], **_: Any) -> dict[str, Any]:
            return {name: value.upper() for name, value in told.items()}

    row = SimpleNamespace(name="a", size=1)
    assert Renamed().dump(row) == {"title": "a", "called": 1}
    assert Hooked().dump(row) == {"name": "A"}
    assert RedemptionState(only=["id"]).dump(SimpleNamespace(**ROW)) == {"id": 1}
