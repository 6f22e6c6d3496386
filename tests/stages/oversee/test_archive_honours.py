"""Honours stand in a person's record by their day and document; taken back they stay, marked."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from tests import town_issue
from tests.awarded import give_honours, placed, take_places
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.talents.honours import PersonHonour
from voucher.rules.archive import Entry, EntryKind, Extent, Mark, choose_shown
from voucher.stages.oversee.archive.entries import open_archive


def told(scene: Scene, row: dict[str, object]) -> list[str]:
    with pytest.raises(ImportRefused) as caught:
        give_honours(scene, row)
    return [each.refusal.code for each in caught.value.report.problems]


def read(scene: Scene) -> list[Entry]:
    person_id = town_issue.person_id(scene, ZHANG_SAN)
    with scene.database.read() as session:
        return open_archive(session, scene.keyring, person_id).entries


def test_an_honour_stands_in_the_record_and_is_never_written_over(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    scene.import_people([{"姓名": name, "证件号码": number} for name, number in (ZHANG_SAN, LI_SI)])
    row: dict[str, object] = {
        "姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "荣誉": "河南省技术能手", "获得日期": "2023-12-20",
        "文件": "豫人社〔2023〕9号", "撤销日期": "", "撤销原因": "",
    }  # fmt: skip
    assert give_honours(scene, row).rows_added == 1
    assert give_honours(scene, row).rows_unchanged == 1
    (entry,) = read(scene)
    assert (entry.kind, entry.title, entry.mark) == (
        EntryKind.HONOUR, "获得荣誉：河南省技术能手", Mark.STANDS,
    )  # fmt: skip
    assert dict(entry.facts)["文件"] == "豫人社〔2023〕9号"
    # whoever was let in by an older consent was not promised honours
    assert all(choose_shown([entry], extent) == [] for extent in Extent)

    assert told(scene, {**row, "荣誉": "最佳员工"}) == ["honour_unknown"]
    assert told(scene, {**row, "获得日期": "2024-12-20"}) == ["honour_not_yet"]
    assert told(scene, {**row, "姓名": "张叁"}) == ["honour_name_differs"]
    assert told(scene, {**row, "文件": "豫人社〔2023〕10号"}) == ["honour_fixed"]
    assert told(scene, {**row, "撤销日期": "2024-02-01"}) == ["honour_revoked_half"]

    gone = {**row, "撤销日期": "2024-02-01", "撤销原因": "材料不实，表彰决定撤销"}
    assert give_honours(scene, gone).rows_changed == 1
    (entry,) = read(scene)
    assert (entry.mark, entry.why) == (Mark.REVOKED, "材料不实，表彰决定撤销")
    assert told(scene, row) == ["honour_fixed"], "what was taken back does not come back in silence"
    for sin in (
        delete(PersonHonour),
        update(PersonHonour).values(document="另一文件"),
        update(PersonHonour).values(why="改写"),
    ):
        with pytest.raises(DBAPIError), scene.database.read() as session:
            session.execute(sin)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_place_in_a_contest_stands_in_the_record_with_the_level_it_opens(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    row = placed(ZHANG_SAN, 荣誉="河南省技术能手")
    take_places(scene, row, placed(ZHANG_SAN, 赛事名称="县级赛", 赛事类别="县级竞赛", 名次="1"))
    first, second = read(scene)
    assert (first.kind, first.title, first.mark) == (
        EntryKind.HONOUR, "竞赛获奖：2023年河南省车工职业技能竞赛", Mark.STANDS,
    )  # fmt: skip
    told = dict(first.facts)
    assert (told["名次"], told["可申报等级"], told["获奖证书编号"], told["荣誉"]) == (
        "第 3 名", "二级/技师", "豫技赛2023-0003", "河南省技术能手",
    )  # fmt: skip
    assert "可申报等级" not in dict(second.facts), "the table has no such class"
    assert all(choose_shown([first], extent) == [] for extent in Extent)
    take_places(scene, {**row, "撤销日期": "2024-02-01", "撤销原因": "冒名顶替"})
    first, _ = read(scene)
    assert (first.mark, first.why, "可申报等级" in dict(first.facts)) == (Mark.REVOKED, "冒名顶替", False)
