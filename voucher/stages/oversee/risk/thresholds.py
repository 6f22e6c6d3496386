"""The thresholds of the risk rules (界限): dated parameters, from the database or as they ship."""

from __future__ import annotations

import csv
from datetime import date

from sqlalchemy.orm import Session

from voucher.registry.reference import FOLDER
from voucher.registry.tables import require_parameter_number
from voucher.rules.risk.catalogue import THRESHOLDS

EVERYWHERE = "*"


def read_thresholds(session: Session, on: date) -> dict[str, int]:
    """Return the thresholds in force on a day, the same in the whole province. Raises parameter_missing."""
    return {name: require_parameter_number(session, name, on, [EVERYWHERE]) for name in THRESHOLDS}


def read_shipped_thresholds(on: date) -> dict[str, int]:
    """Return the thresholds as they ship with the program, for a run without a database."""
    with FOLDER.joinpath("parameters.csv").open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["name"] in THRESHOLDS]
    day = on.isoformat()
    return {
        row["name"]: int(row["value"])
        for row in sorted(rows, key=lambda each: each["since"])
        if row["since"] <= day and (not row["until"] or day <= row["until"])
    }
