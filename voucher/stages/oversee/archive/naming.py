"""What a signed record and its status list are called by: who asserts, where it lies, how days are told."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from voucher.ledger.credentials.status import Place
from voucher.plumbing.clock import SHANGHAI

TYP, CTY = "vc+jwt", "vc"
CONTEXT = "https://www.w3.org/ns/credentials/v2"
PURPOSE = "revocation"


def did_of(host: str) -> str:
    """Return the did:web of the host (and port) these pages are served from."""
    return f"did:web:{quote(host, safe='.-')}"


def status_url(host: str, sl: int) -> str:
    """Return where the status list of signed records lies, as a credential of its own."""
    return f"https://{host}/.well-known/tv/vc-status/{sl}"


def name_status(host: str, place: Place) -> dict[str, object]:
    """Return the entry of a credential's place (W3C Bitstring Status List 1.0 §2.1)."""
    url = status_url(host, place.sl)
    return {
        "id": f"{url}#{place.si}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(place.si),
        "statusListCredential": url,
    }


def moment(at: datetime) -> str:
    """Return a moment as the data model writes it (XMLSCHEMA11-2 dateTimeStamp), on the day it is here.

    In UTC what is dated by its day only would read as the day before.
    """
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")
