"""竞赛成绩 out of a file: every wrong row named, one file twice changes nothing, nothing is written over."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from tests.awarded import placed, take_places
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from voucher.registry.competitions import CompetitionResult
from voucher.registry.importing.frame import ImportRefused


def told(scene: Scene, **changes: object) -> list[tuple[str | None, str]]:
    with pytest.raises(ImportRefused) as caught:
        take_places(scene, placed(LI_SI), placed(ZHANG_SAN, **changes))
    return [(each.column, each.refusal.code) for each in caught.value.report.problems]


def count(scene: Scene) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(CompetitionResult)) or 0


def test_every_wrong_row_is_named_and_nothing_of_the_file_is_kept(scene: Scene) -> None:
    scene.at = on("2024-05-01")
    scene.import_people([{"姓名": name, "证件号码": number} for name, number in (ZHANG_SAN, LI_SI)])
    wrong = ZHANG_SAN[1][:-1] + ("1" if ZHANG_SAN[1][-1] != "1" else "2")
    for changes, column, code in (
        ({"姓名": "张叁"}, "姓名", "result_name_differs"),
        ({"证件号码": wrong}, "证件号码", "identity_check_digit"),
        ({"赛事类别": "省级一级赛"}, "赛事类别", "result_word_unknown"),
        ({"赛事名称": ""}, "赛事名称", "cell_missing"),
        ({"职业编码": "9-99-99-99"}, "职业编码", "occupation_unknown"),
        ({"参赛人数": "0"}, "参赛人数", "result_number_unfit"),
        ({"名次": "一等奖"}, "名次", "result_number_unfit"),
        ({"名次": "201"}, "名次", "result_number_unfit"),
        ({"获奖日期": "2024-05-02"}, "获奖日期", "result_not_yet"),
        ({"获奖日期": "2020-01-01"}, "赛事类别", "word_unknown"),
        ({"获奖证书编号": ""}, "获奖证书编号", "cell_missing"),
        ({"文件": ""}, "文件", "cell_missing"),
        ({"荣誉": "最佳选手"}, "荣誉", "result_word_unknown"),
        ({"撤销日期": "2024-01-01"}, "撤销原因", "result_revoked_half"),
        ({"撤销日期": "2023-01-01", "撤销原因": "冒名"}, "撤销日期", "period_reversed"),
    ):
        assert (column, code) in told(scene, **changes), changes
    assert count(scene) == 0, "one wrong row and the right one is not kept either"


def test_a_place_is_entered_once_taken_back_once_and_never_written_over(scene: Scene) -> None:
    scene.at = on("2024-05-01")
    row = placed(ZHANG_SAN, 荣誉="河南省技术能手", 名次="第3名", 参赛人数="")
    assert (take_places(scene, row).rows_added, take_places(scene, row).rows_unchanged) == (1, 1)
    spelled = {**row, "赛事名称": "2023年 河南省（车工）职业技能竞赛"}
    assert take_places(scene, spelled).rows_unchanged == 1, "brackets and blanks make no second contest"
    for changes in ({"名次": "2"}, {"获奖证书编号": "另一编号"}, {"荣誉": ""}, {"获奖日期": "2023-12-21"}):
        with pytest.raises(ImportRefused) as caught:
            take_places(scene, {**row, **changes})
        assert [each.refusal.code for each in caught.value.report.problems] == ["result_fixed"]
    gone = {**row, "撤销日期": "2024-02-01", "撤销原因": "冒名顶替，取消成绩"}
    assert take_places(scene, gone).rows_changed == 1
    assert take_places(scene, gone).rows_unchanged == 1
    with pytest.raises(ImportRefused):
        take_places(scene, row)
    for sin in (
        delete(CompetitionResult),
        update(CompetitionResult).values(place=1),
        update(CompetitionResult).values(honour=None),
        update(CompetitionResult).values(why="改写"),
    ):
        with pytest.raises(DBAPIError), scene.database.read() as session:
            session.execute(sin)
    with scene.database.read() as session:
        kept = session.scalars(select(CompetitionResult)).one()
    assert (kept.place, kept.team, kept.honour, kept.why) == (
        3,
        1,
        "henan_skill_expert",
        "冒名顶替，取消成绩",
    )
