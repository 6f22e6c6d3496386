"""The shape of a line in a life: thing, state, event, next state, who, what else happens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Thing(StrEnum):
    """What has a life of its own, and so a table."""

    PROGRAMME = "programme"
    ISSUE = "issue"
    APPLICATION = "application"
    VOUCHER = "voucher"
    CLAIM = "claim"
    BATCH = "batch"
    NOTICE = "notice"
    OBJECTION = "objection"
    PAYMENT_FILE = "payment_file"
    PAYMENT = "payment"
    ACCOUNT_CORRECTION = "account_correction"
    ENTITLEMENT = "entitlement"
    CLAWBACK = "clawback"
    CLASS = "class"
    EXAM_BATCH = "exam_batch"
    INSTITUTION = "institution"
    FILING = "filing"
    CERTIFICATE = "certificate"
    HOLD = "hold"
    RISK_FLAG = "risk_flag"
    APPEAL = "appeal"
    MEASURE = "measure"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Row:
    """One allowed step; `state` is None where the event brings the thing into being.

    `who` are words of WHO_NAMES, any one of which may act; `clock` says that the scheduled job may;
    `two_people` says that a second person must agree.
    """

    thing: Thing
    state: str | None
    event: str
    to: str
    who: tuple[str, ...]
    reason: str
    clock: bool = False
    two_people: bool = False


def lines(
    thing: Thing,
    states: tuple[str | None, ...],
    event: str,
    to: str | None,
    who: tuple[str, ...],
    reason: str,
    *,
    two_people: bool = False,
) -> tuple[Row, ...]:
    """Return one row per starting state; without `to` the thing stays in the state it is in.

    Raises ValueError where a thing would be born without a state.
    """
    made: list[Row] = []
    for state in states:
        target = to if to is not None else state
        if target is None:
            raise ValueError(f"{thing} {event} leads nowhere")
        made.append(Row(thing, state, event, target, who, reason, "clock" in who, two_people))
    return tuple(made)
