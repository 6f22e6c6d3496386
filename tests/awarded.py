"""Places in contests and honours as the office enters them, a file of rows each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from tests.scene import LIMITS, TURNER, Scene, write_csv
from voucher.registry.importing.competition_results import CompetitionResultsImporter
from voucher.registry.importing.frame import Importer, Report, import_file
from voucher.registry.importing.honours import HonoursImporter
from voucher.registry.talents.awarding import confirm_awards
from voucher.registry.talents.awards import AwardFile
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role

Row = Mapping[str, object]
RECORDER, CONFIRMER = "登记员", "登记确认员"


def placed(person: tuple[str, str], **changes: object) -> Row:
    """Return a row: third of a provincial trade contest in turning, a single, changed where told."""
    return {
        "姓名": person[0], "证件号码": person[1], "赛事类别": "省级行业二类赛",
        "赛事名称": "2023年河南省车工职业技能竞赛", "职业编码": TURNER, "参赛人数": "1", "名次": "3",
        "获奖日期": "2023-12-20", "获奖证书编号": "豫技赛2023-0003", "文件": "豫人社函〔2023〕88号",
        "荣誉": "", "撤销日期": "", "撤销原因": "",
    } | changes  # fmt: skip


def honoured(person: tuple[str, str], honour: str, awarded: str = "2023-12-20") -> Row:
    """Return a row of an honour that stands."""
    return {
        "姓名": person[0], "证件号码": person[1], "荣誉": honour, "获得日期": awarded,
        "文件": "豫人社〔2023〕9号", "撤销日期": "", "撤销原因": "",
    }  # fmt: skip


def take_places(scene: Scene, *rows: Row, by: str = RECORDER) -> Report:
    """Enter places as two operators do who apply for no award."""
    return _take(scene, CompetitionResultsImporter, rows, by)


def give_honours(scene: Scene, *rows: Row, by: str = RECORDER) -> Report:
    """Enter honours as two operators do who apply for no award."""
    return _take(scene, HonoursImporter, rows, by)


def send_in(scene: Scene, importing: type[Importer[Any]], *rows: Row, by: str = RECORDER) -> Report:
    """Send a file in, which waits for another person."""
    _hire(scene, by, "310101199001010110")
    scene.serials += 1
    path = write_csv(scene.folder / f"awarded{scene.serials}.csv", rows)
    return scene.do(by, lambda work: import_file(work, importing, path, limits=LIMITS))


def newest_file(scene: Scene) -> AwardFile:
    """Return the file sent in last."""
    with scene.database.read() as session:
        return session.scalars(select(AwardFile).order_by(AwardFile.id.desc()).limit(1)).one()


def confirm_newest(scene: Scene, by: str = CONFIRMER) -> None:
    """Confirm the file sent in last, as another operator."""
    _hire(scene, CONFIRMER, "310101199001010120")
    file_id = newest_file(scene).id
    scene.do(by, lambda work: confirm_awards(work, file_id).id)


def _take(scene: Scene, importing: type[Importer[Any]], rows: tuple[Row, ...], by: str) -> Report:
    report = send_in(scene, importing, *rows, by=by)
    if report.rows_added or report.rows_changed:
        confirm_newest(scene)
    return report


def _hire(scene: Scene, login: str, stem: str) -> None:
    with scene.database.read() as session:
        here = session.scalar(select(UserAccount.id).where(UserAccount.login == login))
    if here is None:
        scene.hire(login, Role.OPERATOR, stem)
