"""A signed record before verifiers nobody here wrote: openvc finds the key and the status, PyJWT reads it.

No library we found takes a `vc+jwt` of VC 2.0 whole; openvc takes the form of 1.1 only. So each does what it
can: openvc makes the address out of `did:web`, holds the document against it, hands out a key only for what
it may assert, finds the place in the status list and unpacks the list; PyJWT proves the signature.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import jwt
import pytest
from openvc.did.base import DidResolutionError
from openvc.did.did_web import DidWebResolver
from openvc.status import check_credential_status, parse_status_entries
from sqlalchemy import select

from tests import town_issue
from tests.revoking import revoke_certificate
from tests.scene import LI_SI, ZHANG_SAN, Scene
from tests.town_certified import certified, settle_down
from voucher.ledger.credentials.status_tokens import StatusTimes
from voucher.plumbing.unit_of_work import perform
from voucher.rules.actor import Actor
from voucher.rules.archive import Extent
from voucher.stages.certify.models import Certificate
from voucher.stages.oversee.archive.recalling import end_due, list_signed, recall
from voucher.stages.oversee.archive.signing import describe_did, sign_archive
from voucher.stages.oversee.archive.status_credential import write_status_credential

ANYBODY = Actor(user_id=0, login="anybody", person_id=0, grants=())
HOST = "px.example.gov.cn:8443"


class Employer:
    """Somebody who was handed a file and fetches whatever it names, and nothing else."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.fetched: list[str] = []
        self.resolver = DidWebResolver(self.fetch_document)

    def fetch_document(self, url: str) -> dict[str, Any]:
        """Return the published keys, at the one address `did:web` makes of the issuer."""
        self.fetched.append(url)
        if url != f"https://{HOST}/.well-known/did.json":
            raise DidResolutionError(url)
        with self.scene.database.read() as session:
            found: dict[str, Any] = json.loads(json.dumps(describe_did(session, HOST)))
        return found

    def fetch_list(self, url: str) -> dict[str, Any]:
        """Return the published status list, at the address the file names, verified as the file is."""
        self.fetched.append(url)
        times = StatusTimes(ttl_seconds=300, valid_hours=24)
        sl = int(url.removeprefix(f"https://{HOST}/.well-known/tv/vc-status/"))
        signed = perform(
            self.scene.database,
            self.scene.keyring,
            ANYBODY,
            self.scene.at,
            lambda work: write_status_credential(work, sl, HOST, times),
        )
        return self.open(signed)

    def open(self, signed: str) -> dict[str, Any]:
        """Return what a file says, where its issuer signed it and its days are not over."""
        header = jwt.get_unverified_header(signed)
        assert (header["typ"], header["alg"]) == ("vc+jwt", "ES256")
        document = self.resolver.resolve(header["kid"].split("#")[0])
        method = document.key_for_purpose(header["kid"], "assertionMethod")
        assert method is not None, "a key that may assert nothing"
        said: dict[str, Any] = jwt.decode(signed, jwt.PyJWK(method.public_key_jwk), algorithms=["ES256"])
        assert said["issuer"] == document.id
        assert "vc" not in said, "the form of VC 1.1"
        assert datetime.fromisoformat(said["validFrom"]) <= self.scene.at
        if self.scene.at >= datetime.fromisoformat(said["validUntil"]):
            raise jwt.ExpiredSignatureError
        return said

    def is_taken_back(self, signed: str) -> bool:
        """Return whether the list a file names says that it no longer stands."""
        said = self.open(signed)
        assert len(parse_status_entries(said)) == 1, "a status nobody can read is none"
        return check_credential_status(said, resolve_status_list=self.fetch_list).revoked


@pytest.fixture
def employer(scene: Scene) -> Employer:
    """Return an employer in a scene in which 张三 and 李四 were certified."""
    certified(scene, settle_down(scene), ZHANG_SAN, LI_SI)
    scene.at += timedelta(days=3)
    return Employer(scene)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_libraries_of_others_believe_a_record_until_it_is_taken_back_revoked_or_over(
    employer: Employer,
) -> None:
    scene = employer.scene
    mine, theirs = town_issue.worker(scene, LI_SI), town_issue.worker(scene, ZHANG_SAN)
    sign = partial(sign_archive, extent=Extent.CERTIFICATES, host=HOST)
    first, second, other = scene.do(mine, sign), scene.do(mine, sign), scene.do(theirs, sign)
    said = employer.open(first)
    assert (said["issuer"], said["credentialSubject"]["name"]) == ("did:web:px.example.gov.cn%3A8443", "李四")
    assert {each["mark"] for each in said["credentialSubject"]["entries"]} == {"stands"}
    assert [employer.is_taken_back(each) for each in (first, second, other)] == [False] * 3
    assert set(employer.fetched) == {
        f"https://{HOST}/.well-known/did.json",
        f"https://{HOST}/.well-known/tv/vc-status/1",
    }
    # what another says under this signature, this under another's, and a key of somebody else's house
    head, body, signature = first.split(".")
    for forged in (f"{head}.{other.split('.')[1]}.{signature}", f"{head}.{body}.{other.split('.')[2]}"):
        with pytest.raises(jwt.InvalidSignatureError):
            employer.open(forged)
    with pytest.raises(DidResolutionError):
        employer.open(scene.do(mine, lambda work: sign_archive(work, Extent.CERTIFICATES, "evil.example")))
    # taken back by whoever had it made
    person_id = town_issue.person_id(scene, LI_SI)
    with scene.database.read() as session:
        oldest = min(each.id for each in list_signed(session, person_id))
        number = session.scalars(select(Certificate.number).where(Certificate.person_id == person_id)).one()
    scene.do(mine, lambda work: recall(work, oldest))
    assert [employer.is_taken_back(each) for each in (first, second, other)] == [True, False, False]
    # ended because a certificate in it was revoked; the next one tells of the revocation
    scene.do("复核员", lambda work: revoke_certificate(work, number, "评价机构违规发证"))
    scene.do("clock", end_due)
    assert [employer.is_taken_back(each) for each in (first, second, other)] == [True, True, False]
    third = scene.do(mine, sign)
    entries = employer.open(third)["credentialSubject"]["entries"]
    assert [(each["title"][:4], each["mark"]) for each in entries] == [
        ("取得证书", "revoked"),
        ("证书撤销", "revoked"),
    ]
    assert employer.is_taken_back(third) is False
    # and over by its own last day
    scene.at += timedelta(days=3650)
    with pytest.raises(jwt.ExpiredSignatureError):
        employer.open(other)
