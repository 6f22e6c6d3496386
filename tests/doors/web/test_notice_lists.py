"""公示名单：张贴时留下指纹，异议成立只撤那一条，期满归档，任何出口都没有未脱敏的号码。"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.doors.web.browser import Browser
from tests.doors.world import World, refused_with
from tests.loop.telling import claims_of, first_review, person, post, ready, second_review, settle_for
from tests.papers import says
from tests.scene import Scene
from voucher.doors.auth.door import DoorLimits
from voucher.doors.web import notice_paper
from voucher.plumbing.documents import make_pdf
from voucher.plumbing.secrets import Keyring
from voucher.registry import people as registry_people
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.settle import notice, objection
from voucher.stages.settle.published import find_list

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@ONE_DATABASE
def test_a_list_is_fingerprinted_when_posted_loses_one_line_to_an_objection_and_is_archived(
    scene: Scene, world: World
) -> None:
    """数据文件的 SHA-256 就是页面和 PDF 上的指纹；撤下一条后其余金额不变；归档后只剩合计。"""
    ready(scene)
    people = [person(i) for i in range(5)]
    batch = settle_for(scene, people, scene.open_budget()).batch_id
    first_review(scene, batch)
    second_review(scene, batch)
    posted = post(scene, batch)
    world.at = scene.at.astimezone(UTC)
    anyone = Browser(world.visit().http)
    page = anyone.go(f"/notices/{posted.id}")
    with scene.database.read() as session:
        kept = find_list(session, posted.id)
        assert kept is not None
    assert (kept.line_count, kept.total_fen) == (5, 1000_00)
    assert kept.fingerprint in page.text

    file = anyone.http.get(f"/notices/{posted.id}/list.csv")
    assert hashlib.sha256(file.data).hexdigest() == kept.fingerprint
    paper = anyone.http.get(f"/notices/{posted.id}/list.pdf")
    assert paper.data == anyone.http.get(f"/notices/{posted.id}/list.pdf").data
    assert paper.data.startswith(b"%PDF-")
    assert b"<pdfaid:part>2</pdfaid:part>" in paper.data
    with scene.database.read() as session:
        anchor = tell_anchor(session, scene.at)
    assert says(paper.data, f"张贴时的留痕检查点：{anchor}")
    assert says(paper.data, f"张贴时名单指纹（SHA-256）{kept.fingerprint}")
    for answer in (file, paper):
        assert "noindex" in answer.headers["X-Robots-Tag"]
    for name, number in people:
        for text in (file.data.decode(), page.html):
            assert number not in text
            assert name not in text
        assert number[:6] + "********" + number[-4:] in file.data.decode()

    # one objection is upheld: its line alone goes, the others keep their amounts
    first, *others = claims_of(scene)
    made = scene.do("operator", lambda work: objection.lodge(work, posted.id, first.id, "未参加考试", None))
    scene.do(
        "异议处理员", lambda work: objection.decide(work, made.id, uphold=True, conclusion="监控核实未到场")
    )
    page = anyone.go(f"/notices/{posted.id}")
    assert "现在公示 4 条，其余条目和金额不变" in page.text
    left = anyone.http.get(f"/notices/{posted.id}/list.csv").data.decode()
    assert first.number not in left
    for each in others:
        (line,) = [row for row in left.splitlines() if each.number in row]
        assert line in file.data.decode().splitlines()
    followed = anyone.go(f"/objections/{made.number}").text
    assert "监控核实未到场" in followed

    scene.close_notices()
    world.later(days=20)
    assert "公示期" in anyone.go("/notices?state=closed").text
    assert anyone.http.get(f"/notices/{posted.id}/list.csv").status_code == 200
    world.later(days=60)
    page = anyone.go(f"/notices/{posted.id}")
    assert "名单已归档，不再公开" in page.text
    assert others[0].number not in page.html
    assert "800.00" in page.text
    for path in ("list.csv", "list.pdf"):
        assert anyone.http.get(f"/notices/{posted.id}/{path}").status_code == 404
    refused_with(world.visit().get(f"/notices/{posted.id}/lines"), 404, "notice_archived")
    assert scene.do("clock", notice.close_due_notices) == 0


@ONE_DATABASE
def test_a_part_opens_no_other_parts_names_and_nobody_asks_for_it_without_end(
    scene: Scene, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """一份 PDF 只解密本份的人；指纹取张贴时留下的；同一地址限频。"""
    ready(scene)
    batch = settle_for(scene, [person(i) for i in range(5)], scene.open_budget()).batch_id
    first_review(scene, batch)
    second_review(scene, batch)
    posted = post(scene, batch)
    monkeypatch.setattr(notice_paper, "LINES_PER_PART", 2)
    told: list[dict[str, Any]] = []
    opened: list[int] = []
    read = registry_people.read_people

    def spy(session: Session, keyring: Keyring, ids: Sequence[int], *more: Any) -> object:
        opened.append(len(ids))
        return read(session, keyring, ids, *more)

    monkeypatch.setattr(registry_people, "read_people", spy)

    def set_paper(kind: Path, said: dict[str, Any], at: datetime) -> bytes:
        told.append(said)
        return make_pdf(kind, said, at)

    monkeypatch.setattr(notice_paper, "make_pdf", set_paper)
    strict = World(
        world.database, world.keyring, world.folder, limits=DoorLimits(figures_rate="3 per minute")
    )
    strict.at = scene.at.astimezone(UTC)
    anyone = Browser(strict.visit().http)
    answers = [anyone.http.get(f"/notices/{posted.id}/list.pdf?part={part}") for part in (1, 2, 3, 1)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert opened == [2, 2, 1], "the others stay sealed"
    with scene.database.read() as session:
        kept = find_list(session, posted.id)
    assert kept is not None
    assert {each["fingerprint"] for each in told} == {kept.fingerprint}
    numbers = [[row[1] for row in each["lines"]] for each in told]
    assert numbers == [[each.number for each in claims_of(scene)[start : start + 2]] for start in (0, 2, 4)]
    assert "共 3 份　本份 1 条　全部 5 条，1,000.00 元" in str(told[2]["sum"])
    rest = [strict.visit().http.get(f"/notices/{posted.id}/list.csv").status_code for _ in range(4)]
    assert rest == [200, 200, 200, 429]
