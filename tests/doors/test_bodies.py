"""A body taken as it stands is what marshmallow would make of it; whatever else is refused as ever."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from voucher.doors.schemas.assess.exams import Score
from voucher.doors.schemas.train.places import NewRedemption
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
    class Told(Body):
        score = Score()
        name = Words(required=True)

    class Renamed(Body):
        name = Words(required=True, data_key="title")

    assert _told(Told().load, {"score": 90.5, "name": "a"}) == _told(
        lambda data: Schema.load(Told(), data), {"score": 90.5, "name": "a"}
    )
    assert Renamed().load({"title": "a"}) == {"name": "a"}
    assert "name" in _told(Renamed().load, {"name": "a"})
