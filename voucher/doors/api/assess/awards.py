"""Places in contests and honours: read, sent in as a file, and confirmed or declined by another person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.assess.awards import (
    AwardFileDecision,
    AwardFiles,
    AwardFileState,
    AwardFileTaken,
    AwardLines,
    Honours,
    NewAwardFile,
    Results,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.spreadsheets import Cell, Row
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.catalogue import name_trades
from voucher.registry.dictionaries import name_words
from voucher.registry.importing import awards as lines
from voucher.registry.importing import competition_results as results
from voucher.registry.importing import honours as given_honours
from voucher.registry.importing.frame import IMPORT_REFUSED, ImportRefused, take_rows
from voucher.registry.talents import awarding
from voucher.registry.talents.awards import AwardFile, AwardKind, find_newest_file, list_files, list_lines
from voucher.registry.talents.entered import list_entered
from voucher.rules.actor import Role, check_role
from voucher.rules.dictionaries import Dictionary
from voucher.rules.privacy import mask_name

awards = Room("awards", __name__, url_prefix="/api/v1", description="竞赛成绩与荣誉")
SHARED = {
    "name": lines.NAME,
    "number": lines.NUMBER,
    "document": results.DOCUMENT,
    "honour": results.HONOUR,
    "revoked_on": lines.REVOKED,
    "why": results.WHY,
}
COLUMNS: dict[AwardKind, dict[str, str]] = {
    AwardKind.RESULTS: SHARED
    | {
        "competition": results.CLASS,
        "contest": results.CONTEST,
        "trade_code": results.TRADE,
        "team": results.TEAM,
        "place": results.PLACE,
        "awarded_on": results.AWARDED,
        "award_number": results.AWARD_NUMBER,
    },
    AwardKind.HONOURS: SHARED | {"awarded_on": given_honours.AWARDED},
}
IMPORTERS: dict[AwardKind, type[lines.AwardsImporter]] = {
    AwardKind.RESULTS: results.CompetitionResultsImporter,
    AwardKind.HONOURS: given_honours.HonoursImporter,
}


@awards.look("/competition-results", query=Paging, answer=Results)
def list_results(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区登记的竞赛成绩，姓名脱敏，新登记的在前；撤销的也在内。"""
    return _page(session, AwardKind.RESULTS, asked)


@awards.look("/honours", query=Paging, answer=Honours)
def list_honours(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区登记的荣誉，姓名脱敏，新登记的在前；撤销的也在内。"""
    return _page(session, AwardKind.HONOURS, asked)


@awards.look("/award-files", query=Paging, answer=AwardFiles)
def list_award_files(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的登记文件，新的在前：待确认、已确认、已退回。"""
    regions = current_actor().regions_as(*awarding.RECORDERS)
    return paged(asked, lambda before, limit: list_files(session, regions, before, limit), lambda row: row.id)


@awards.look("/award-files/<int:award_file_id>/lines", query=Paging, answer=AwardLines)
def list_award_lines(session: Session, asked: dict[str, Any], award_file_id: int) -> dict[str, Any]:
    """一份登记文件的每一行，姓名脱敏，按文件的次序；确认以前逐行核对。"""
    file = awarding.get_file(session, award_file_id, current_actor().regions_as(*awarding.RECORDERS))
    page = paged(
        asked, lambda after, limit: list_lines(session, file.id, after or 0, limit), lambda row: row.id
    )
    items = list(page["items"])
    told = _mask(session, page, ("id", "line", "takes_back", "facts", "revoked_on", "why"))
    for each, words in zip(told["items"], _name(session, [item.facts for item in items]), strict=True):
        each["words"] = words
    return told


@awards.act(
    "/award-files",
    body=NewAwardFile,
    answer=AwardFileTaken,
    example={
        "kind": "honours",
        "rows": [
            {
                "name": "张三",
                "number": "41010519900315991X",
                "honour": "河南省技术能手",
                "awarded_on": "2023-12-20",
                "document": "豫人社〔2023〕9号",
            }
        ],
    },
)
def send_award_file(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """提交竞赛成绩或荣誉：有一行不对，整份不保存；由另一人确认后生效。登记过的只能撤销。"""
    check_role(work.actor, *awarding.RECORDERS)
    kind = AwardKind(given["kind"])
    rows = [Row(line, _as_cells(COLUMNS[kind], each)) for line, each in enumerate(given["rows"], 1)]
    try:
        report = take_rows(work, lines.entering_for(IMPORTERS[kind], given["region"]), rows)
    except ImportRefused as refused:
        told = refused.report.as_json()["problems"]
        raise IMPORT_REFUSED.refused(**refused.refusal.facts, rows=told) from None
    file = None
    if report.rows_added or report.rows_changed:
        file = find_newest_file(work.session, work.actor.person_id)
    return {
        "award_file_id": file.id if file is not None else None,
        "rows_read": report.rows_read,
        "rows_added": report.rows_added,
        "rows_changed": report.rows_changed,
        "rows_unchanged": report.rows_unchanged,
    }


@awards.act(
    "/award-files/<int:award_file_id>/decisions",
    body=AwardFileDecision,
    answer=AwardFileState,
    example={"verdict": "confirm"},
)
def decide_award_file(work: Work, given: dict[str, Any], award_file_id: int) -> AwardFile:
    """另一人确认整份文件，从此生效；或写明理由退回，上传人自己收回也用退回。"""
    if given["verdict"] == "confirm":
        return awarding.confirm_awards(work, award_file_id)
    return awarding.decline_awards(work, award_file_id, given["why"])


def _as_cells(columns: Mapping[str, str], each: Mapping[str, Any]) -> dict[str, Cell]:
    """Return a row in the words of the sheet, so that both go through the same checks."""
    return {column: each[name] if each[name] is not None else "" for name, column in columns.items()}


def _page(session: Session, kind: AwardKind, asked: dict[str, Any]) -> dict[str, Any]:
    actor = current_actor()
    own = None if actor.has(Role.OFFICER_PROVINCE) else actor.person_id
    regions = actor.regions_as(*awarding.RECORDERS)
    page = paged(
        asked,
        lambda before, limit: list_entered(session, kind, regions, own, before, limit),
        lambda row: row.id,
    )
    shape = awarding.SHAPES[kind]
    words = _name(session, [shape.tell(row) for row in page["items"]])
    told = _mask(session, page, (*shape.facts, "id", "revoked_on", "why", "award_file_id"))
    for each, named in zip(told["items"], words, strict=True):
        each |= {f"{name}_name": word for name, word in named.items()}
    return told


def _name(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str | None]]:
    """Return the words of the codes each row states: class of contest, occupation, title."""
    classes, titles = (name_words(session, each) for each in (Dictionary.COMPETITION, Dictionary.HONOUR))
    trades = name_trades(session, [facts["trade_code"] for facts in rows if "trade_code" in facts])
    found: list[dict[str, str | None]] = []
    for facts in rows:
        honour = facts["honour"]
        words: dict[str, str | None] = {"honour": titles.get(honour, honour) if honour else None}
        if "trade_code" in facts:
            words["competition"] = classes.get(facts["competition"], facts["competition"])
            words["trade"] = trades.get(facts["trade_code"], facts["trade_code"])
        found.append(words)
    return found


def _mask(session: Session, page: dict[str, Any], facts: Sequence[str]) -> dict[str, Any]:
    """Return a page of rows that name people with their names masked, and these facts of each row."""
    ids = [each.person_id for each in page["items"]]
    named = people.read_people(session, the_door().keyring, ids)
    page["items"] = [
        {name: getattr(each, name) for name in facts}
        | {"masked_name": mask_name(named[each.person_id].name) if each.person_id in named else "—"}
        for each in page["items"]
    ]
    return page
