"""电子档案: one person's record in order of time, objected to, shown for a time, signed and verified."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import jwt
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_issue
from tests.loop.telling import told
from tests.revoking import revoke_certificate
from tests.scene import HOUSEKEEPER, JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, Scene, staff_number
from tests.town_certified import certified, settle_down
from tests.watching import watched
from voucher.ledger.credentials.status_tokens import StatusTimes
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import renumbering
from voucher.rules.actor import Actor, Role
from voucher.rules.archive import EntryKind, Extent, Mark, choose_shown
from voucher.rules.corrections import FormerUse
from voucher.rules.errors import Refusal, Refused
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.renumber import approve_number
from voucher.stages.oversee.archive import objecting, sharing, signing
from voucher.stages.oversee.archive.entries import open_archive
from voucher.stages.oversee.archive.recalling import end_due, list_signed, recall
from voucher.stages.oversee.archive.signing import describe_did, sign_archive
from voucher.stages.oversee.archive.status_credential import write_status_credential

ANYBODY = Actor(user_id=0, login="anybody", person_id=0, grants=())
HOST = "px.example.gov.cn:8443"
TIMES = StatusTimes(ttl_seconds=300, valid_hours=24)
NEW = staff_number("410105199003150010")


def on_day(scene: Scene) -> date:
    return scene.at.astimezone(SHANGHAI).date()


def anybody(scene: Scene, act: Callable[[Work], Any]) -> Any:
    return perform(scene.database, scene.keyring, ANYBODY, scene.at, act)


def refused(scene: Scene, act: Callable[[Work], Any]) -> Refusal:
    with pytest.raises(Refused) as caught:
        anybody(scene, act)
    return caught.value.refusal


def read(scene: Scene, person: tuple[str, str]) -> list[Any]:
    person_id = town_issue.person_id(scene, person)
    with scene.database.read() as session:
        return open_archive(session, scene.keyring, person_id).entries


@pytest.fixture
def earned(scene: Scene) -> Scene:
    """Return a scene in which 张三 and 李四 were certified, and 张三's certificate was revoked."""
    made = certified(scene, settle_down(scene), ZHANG_SAN, LI_SI)
    scene.at += timedelta(days=3)
    number = str(made.certificates[0]["证书编号"])
    scene.do("复核员", lambda work: revoke_certificate(work, number, "评价机构违规发证"))
    return scene


def test_everything_stands_in_order_of_time_and_what_was_revoked_stays(earned: Scene) -> None:
    mine, theirs = read(earned, ZHANG_SAN), read(earned, LI_SI)
    assert [each.at for each in mine] == sorted(each.at for each in mine)
    kinds = [each.kind for each in mine]
    assert set(kinds) >= {EntryKind.VOUCHER, EntryKind.TRAINING, EntryKind.EXAM, EntryKind.CERTIFICATE}
    taken = next(each for each in mine if each.title.startswith("取得证书"))
    assert (taken.mark, taken.mark_name) == (Mark.REVOKED, "已撤销")
    assert "核验" not in dict(taken.facts), (
        "revoked is revoked, not a certificate the register knows otherwise"
    )
    revoked = next(each for each in mine if each.title.startswith("证书撤销"))
    assert revoked.why == "评价机构违规发证"
    # why was written for the office: whoever is shown the record reads that it was, not why
    shown = choose_shown(mine, Extent.TRAININGS)
    assert revoked.ref in {each.ref for each in shown}
    assert {each.why for each in shown} == {None}
    training = next(each for each in mine if each.kind is EntryKind.TRAINING)
    assert ("学时", "80 / 80") in training.facts
    exam = next(each for each in mine if each.kind is EntryKind.EXAM)
    assert {("理论", "80 分"), ("技能", "85 分"), ("结果", "合格")} <= set(exam.facts)
    assert all(each.mark is Mark.STANDS for each in theirs)


def test_a_corrected_number_leaves_the_record_whole_and_says_so(earned: Scene) -> None:
    before = read(earned, ZHANG_SAN)
    person_id = town_issue.person_id(earned, ZHANG_SAN)
    proposed = earned.do(
        "初审员",
        lambda work: (
            renumbering.propose_number(work, ZHANG_SAN[1], NEW, FormerUse.CHANGED, "公安机关变更证明").id
        ),
    )
    earned.do("复核员", lambda work: approve_number(work, proposed, NEW))
    with earned.database.read() as session:
        after = open_archive(session, earned.keyring, person_id)
    assert [each.ref for each in after.entries[:-1]] == [each.ref for each in before]
    assert after.entries[-1].title == "社会保障号码更正"
    assert after.masked_number == f"{NEW[:6]}********{NEW[-4:]}"
    assert NEW not in str(after.entries)
    # nor does a move to another city: every entry stays, and where it happened stays with it
    move = text("UPDATE person SET region_code = :region WHERE id = :id")
    told_of = {"region": XINXIANG, "id": person_id}
    earned.do("operator", lambda work: work.session.execute(move, told_of))
    moved = read(earned, (ZHANG_SAN[0], NEW))
    assert [each.ref for each in moved] == [each.ref for each in after.entries]
    assert {each.region_code for each in moved[:-1]} == {JIYUAN}


def test_an_objection_has_a_number_a_day_and_one_answer_with_its_reason(earned: Scene) -> None:
    mine = town_issue.worker(earned, ZHANG_SAN)
    ref = next(each.ref for each in read(earned, ZHANG_SAN) if each.kind is EntryKind.CERTIFICATE)
    foreign = next(each.ref for each in read(earned, LI_SI) if each.kind is EntryKind.CERTIFICATE)

    def objects(work: Work, ref: str = ref, said: str = "证书没有作假") -> Any:
        return objecting.object_to(work, ref, said)

    assert told(earned, mine, lambda work: objects(work, foreign)).code == "archive_entry_missing"
    assert told(earned, mine, lambda work: objects(work, said=" ")).code == "why_missing"
    filed = earned.do(mine, objects)
    assert (filed.number, filed.region_code) == (f"DA-{filed.id:08d}", JIYUAN)
    # fifteen working days from Saturday 2024-01-13, over the Spring Festival's make-up days
    assert filed.due_on == date(2024, 2, 2)
    assert told(earned, mine, objects).code == "archive_objected_already"

    def answer(work: Work, words: str = "登记已撤销，理由见撤销决定") -> Any:
        return objecting.answer_objection(work, filed.id, upheld=False, answer=words)

    assert told(earned, mine, answer).code == "role_missing"
    earned.hire("新乡审核", Role.OFFICER_COUNTY, "310101199001010990", XINXIANG)
    assert told(earned, "新乡审核", answer).code == "archive_objection_missing"
    assert told(earned, "初审员", lambda work: answer(work, "")).code == "why_missing"
    earned.do("初审员", answer)
    assert told(earned, "初审员", answer).code == "archive_objection_answered"
    with earned.database.read() as session:
        rows = objecting.list_objections(session, (), person_id=filed.person_id)
        view = objecting.view_objections(session, earned.keyring, rows, date(2024, 3, 1))[0]
    assert (view.said, view.upheld, view.is_late) == ("证书没有作假", False, False)
    earned.do(mine, objects)  # what was answered may be said again


def test_a_share_shows_what_its_owner_chose_until_it_is_ended_and_every_look_is_told(earned: Scene) -> None:
    mine = town_issue.worker(earned, ZHANG_SAN)
    latest = on_day(earned) + timedelta(days=181)
    assert told(earned, mine, lambda work: sharing.share(work, Extent.CERTIFICATES, latest)).code == (
        "archive_share_term_unfit"
    )
    few = earned.do(mine, lambda work: sharing.share(work, Extent.CERTIFICATES))
    earned.do(mine, lambda work: sharing.share(work, Extent.TRAININGS, on_day(earned)))
    with earned.database.read() as session:
        more, less = sharing.view_shares(
            session, earned.keyring, sharing.list_shares(session, few.person_id), on_day(earned)
        )
    seen = anybody(earned, lambda work: sharing.look(work, less.code, "宏大机械公司"))
    assert {each.kind for each in seen.entries} == {EntryKind.CERTIFICATE}
    assert (seen.name, seen.masked_number) == ("张三", "410105********991X")
    assert Mark.REVOKED in {each.mark for each in seen.entries}
    wide = anybody(earned, lambda work: sharing.look(work, more.code.replace(" ", ""), "人才市场"))
    assert {each.kind for each in wide.entries} == {
        EntryKind.CERTIFICATE, EntryKind.TRAINING, EntryKind.EXAM,
    }  # fmt: skip

    def looks(work: Work, code: str = less.code, viewer: str = "宏大机械公司") -> Any:
        return sharing.look(work, code, viewer)

    assert refused(earned, lambda work: looks(work, viewer=" ")).code == "archive_viewer_missing"
    unknown = refused(earned, lambda work: looks(work, "1" * 20))
    theirs = town_issue.worker(earned, LI_SI)
    assert told(earned, theirs, lambda work: sharing.end_share(work, few.id)).code == "archive_share_missing"
    earned.do(mine, lambda work: sharing.end_share(work, few.id))
    assert refused(earned, looks) == unknown
    assert told(earned, mine, lambda work: sharing.end_share(work, few.id)).code == "archive_share_over"
    earned.at += timedelta(days=1)
    assert refused(earned, lambda work: looks(work, more.code)) == unknown, "over at the end of the day"
    with earned.database.read() as session:
        rows = sharing.view_shares(
            session, earned.keyring, sharing.list_shares(session, few.person_id), on_day(earned)
        )
    assert [[each.viewer for each in row.looks] for row in rows] == [["人才市场"], ["宏大机械公司"]]
    assert [row.lives for row in rows] == [False, False]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_record_and_its_shares_take_as_many_statements_however_long_they_are(earned: Scene) -> None:
    """Ten shares with looks, and one certificate more, are read in the statements of one."""
    mine, person_id = town_issue.worker(earned, ZHANG_SAN), town_issue.person_id(earned, ZHANG_SAN)

    def count() -> int:
        with earned.database.read() as session, watched(session) as statements:
            rows = sharing.list_shares(session, person_id, limit=10)
            sharing.view_shares(session, earned.keyring, rows, on_day(earned))
            open_archive(session, earned.keyring, person_id)
        return len(statements)

    def shown() -> sharing.ShareView:
        made = earned.do(mine, lambda work: sharing.share(work, Extent.CERTIFICATES))
        with earned.database.read() as session:
            return sharing.view_shares(session, earned.keyring, [made], on_day(earned))[0]

    first = shown()
    anybody(earned, lambda work: sharing.look(work, first.code, "宏大机械公司"))
    before = count()
    for _ in range(4):
        again = shown()
        for viewer in range(sharing.LOOKS_SHOWN + 1 if again.id == first.id + 4 else 1):
            anybody(earned, partial(sharing.look, code=again.code, viewer=f"单位{viewer}"))
    earned.import_certificates([earned.certificate(ZHANG_SAN, HOUSEKEEPER)])
    assert count() == before
    with earned.database.read() as session:
        newest, *_ = rows = sharing.list_shares(session, person_id, limit=3)
        (row,) = sharing.view_shares(session, earned.keyring, [newest], on_day(earned))
        assert (len(row.looks), row.looks_count) == (sharing.LOOKS_SHOWN, sharing.LOOKS_SHOWN + 1)
        rest = sharing.list_shares(session, person_id, before_id=rows[-1].id, limit=3)
    assert [each.id for each in rest] == [first.id + 1, first.id]


def test_the_signed_record_is_believed_by_a_library_of_others(earned: Scene) -> None:
    """PyJWT, which shares no code with the house's own signing, reads the published key and the signature.

    It proves the bytes of header, payload and signature, the algorithm and the key's form; what a verifiable
    credential has to hold (VC 2.0 §4) is asked below, member by member.
    """
    mine = town_issue.worker(earned, ZHANG_SAN)
    signed = earned.do(mine, lambda work: sign_archive(work, Extent.TRAININGS, HOST))
    with earned.database.read() as session:
        document = json.loads(json.dumps(describe_did(session, HOST)))
    header = jwt.get_unverified_header(signed)
    assert (header["alg"], header["typ"], header["cty"]) == ("ES256", "vc+jwt", "vc")
    assert header["kid"].split("#")[0] == document["id"] == "did:web:px.example.gov.cn%3A8443"
    assert document["assertionMethod"] == [each["id"] for each in document["verificationMethod"]]
    assert len(document["verificationMethod"]) == 1, "a key of another purpose asserts nothing"
    method = next(each for each in document["verificationMethod"] if each["id"] == header["kid"])
    key = jwt.PyJWK(method["publicKeyJwk"])
    credential = jwt.decode(signed, key, algorithms=["ES256"])
    assert credential["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert credential["type"][0] == "VerifiableCredential"
    assert credential["issuer"] == document["id"]
    assert credential["validFrom"] < credential["validUntil"]
    subject = credential["credentialSubject"]
    assert (subject["name"], subject["socialSecurityNumberMasked"]) == ("张三", "410105********991X")
    assert {each["mark"] for each in subject["entries"]} >= {"stands", "revoked"}
    earned_on = next(each for each in subject["entries"] if each["title"].startswith("取得证书"))
    with earned.database.read() as session:
        issued_on = session.scalars(select(Certificate.issued_on).order_by(Certificate.id)).first()
    assert earned_on["happenedAt"] == f"{issued_on}T00:00:00+08:00", "the day it is here, not the one before"
    assert ZHANG_SAN[1] not in json.dumps(credential, ensure_ascii=False)

    head, body, signature = signed.split(".")
    other = body[:-8] + ("A" if body[-8] != "A" else "B") + body[-7:]
    for forged in (f"{head}.{other}.{signature}", f"{head}.{body}.{signature[:-4]}AAAA"):
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(forged, key, algorithms=["ES256"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_is_asked_about_a_signed_record_reads_in_a_public_list_that_it_was_taken_back(
    earned: Scene,
) -> None:
    """The steps of W3C Bitstring Status List 1.0 §3.2 by PyJWT, base64 and gzip, not by our own hand."""
    mine, theirs = town_issue.worker(earned, LI_SI), town_issue.worker(earned, ZHANG_SAN)
    made = [earned.do(mine, lambda work: sign_archive(work, Extent.TRAININGS, HOST)) for _ in range(3)]
    person_id = town_issue.person_id(earned, LI_SI)
    with earned.database.read() as session:
        keys = {
            each["id"]: jwt.PyJWK(each["publicKeyJwk"])
            for each in json.loads(json.dumps(describe_did(session, HOST)))["verificationMethod"]
        }
        first, second, third = reversed(list_signed(session, person_id))

    def opened(signed: str) -> Any:
        key = keys[jwt.get_unverified_header(signed)["kid"]]
        return jwt.decode(signed, key, algorithms=["ES256"])

    def is_revoked(signed: str) -> bool:
        credential = opened(signed)
        entry = credential["credentialStatus"]
        assert (entry["type"], entry["statusPurpose"]) == ("BitstringStatusListEntry", "revocation")
        url, index = entry["statusListCredential"], int(entry["statusListIndex"])
        assert (entry["id"], url) == (f"{url}#{index}", f"https://{HOST}/.well-known/tv/vc-status/1")
        told = opened(anybody(earned, lambda work: write_status_credential(work, 1, HOST, TIMES)))
        assert told["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
        assert (told["id"], told["issuer"]) == (url, credential["issuer"])
        assert told["validFrom"] <= earned.at.isoformat(timespec="seconds") < told["validUntil"]
        subject = told["credentialSubject"]
        assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "revocation")
        packed = subject["encodedList"]
        assert packed[0] == "u"
        bits = gzip.decompress(base64.urlsafe_b64decode(packed[1:] + "=" * (-len(packed[1:]) % 4)))
        assert len(bits) * 8 >= 131_072, "a herd to hide in"
        assert sum(each.bit_count() for each in bits) == ended
        return bool(bits[index // 8] >> (7 - index % 8) & 1)

    ended = 0
    assert [is_revoked(each) for each in made] == [False] * 3
    indexes = [int(opened(each)["credentialStatus"]["statusListIndex"]) for each in made]
    assert {b - a for a, b in pairwise(sorted(indexes))} != {1}, "not one after the other"
    assert told(earned, theirs, lambda work: recall(work, second.id)).code == "archive_credential_missing"
    earned.do(mine, lambda work: recall(work, second.id))
    ended = 1
    assert [is_revoked(each) for each in made] == [False, True, False]
    assert told(earned, mine, lambda work: recall(work, second.id)).code == "archive_credential_missing"
    # what it says is no longer so: a certificate in it was revoked
    assert earned.do("clock", end_due) == 0
    earned.at += timedelta(hours=1)
    with earned.database.read() as session:
        number = session.scalars(select(Certificate.number).where(Certificate.person_id == person_id)).one()
    earned.do("复核员", lambda work: revoke_certificate(work, number, "评价机构违规发证"))
    assert earned.do("clock", end_due) == 2
    ended = 3
    assert [is_revoked(each) for each in made] == [True] * 3
    with earned.database.read() as session:
        rows = list_signed(session, person_id)
    assert [each.why_ended for each in rows] == ["certificate_revoked", "recalled", "certificate_revoked"]
    assert {first.id, third.id} == {rows[0].id, rows[2].id}
    missing = refused(earned, lambda work: write_status_credential(work, 99, HOST, TIMES))
    assert missing.code == "status_list_missing"


def test_a_revocation_that_began_before_a_signing_ends_what_could_not_tell_of_it(
    earned: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is read, the revocation written, the signing written: by the clock it came before."""
    mine, person_id = town_issue.worker(earned, LI_SI), town_issue.person_id(earned, LI_SI)
    began, officer = earned.at, earned.actor("复核员")
    with earned.database.read() as session:
        number = session.scalars(select(Certificate.number).where(Certificate.person_id == person_id)).one()

    def revoke() -> None:
        act = partial(revoke_certificate, number=number, why="评价机构违规发证")
        perform(earned.database, earned.keyring, officer, began, act)

    def read_slowly(*asked: Any) -> Any:
        archive = open_archive(*asked)
        if not earned.database.is_sqlite:  # there, whoever writes waits for the one who writes already
            revoke()
        return archive

    monkeypatch.setattr(signing, "open_archive", read_slowly)
    earned.at = began + timedelta(seconds=2)
    signed = earned.do(mine, lambda work: sign_archive(work, Extent.CERTIFICATES, HOST))
    if earned.database.is_sqlite:
        revoke()
    told = jwt.decode(signed, options={"verify_signature": False})["credentialSubject"]["entries"]
    assert {each["mark"] for each in told} == {"stands"}, "it says of a revoked certificate that it stands"
    assert earned.do("clock", end_due) == 1
    # one that can tell of it stands, whatever was revoked before
    monkeypatch.undo()
    earned.do(mine, lambda work: sign_archive(work, Extent.CERTIFICATES, HOST))
    assert earned.do("clock", end_due) == 0
    sin = "UPDATE archive_credential SET revocations_told = revocations_told + 1"
    with pytest.raises(DBAPIError, match="revocations_told never changes"):
        earned.do("operator", lambda work: work.session.execute(text(sin)))
