"""Canaries: two people whose names occur nowhere else go through everything and leave no trace."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.scene import EV1, NURSE, TURNER, Scene, on, staff_number
from voucher.ledger.sealing import seal_all
from voucher.plumbing.db import Model
from voucher.plumbing.logs import configure_logs, describe_error
from voucher.plumbing.unit_of_work import Work
from voucher.registry import renaming, subjects
from voucher.registry.people import index_of
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle import clawback, notice, objection, review
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice

ANNA = ("金丝雀甲", staff_number("410881198807070130"))
BERT = ("金丝雀乙", staff_number("410881197909090250"))
MOBILE, NEW_NAME, CONTACT = "13598765432", "金丝雀丙", "找金丝雀丁 13577665544"
CANARIES = (
    ANNA[0], ANNA[1], ANNA[1][:17], BERT[0], BERT[1], BERT[1][:17], MOBILE, NEW_NAME, "金丝雀", "13577665544",
)  # fmt: skip


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Yield what the process logs."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    out = io.StringIO()
    configure_logs(out)
    yield out
    root.handlers, root.level = before, level


def refused_in(scene: Scene, told: list[object]) -> None:
    """Run into refusals with the canaries in hand, and collect everything they say."""
    wrong = (ANNA[0], ANNA[1][:17] + ("0" if ANNA[1][17] != "0" else "1"))
    rows = [
        scene.certificate(wrong, NURSE),
        scene.certificate(ANNA, NURSE, number="短"),
        scene.certificate(ANNA, "9-99-99-99"),
        scene.certificate(("=金丝雀()", ANNA[1]), NURSE),
        scene.certificate(ANNA, NURSE, issued="2023-13-45"),
    ]
    for row in rows:
        with contextlib.suppress(Refused):
            scene.import_certificates([row])
            raise AssertionError("imported a row that should be refused")
        report = scene.import_certificates([row], partial=True)
        told.append(report.as_json())
        assert report.problems
    people = {"手机号": MOBILE, "人员类别": "农民工", "户籍地区": "不存在的地方"}
    told.append(
        scene.import_people([{"姓名": ANNA[0], "证件号码": ANNA[1], **people}], partial=True).as_json()
    )
    with pytest.raises(Refused) as refused:
        scene.do("初审员", lambda work: renaming.propose_name(work, BERT[1], BERT[0], "户口本"))
    told.append([str(refused.value), refused.value.refusal])


def live_through_everything(scene: Scene, told: list[object]) -> None:
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    scene.import_people(
        [{"姓名": ANNA[0], "证件号码": ANNA[1], "手机号": MOBILE, "人员类别": "农民工", "户籍地区": "419001"}]
    )
    scene.certify(scene.certificate(ANNA, NURSE), scene.certificate(BERT, TURNER))
    refused_in(scene, told)
    budget = scene.open_budget(1000)
    settled = scene.settle(budget)
    told += [[each.explanation, each.findings, each.refusal] for each in settled.verdicts]
    assert len(settled.with_outcome(Outcome.PAYABLE)) == 2
    scene.review_and_post(settled.batch_id)
    with scene.database.read() as session:
        notice_id = session.scalars(select(Notice.id)).one()
        claim_id = session.scalars(select(Claim.id).order_by(Claim.id)).first()
    assert claim_id is not None
    lodged = scene.do("clock", lambda work: objection.lodge(work, notice_id, claim_id, "名单有误", CONTACT))
    scene.do("异议处理员", lambda work: objection.decide(work, lodged.id, uphold=False, conclusion="不成立"))
    scene.close_notices()
    scene.do("审批员", lambda work: review.sign(work, settled.batch_id, Step.APPROVE, opinion="同意"))
    scene.bank_answers(scene.make_file(budget))
    scene.do("初审员", lambda work: clawback.open_clawback(work, claim_id, "证书存疑"))
    proposed = scene.do("初审员", lambda work: renaming.propose_name(work, ANNA[1], NEW_NAME, "户口本"))
    scene.do("复核员", lambda work: renaming.approve_name(work, proposed.id))
    again = scene.settle(budget)
    told += [[each.explanation, each.findings, each.refusal, each.earlier] for each in again.verdicts]
    told.append(scene.do("clock", notice.close_due_notices))
    seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, scene.folder / "anchors.jsonl")


def canaries_in(text: str) -> list[str]:
    return [each for each in CANARIES if each in text]


def dump(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield every row of every table as text, sealed columns as the bytes they are."""
    with scene.database.engine.connect() as connection:
        for table in Model.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                values = [
                    each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in row
                ]
                yield table.name, "|".join(values)


def test_no_table_no_refusal_and_no_log_names_anybody(scene: Scene, written: io.StringIO) -> None:
    told: list[object] = []
    live_through_everything(scene, told)
    assert [(name, found) for name, row in dump(scene) if (found := canaries_in(row))] == []
    assert canaries_in(json.dumps(told, ensure_ascii=False, default=str)) == []
    assert canaries_in(written.getvalue()) == []
    assert canaries_in((scene.folder / "anchors.jsonl").read_text(encoding="utf-8")) == []


def test_a_database_error_is_logged_without_the_values_it_carries(scene: Scene) -> None:
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    scene.certify(scene.certificate(ANNA, NURSE))

    def write_twice(work: Work) -> None:
        index = index_of(work.keyring, ANNA[1])
        work.session.add(
            subjects.SubjectKey(blind_index=index, wrapped_key=ANNA[0].encode(), created_at=work.at)
        )
        work.session.flush()

    with pytest.raises(Refused) as refused:
        scene.do("operator", write_twice)
    assert canaries_in(repr(refused.value.refusal)) == []
    assert refused.value.__cause__ is None

    def break_a_check(work: Work) -> None:
        work.session.add(subjects.SubjectKey(blind_index=ANNA[0], wrapped_key=b"x", created_at=work.at))
        work.session.flush()

    with pytest.raises(IntegrityError) as broken:
        scene.do("operator", break_a_check)
    assert canaries_in(json.dumps(describe_error(broken.value), ensure_ascii=False)) == []


def test_the_canaries_would_be_seen(scene: Scene) -> None:
    """The control: a name written into free text is found by the same search."""
    scene.do(
        "operator",
        lambda work: work.session.add(
            subjects.SubjectKey(
                blind_index=ANNA[1][:16] * 4, wrapped_key=ANNA[0].encode(), created_at=work.at
            )
        ),
    )
    assert [name for name, row in dump(scene) if canaries_in(row)] == ["subject_key"]
