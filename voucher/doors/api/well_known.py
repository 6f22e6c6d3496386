"""What verifiers fetch: the keys, the list of them a pinned root has signed, the status lists.

For machines of anybody: nothing here is personal, and nothing says who holds or has used a voucher.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, jsonify, make_response, request

from voucher.doors.auth.door import ANYBODY, the_door
from voucher.doors.auth.shield import figures_rate, limiter
from voucher.ledger.credentials import status_tokens, trust
from voucher.ledger.credentials.keys import Purpose, get_signing_key
from voucher.ledger.credentials.status import StatusList
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import reason
from voucher.stages.oversee.archive.signing import describe_did, describe_words
from voucher.stages.oversee.archive.status_credential import (
    begin_of,
    list_ended,
    write_status_credential,
)
from voucher.stages.oversee.keys import read_status_times

well_known = Blueprint("well_known", __name__, url_prefix="/.well-known")
KEYS_SECONDS, DELTA_SECONDS = 300, 60
# a moment outside this is no moment of a token of ours
EARLIEST, LATEST = 1_500_000_000, 2**33

SINCE_UNREADABLE = reason(
    "since_unreadable",
    "没有写明从何时起的变动",
    "请用 since= 写明手中状态列表的 iat（Unix 秒）",
    status_tokens.SOURCE,
)


@well_known.get("/jwks.json")
def jwks() -> Response:
    """Return every key that is believed, as a JWK set (RFC 7517)."""
    with the_door().read() as session:
        return _cached(jsonify(keys=trust.describe_keys(session)), KEYS_SECONDS)


@well_known.get("/did.json")
def did() -> Response:
    """Return the did:web document of this house: the issuer keys that verify what is asserted here."""
    door = the_door()
    with door.read() as session:
        return _cached(jsonify(describe_did(session, door.config.public_host)), KEYS_SECONDS)


@well_known.get("/tv/archive.jsonld")
def archive_words() -> Response:
    """Return the JSON-LD context of the words a signed record uses besides those of the W3C."""
    answer = jsonify(describe_words())
    answer.headers["Content-Type"] = "application/ld+json"
    return _cached(answer, KEYS_SECONDS)


@well_known.get("/tv/trust.jws")
def trust_list() -> Response:
    """Return the list of keys the trust root has signed last."""
    with the_door().read() as session:
        published = trust.find_published(session)
    if published is None:
        raise trust.TRUST_LIST_MISSING.refused()
    return _cached(_text(published.jws, "application/jose"), KEYS_SECONDS)


@well_known.get("/tv/status/<int:sl>")
def status_list(sl: int) -> Response:
    """Return the signed token of a status list; it is signed anew by the clock."""
    door = the_door()
    with door.read() as session:
        found = session.get(StatusList, sl)
        if found is None or found.token is None:
            raise status_tokens.STATUS_LIST_MISSING.refused()
        seconds = read_status_times(session, door.today).ttl_seconds
    return _cached(_text(found.token, "application/statuslist+jwt"), seconds)


@well_known.get("/tv/vc-status/<int:sl>")
@limiter.limit(figures_rate)
def archive_status(sl: int) -> Response:
    """Return the status list of signed records as a credential, for any verifier of W3C credentials."""
    door = the_door()
    host = door.config.public_host
    with door.read() as session:
        times = read_status_times(session, door.today)
        said = f"{host}|{sl}|{begin_of(door.at, times)}|{list_ended(session, sl)}"

    def write(work: Work) -> str:
        return write_status_credential(work, sl, host, times)

    # nothing is written: a signature needs the keys, which travel with an act
    answer = _text(door.perform_as(ANYBODY, write, keep=False), "application/vc+jwt")
    return _cached(answer, times.ttl_seconds, said=said)


@well_known.get("/tv/status/<int:sl>/delta")
@limiter.limit(figures_rate)
def status_delta(sl: int) -> Response:
    """Return what has changed since a token was signed, signed itself."""
    given = request.args.get("since", "")
    if not (given.isascii() and given.isdigit()) or not EARLIEST <= int(given[:12]) < LATEST:
        raise SINCE_UNREADABLE.refused()
    since = datetime.fromtimestamp(int(given[:12]), UTC)

    def write(work: Work) -> str:
        key = get_signing_key(work, Purpose.STATUS)
        times = read_status_times(work.session, work.today)
        return status_tokens.write_delta(work.session, key, sl, since, work.at, times)

    # nothing is written: a signature needs the keys, which travel with an act
    delta = the_door().perform_as(ANYBODY, write, keep=False)
    return _cached(_text(delta, "application/statuslist-delta+jwt"), DELTA_SECONDS)


def _text(content: str, content_type: str) -> Response:
    return make_response(content, 200, {"Content-Type": content_type})


def _cached(response: Response, seconds: int, *, said: str | None = None) -> Response:
    """Let anybody keep an answer for a while, and ask with its tag whether what is `said` has changed.

    A signature differs each time, so what it signs is what the tag is made of.
    """
    content = said.encode() if said is not None else response.get_data()
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.cache_control.public = True
    response.cache_control.max_age = seconds
    response.make_conditional(request)
    return response


def install(app: Flask) -> None:
    """Open the addresses."""
    app.register_blueprint(well_known)
