"""A batch at the pages of those who work on it: whole requests in process, by accounts signed in.

The limit is the fifty lines of the page alone, by one SELECT on a connection that is kept. The evaluator's
page shows the newest fifty of its own claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.bare import Copied
from tests.doors.world import World
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.rules.actor import Role
from voucher.stages.settle.models.claims import Claim, SettlementBatch

TIMES, LINES = 30, 50
FIFTY = (
    "SELECT l.*, c.* FROM settlement_line l JOIN claim c ON c.id = l.claim_id"
    " WHERE l.batch_id = %s AND l.position > %s ORDER BY l.position LIMIT 50"
)
REVIEW, MIDDLE, FINANCE, PAYEE = "review", "middle", "finance", "payee"
PAGES = {
    REVIEW: "first page of the batch, its reviewer",
    MIDDLE: "page in the middle of the batch, its reviewer",
    FINANCE: "first page of the batch, who approves it",
    PAYEE: "claims of one evaluator in it",
}


def open_pages(
    database: Database, keyring: Keyring, folder: Path, at: datetime
) -> Iterator[tuple[str, float, Copied]]:
    """Yield page, seconds and limit, each page as often as `TIMES`, after two requests that warm it up."""
    world = World(database, keyring, folder, at=at.astimezone(UTC) + timedelta(days=1))
    with database.read() as session:
        batch = session.scalars(select(SettlementBatch)).one()
        payee_id = session.scalars(select(Claim.institution_id).limit(1)).one()
    world.staff("初审员", Role.OFFICER_COUNTY)
    world.staff("审批员", Role.FINANCE_APPROVER)
    world.colleague("评价机构", payee_id, Role.EVALUATOR_ADMIN)
    reviewer, approver, payee = (world.sign_in(each).http for each in ("初审员", "审批员", "评价机构"))
    first, half = f"/batches/{batch.id}", batch.declared_count // 2
    pages: dict[str, tuple[FlaskClient, str, int]] = {
        REVIEW: (reviewer, first, 0),
        MIDDLE: (reviewer, f"{first}?after={half}", half),
        FINANCE: (approver, first, 0),
        PAYEE: (payee, "/evaluator/claims", 0),
    }
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for name, (client, path, after) in pages.items():
            for turn in range(TIMES + 2):
                begun = perf_counter()
                answer = client.get(path)
                seconds = perf_counter() - begun
                assert answer.status_code == 200, f"{path}: {answer.status_code}"
                begun = perf_counter()
                rows = len(connection.execute(FIFTY, (batch.id, after)).fetchall())
                if turn >= 2:
                    yield name, seconds, Copied(rows, perf_counter() - begun)
