"""竞赛成绩 out of a file: every wrong row named, one file twice changes nothing, nothing is written over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from tests.awarded import confirm_newest, give_honours, honoured, newest_file, placed, send_in, take_places
from tests.scene import JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, Scene, on, staff_number
from tests.watching import watched
from voucher.plumbing.unit_of_work import Work
from voucher.registry.dictionaries import DictionaryEntry
from voucher.registry.importing.awards import entering_for
from voucher.registry.importing.competition_results import CompetitionResultsImporter
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.standards import Parameter
from voucher.registry.talents.awarding import confirm_awards, decline_awards, open_file
from voucher.registry.talents.awards import AwardFile, AwardKind, AwardLine
from voucher.registry.talents.competitions import CompetitionResult, read_honours
from voucher.rules.actor import Grant, Role
from voucher.rules.errors import Refused


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
    ended = {"dictionary": "competition", "code": "ended", "name": "停办的大赛", "source": "示例"}
    days = {"since": date(2019, 1, 1), "until": date(2022, 12, 31)}
    with scene.database.engine.begin() as connection:
        connection.execute(insert(DictionaryEntry).values(**ended, **days))
    wrong = ZHANG_SAN[1][:-1] + ("1" if ZHANG_SAN[1][-1] != "1" else "2")
    for changes, column, code in (
        ({"姓名": "张叁"}, "姓名", "result_name_differs"),
        ({"证件号码": wrong}, "证件号码", "identity_check_digit"),
        ({"赛事类别": "省级一级赛"}, "赛事类别", "result_word_unknown"),
        ({"赛事名称": ""}, "赛事名称", "cell_missing"),
        ({"赛事名称": "——"}, "赛事名称", "result_contest_unreadable"),
        ({"职业编码": "9-99-99-99"}, "职业编码", "occupation_unknown"),
        ({"参赛人数": "0"}, "参赛人数", "result_number_unfit"),
        ({"参赛人数": ""}, "参赛人数", "cell_missing"),
        ({"名次": "一等奖"}, "名次", "result_number_unfit"),
        ({"名次": "201"}, "名次", "result_number_unfit"),
        ({"获奖日期": "2024-05-02"}, "获奖日期", "result_not_yet"),
        ({"赛事类别": "停办的大赛"}, "赛事类别", "word_ended"),
        ({"获奖证书编号": ""}, "获奖证书编号", "cell_missing"),
        ({"文件": ""}, "文件", "cell_missing"),
        ({"荣誉": "最佳选手"}, "荣誉", "result_word_unknown"),
        ({"撤销日期": "2024-01-01"}, "撤销原因", "result_revoked_half"),
        ({"撤销日期": "2023-01-01", "撤销原因": "冒名"}, "撤销日期", "period_reversed"),
    ):
        assert (column, code) in told(scene, **changes), changes
    assert count(scene) == 0, "one wrong row and the right one is not kept either"


def test_what_was_won_before_a_document_lists_it_is_entered_too(scene: Scene) -> None:
    scene.at = on("2024-05-01")
    old = placed(ZHANG_SAN, 赛事名称="2016年河南省车工职业技能竞赛", 获奖日期="2016-12-20")
    assert take_places(scene, old).rows_added == 1
    assert give_honours(scene, honoured(ZHANG_SAN, "全国技术能手", "2019-01-08")).rows_added == 1
    with scene.database.read() as session:
        person_id = session.scalars(select(CompetitionResult.person_id)).one()
        held = read_honours(session, [person_id], date(2024, 5, 1))
    assert held == {person_id: {"national_skill_expert"}}, "it opens the exam its holder may sit"


def test_a_place_is_entered_once_taken_back_once_and_never_written_over(scene: Scene) -> None:
    scene.at = on("2024-05-01")
    row = placed(ZHANG_SAN, 荣誉="河南省技术能手", 名次="第3名")
    assert (take_places(scene, row).rows_added, take_places(scene, row).rows_unchanged) == (1, 1)
    spelled = {**row, "赛事名称": "2023年 河南省（车工）职业技能竞赛"}
    assert take_places(scene, spelled).rows_unchanged == 1, "brackets and blanks make no second contest"
    for changes in ({"名次": "2"}, {"获奖证书编号": "另一编号"}, {"荣誉": ""}, {"获奖日期": "2023-12-21"}):
        with pytest.raises(ImportRefused) as caught:
            take_places(scene, {**row, **changes})
        assert [each.refusal.code for each in caught.value.report.problems] == ["result_fixed"]
    gone = {**row, "撤销日期": "2024-02-01", "撤销原因": "冒名顶替，取消成绩"}
    scene.hire("新乡经办", Role.OPERATOR, "310101199001010120", XINXIANG)
    with pytest.raises(ImportRefused) as caught:
        take_places(scene, gone, by="新乡经办")
    assert [each.refusal.code for each in caught.value.report.problems] == ["award_foreign"]
    assert take_places(scene, gone).rows_changed == 1
    assert take_places(scene, gone).rows_unchanged == 1
    with pytest.raises(ImportRefused):
        take_places(scene, row)
    for sin in (
        delete(CompetitionResult),
        update(CompetitionResult).values(place=1),
        update(CompetitionResult).values(honour=None),
        update(CompetitionResult).values(why="改写"),
        update(AwardFile).values(confirmed_by_person_id=AwardFile.filed_by_person_id),
        update(AwardLine).values(why="改写"),
        delete(AwardFile),
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


def test_nobody_enters_or_takes_back_a_place_alone(scene: Scene) -> None:
    """Until another person confirms the file nothing of it counts; the database takes no row without one."""
    scene.at = on("2024-05-01")
    scene.hire("新乡经办", Role.OPERATOR, "310101199001010130", XINXIANG)
    scene.hire("登记员二号", Role.OPERATOR, "310101199001010110")
    assert send_in(scene, CompetitionResultsImporter, placed(ZHANG_SAN), placed(LI_SI)).rows_added == 2
    assert count(scene) == 0
    file_id = newest_file(scene).id
    for login, code in (
        ("登记员", "second_person_needed"),
        ("登记员二号", "second_person_needed"),
        ("新乡经办", "award_file_missing"),
    ):
        with pytest.raises(Refused, match=code):
            confirm_newest(scene, by=login)
    confirm_newest(scene)
    assert count(scene) == 2
    with pytest.raises(Refused, match="award_file_decided"):
        confirm_newest(scene)
    gone = placed(ZHANG_SAN, 撤销日期="2024-02-01", 撤销原因="冒名顶替，取消成绩")
    assert send_in(scene, CompetitionResultsImporter, gone).rows_changed == 1
    waiting = newest_file(scene).id
    row, told = "SELECT min(id) FROM competition_result", "team, place, awarded_on, award_number, document"
    told = f"person_id, competition, trade_code, {told}, recorded_at, recorded_by_person_id"
    table, line = "competition_result", "award_file_id, line, person_id, facts"
    alone = "confirmed_at = filed_at, confirmed_by_person_id = filed_by_person_id"
    for sin in (
        f"UPDATE competition_result SET revoked_on = '2024-02-01', why = '一人' WHERE id = ({row})",
        f"UPDATE award_file SET {alone} WHERE id = {waiting}",
        f"UPDATE award_file SET region_code = '{XINXIANG}' WHERE id = {waiting}",
        f"INSERT INTO {table} (contest, award_file_id, {told}) SELECT 'X', {waiting}, {told} FROM {table}",
        f"INSERT INTO {table} (contest, {told}) SELECT 'X', {told} FROM {table}",
        f"INSERT INTO award_line ({line}) SELECT {file_id}, 9, person_id, facts FROM award_line",
    ):
        with pytest.raises(DBAPIError):
            scene.plant(sin)
    # the same file sent in twice: what is confirmed second changes nothing more
    assert send_in(scene, CompetitionResultsImporter, gone).rows_changed == 1
    confirm_newest(scene)
    scene.do("登记确认员", lambda work: confirm_awards(work, file_id + 1).id)
    with scene.database.read() as session:
        assert [
            each.why for each in session.scalars(select(CompetitionResult).order_by(CompetitionResult.id))
        ] == [
            "冒名顶替，取消成绩",
            None,
        ]


def test_whoever_a_line_is_about_decides_nothing_and_a_file_is_carried_out_at_once(scene: Scene) -> None:
    """退回也不由本人办；几百行一次写入，不逐行；要撤销的行先锁住，后确认的一份看到前一份的结果。"""
    scene.at = on("2024-05-01")
    scene.hire("本人", Role.OPERATOR, "310101199001010140")
    own = placed(("本人", staff_number("310101199001010140")))
    send_in(scene, CompetitionResultsImporter, own)
    file_id = newest_file(scene).id
    with pytest.raises(Refused, match="award_own"):
        scene.do("本人", lambda work: decline_awards(work, file_id, "不同意").id)
    scene.do("登记员", lambda work: decline_awards(work, file_id, "自己收回").id)

    def confirm(file_id: int) -> list[str]:
        sent: list[str] = []

        def act(work: Work) -> int:
            with watched(work.session) as statements:
                done = confirm_awards(work, file_id).id
            sent.extend(statements)
            return done

        scene.do("登记确认员", act)
        return sent

    take_places(scene, placed(LI_SI))
    costs = []
    for some in ((1, 2), range(3, 43)):
        rows = [placed(ZHANG_SAN, 赛事名称=f"第{each}场") for each in some]
        send_in(scene, CompetitionResultsImporter, *rows)
        costs.append(len(confirm(newest_file(scene).id)))
    assert costs[0] == costs[1], "not a line at a time"

    for why in ("冒名顶替", "另一理由"):
        gone = placed(LI_SI, 撤销日期="2024-02-01", 撤销原因=why)
        send_in(scene, CompetitionResultsImporter, gone)
    second = newest_file(scene).id
    sent = confirm(second - 1)
    if scene.database.engine.dialect.name == "postgresql":
        assert any("FROM competition_result" in each and "FOR UPDATE" in each for each in sent)
    with pytest.raises(Refused, match="award_file_stale"):
        confirm(second)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_has_so_many_lines_and_is_entered_in_the_name_of_one_region(scene: Scene) -> None:
    """What one person confirms can be read; who serves in two regions says for which, and for no third."""
    scene.at = on("2024-05-01")
    most = update(Parameter).where(Parameter.name == "award_file_lines_most").values(value="1")
    scene.do("operator", lambda work: work.session.execute(most))
    rows = (placed(ZHANG_SAN), placed(LI_SI))
    with pytest.raises(ImportRefused) as caught:
        send_in(scene, CompetitionResultsImporter, *rows)
    (problem,) = caught.value.report.problems
    assert (problem.line, problem.refusal.code) == (3, "award_file_large")
    assert "一份登记文件最多 1 行" in problem.refusal.title
    assert "请拆成几份分别上传" in problem.refusal.next_step
    assert send_in(scene, CompetitionResultsImporter, rows[0]).rows_added == 1

    def enter(work: Work, region: str | None) -> str:
        both = tuple(Grant(Role.OPERATOR, region_code=each) for each in (XINXIANG, JIYUAN))
        twice = replace(work, actor=replace(work.actor, grants=both))
        return open_file(twice, AwardKind.RESULTS, region).region_code

    for region, code in ((None, "award_region_untold"), ("410000", "award_region_foreign")):
        with pytest.raises(Refused, match=code):
            scene.do("operator", partial(enter, region=region))
    assert scene.do("operator", partial(enter, region=JIYUAN)) == JIYUAN
    assert entering_for(CompetitionResultsImporter, JIYUAN).region_code == JIYUAN
    assert entering_for(CompetitionResultsImporter, None) is CompetitionResultsImporter
