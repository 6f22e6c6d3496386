"""Attachments at the API: uploaded one by one, handed in, looked at by few, taken back, swept."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import func, select

from tests.doors.loop import SUN_BA, Loop
from tests.doors.test_applications import made_programme
from tests.doors.world import refused_with
from tests.pictures import PLACE, jpeg, pdf, png
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.people import index_of
from voucher.stages.issue.applications.keeping import sweep_attachments
from voucher.stages.issue.models_attachments import Attachment, AttachmentContent


def send(
    loop: Loop, content: bytes, *, login: str = "sun", key: str | None = None, name: str = "IMG_1.jpg"
) -> Any:
    """Upload a file as somebody and return the answer."""
    return loop[login].post("/attachments", None, key=key, data={"file": (io.BytesIO(content), name)})


def kept(loop: Loop, content: bytes) -> int:
    """Upload a file as the worker and return its id."""
    answer = send(loop, content)
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def filed(loop: Loop, *ids: int) -> dict[str, Any]:
    """File the worker's application with these files and return it as the worker reads it."""
    items = [{"position": 1, "said": "见照片", "attachment_ids": list(ids)}]
    made = loop.done(
        "sun", "/applications", {"programme_id": loop.ids["proven"], "declared": True, "items": items}
    )
    found: dict[str, Any] = loop["sun"].get(f"/applications/{made['id']}").json
    return found


def contents(loop: Loop) -> int:
    """Return how many files are held."""
    with loop.world.database.read() as session:
        return session.scalar(select(func.count()).select_from(AttachmentContent)) or 0


def acts_on(loop: Loop, attachment_id: int) -> list[str]:
    """Return what the trail says was done with one attachment."""
    with loop.world.database.read() as session:
        rows = session.execute(
            select(AuditRow.act, AuditRow.content)
            .where(AuditRow.thing == "attachment", AuditRow.object_id == attachment_id)
            .order_by(AuditRow.id)
        ).all()
    assert all(
        set(content) <= {"sha256", "size", "application", "item", "question", "why"} for _, content in rows
    )
    return [act for act, _ in rows]


def test_a_photograph_goes_with_an_application_and_is_seen_by_few(loop: Loop) -> None:
    loop.ids["proven"] = made_programme(loop)
    first = send(loop, jpeg(6), key="the first photograph")
    assert (first.status_code, first.json["kind"]) == (201, "jpeg")
    assert send(loop, jpeg(6), key="the first photograph").json == first.json, "the network was poor"
    assert kept(loop, jpeg(6)) == first.json["id"], "the same again, with another key"
    refused_with(send(loop, png(), key="the first photograph"), 422, "idempotency_key_reused")
    assert send(loop, jpeg(), login="shenhe").status_code == 403
    # a script by the name of a photograph is refused, and leaves nothing
    refused_with(send(loop, b"<script>alert(1)</script>"), 422, "attachment_kind_unknown")
    assert contents(loop) == 1
    paper = kept(loop, pdf())
    stranger = send(loop, png(), login="li").json["id"]

    items = [{"position": 1, "said": "见照片", "attachment_ids": [first.json["id"], stranger]}]
    body = {"programme_id": loop.ids["proven"], "declared": True, "items": items}
    refused_with(loop["sun"].post("/applications", body), 404, "attachment_missing")
    assert loop["sun"].get("/applications").json["items"] == [], "nothing half-done"
    application = filed(loop, first.json["id"], paper)
    shown = application["items"][0]["attachments"]
    assert [each["kind_name"] for each in shown] == ["照片", "PDF"]

    path = f"/attachments/{first.json['id']}"
    for login in ("li", "zz-shenhe"):
        refused_with(loop[login].get(path), 404, "attachment_missing")
        refused_with(loop[login].get(f"{path}/content"), 404, "attachment_missing")
        refused_with(loop[login].get("/attachments/999999/content"), 404, "attachment_missing")
    for login in ("t1-admin", "jiban", "jianguan"):
        assert loop[login].get(f"{path}/content").status_code == 403, login
    assert loop.world.visit().get(f"{path}/content").status_code == 401
    assert loop["shenhe"].get(f"/attachments/{stranger}").status_code == 404, "not handed in yet"

    answer = loop["sun"].get(f"{path}/content")
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert PLACE not in answer.data
    assert acts_on(loop, first.json["id"]) == ["upload", "attach"], "one's own look is no secret"
    answer = loop["shenhe"].get(f"{path}/content")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert (
        loop["shenhe"]
        .get(f"/attachments/{paper}/content")
        .headers["Content-Disposition"]
        .startswith("attachment")
    )
    assert acts_on(loop, first.json["id"]) == ["upload", "attach", "look"]


def test_an_answer_carries_files_too_and_one_is_taken_back_before_the_decision(loop: Loop) -> None:
    loop.ids["proven"] = made_programme(loop)
    first, unclear = kept(loop, png()), kept(loop, png(shade=1))
    application = filed(loop, first, unclear)
    own, item = f"/applications/{application['id']}", application["items"][0]
    refused_with(loop["li"].post(f"/attachments/{unclear}/withdrawals", {}), 404, "attachment_missing")
    gone = loop.done("sun", f"/attachments/{unclear}/withdrawals")
    assert gone["removed_name"] == "本人已撤下"
    refused_with(loop["sun"].post(f"/attachments/{unclear}/withdrawals", {}), 404, "attachment_missing")
    refused_with(loop["shenhe"].get(f"/attachments/{unclear}/content"), 404, "attachment_missing")
    assert contents(loop) == 1

    loop.done(
        "shenhe", f"{own}/clarifications", {"questions": [{"item_id": item["id"], "question": "看不清"}]}
    )
    question = loop["sun"].get(own).json["items"][0]["questions"][0]["id"]
    again = [kept(loop, png(shade=10 + shade)) for shade in range(5)]
    answers = {"answers": [{"question_id": question, "answer": "重拍了", "attachment_ids": again}]}
    facts = refused_with(loop["sun"].post(f"{own}/answers", answers), 413, "attachments_too_many")
    assert (facts["count"], facts["most"]) == (6, 5), "the one taken back does not count"
    answers["answers"][0]["attachment_ids"] = [first]
    refused_with(loop["sun"].post(f"{own}/answers", answers), 409, "attachment_used")
    answers["answers"][0]["attachment_ids"] = again[:1]
    loop.done("sun", f"{own}/answers", answers)
    shown = loop["shenhe"].get(own).json["items"][0]
    assert [each["id"] for each in shown["questions"][0]["attachments"]] == again[:1]
    assert [each["removed_name"] for each in shown["attachments"]] == [None, "本人已撤下"]

    loop.done("shenhe", f"{own}/decisions", {"decision": "decline", "opinion": "与登记不符"})
    refused_with(loop["sun"].post(f"/attachments/{first}/withdrawals", {}), 409, "attachment_decided")
    assert loop["shenhe"].get(f"/attachments/{first}/content").status_code == 200
    # what nobody handed in goes after three days, what was shown in vain after ninety
    loop.world.later(days=2)
    assert loop.world.do("clock", sweep_attachments) == 0
    loop.world.later(days=2)
    assert loop.world.do("clock", sweep_attachments) == 4
    assert acts_on(loop, again[1]) == ["upload", "remove"]
    loop.world.later(days=85)
    assert loop.world.do("clock", sweep_attachments) == 0
    loop.world.later(days=5)
    assert loop.world.do("clock", sweep_attachments) == 2
    assert contents(loop) == 0
    with loop.world.database.read() as session:
        rows = session.scalars(select(Attachment.removed_why)).all()
    assert sorted(str(each) for each in rows) == ["ended"] * 2 + ["taken_back"] + ["unused"] * 4


def test_nobody_piles_up_uploads_and_one_named_twice_is_one(loop: Loop) -> None:
    programme = loop.ids["proven"] = made_programme(loop)
    for shade in range(29):
        kept(loop, png(shade=shade))
    last = kept(loop, jpeg())
    refused_with(send(loop, png(shade=99)), 413, "attachments_unused_too_many")
    assert kept(loop, jpeg(shade=1)) == last, "what is there already is not one more"
    items = [{"position": 1, "said": "见照片", "attachment_ids": [last, last]}]
    made = loop.done("sun", "/applications", {"programme_id": programme, "declared": True, "items": items})
    shown = loop["sun"].get(f"/applications/{made['id']}").json["items"][0]["attachments"]
    assert [each["id"] for each in shown] == [last]


def test_erasing_a_person_erases_the_photographs(loop: Loop) -> None:
    loop.ids["proven"] = made_programme(loop)
    content = pdf(b"(A sentence nobody else would write)")
    held = kept(loop, content)
    filed(loop, held)
    with loop.world.database.read() as session:
        sealed = session.scalars(select(AttachmentContent.sealed)).one()
    assert b"A sentence nobody" not in sealed
    assert loop["shenhe"].get(f"/attachments/{held}/content").data == content

    def erase(work: Work) -> None:
        subjects.destroy_key(work, index_of(work.keyring, SUN_BA[1]))

    loop.world.do("operator", erase)
    refused_with(loop["shenhe"].get(f"/attachments/{held}/content"), 404, "subject_erased")
    assert loop["shenhe"].get(f"/attachments/{held}").status_code == 200, "that there was one stays known"
