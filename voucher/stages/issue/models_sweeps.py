"""Indexes on tables of the ledger that only the sweeps of this stage ask for, every minute."""

from __future__ import annotations

from sqlalchemy import Index, literal_column, text

from voucher.ledger.credentials.issuing import LIVE, IssuedCredential
from voucher.ledger.credentials.status import Status, StatusPlace

# a value that is bound proves nothing to a database that looks for the index
FROZEN = StatusPlace.value == literal_column(str(int(Status.FROZEN)))
_FROZEN_WHERE = text(f"value = {int(Status.FROZEN)}")

FROZEN_PLACES = Index(
    "ix_status_place_frozen",
    StatusPlace.sl,
    StatusPlace.si,
    sqlite_where=_FROZEN_WHERE,
    postgresql_where=_FROZEN_WHERE,
)
LIVE_UNTIL = Index(
    "ix_credential_live_until", IssuedCredential.expires_at, sqlite_where=LIVE, postgresql_where=LIVE
)
