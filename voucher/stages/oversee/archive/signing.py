"""A record as a signed file: a W3C Verifiable Credential (Data Model 2.0), secured as a JWT with JOSE.

The header is `vc+jwt` (W3C Securing Verifiable Credentials using JOSE and COSE), the key one of those that
sign credentials of this house, named by a `did:web` whose document lists the published keys. A voucher's
credential is bytes that begin with a version, this one is text that begins with a header: one never passes
for the other. It is good no longer than a key is believed, so that every one handed out can be verified, and
its place in a published status list says whether it has been taken back meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.credentials.keys import get_signing_key, list_keys
from voucher.ledger.credentials.status import take_places
from voucher.plumbing.signing.jws import write_jws
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.standards import ANYWHERE
from voucher.rules.actor import Role, check_role
from voucher.rules.archive import Entry, Extent, choose_shown
from voucher.rules.keys import Purpose, may_be_believed
from voucher.stages.certify.queries.revoked import count_revocations
from voucher.stages.oversee.archive.entries import open_archive
from voucher.stages.oversee.archive.models import ArchiveCredential
from voucher.stages.oversee.archive.naming import CONTEXT, CTY, TYP, did_of, moment, name_status

THING = "person"
# the words of our own, published beside the keys
WORDS_PATH = "/.well-known/tv/archive.jsonld"
NAMESPACE = "urn:voucher:archive#"
WORDS = ("VocationalArchiveCredential", "socialSecurityNumberMasked", "extent", "entries", "entryKind",
         "happenedAt", "title", "facts", "fact", "value", "mark")  # fmt: skip


def sign_archive(work: Work, extent: Extent, host: str) -> str:
    """Return the own record as a credential in one line of text; kept of it are its place and its days.

    Raises Refused role_missing, person_missing, signing_key_missing, signer_unavailable, parameter_missing.
    """
    check_role(work.actor, Role.WORKER)
    # counted before the entries are read: one that is revoked in between ends the record, told or not
    revocations = work.session.scalars(select(count_revocations(work.actor.person_id))).one()
    archive = open_archive(work.session, work.keyring, work.actor.person_id)
    days = tables.require_parameter_number(work.session, "credential_days", work.today, [ANYWHERE])
    key, did = get_signing_key(work, Purpose.ISSUER), did_of(host)
    until_at, place = work.at + timedelta(days=days), take_places(work, 1)[0]
    credential: dict[str, object] = {
        "@context": [CONTEXT, f"https://{host}{WORDS_PATH}"],
        "id": f"urn:uuid:{uuid4()}",
        "type": ["VerifiableCredential", "VocationalArchiveCredential"],
        "issuer": did,
        "validFrom": moment(work.at),
        "validUntil": moment(until_at),
        "credentialStatus": name_status(host, place),
        "credentialSubject": {
            "name": archive.name,
            "socialSecurityNumberMasked": archive.masked_number,
            "extent": str(extent),
            "entries": [_entry(each) for each in choose_shown(archive.entries, extent)],
        },
    }
    header: dict[str, object] = {"alg": str(key.alg), "kid": f"{did}#{key.kid}", "typ": TYP, "cty": CTY}
    signed = write_jws(header, credential, key.sign)
    work.session.add(
        ArchiveCredential(
            person_id=archive.person_id,
            extent=str(extent),
            sl=place.sl,
            si=place.si,
            signed_at=work.at,
            until_at=until_at,
            revocations_told=revocations,
        )
    )
    work.session.flush()
    audit.record_one(work, THING, archive.person_id, "sign_archive", extent=str(extent), kid=key.kid)
    return signed


def describe_did(session: Session, host: str) -> dict[str, object]:
    """Return the DID document of a host: every issuer key that is believed, to verify what we assert."""
    did = did_of(host)
    believed = [
        each
        for each in list_keys(session)
        if each.purpose == Purpose.ISSUER and may_be_believed(each.stands, offline=True)
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": did,
        "verificationMethod": [
            {
                "id": f"{did}#{each.kid}",
                "type": "JsonWebKey",
                "controller": did,
                "publicKeyJwk": {**each.jwk, "kid": each.kid, "alg": each.alg},
            }
            for each in believed
        ],
        "assertionMethod": [f"{did}#{each.kid}" for each in believed],
    }


def describe_words() -> dict[str, object]:
    """Return the JSON-LD context of the words that are ours."""
    return {"@context": {"@protected": True, **{word: NAMESPACE + word for word in WORDS}}}


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "entryKind": str(entry.kind),
        "happenedAt": moment(entry.at),
        "title": entry.title,
        "facts": [{"fact": name, "value": value} for name, value in entry.facts],
        "mark": str(entry.mark),
    }
