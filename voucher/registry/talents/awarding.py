"""Entering places and honours, and taking them back, by two: one sends a file in, another confirms it.

Whoever confirms reads the whole file once, however many lines it has.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.bulk import among, next_ids
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.registry.talents import competitions, honours
from voucher.registry.talents.awards import AwardFile, AwardKind, AwardLine, list_lines, read_regions_of_files
from voucher.registry.talents.competitions import CompetitionResult
from voucher.registry.talents.honours import PersonHonour
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.competitions import RECORD_SOURCE, spell_contest
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why

RECORDERS = (Role.OPERATOR, Role.OFFICER_PROVINCE)
PROVINCE = (Role.OFFICER_PROVINCE,)
SOURCE = f"{RECORD_SOURCE}; 豫办〔2021〕29号 第16项 S2-16i; 【设】登记和撤销都由两人办理"

AWARD_FILE_MISSING = reason(
    "award_file_missing", "没有找到这份登记文件", "请从竞赛与荣誉页面重新进入", SOURCE, Family.MISSING
)
AWARD_FILE_DECIDED = reason(
    "award_file_decided",
    "这份登记文件已经确认或退回",
    "请刷新页面；要更正的，另传一份文件",
    SOURCE,
    Family.CONFLICT,
)
AWARD_FILE_STALE = reason(
    "award_file_stale",
    "第 {line} 行与后来登记的内容不一致，整份没有确认",
    "请退回这份文件，由上传人核对后重新上传",
    SOURCE,
    Family.CONFLICT,
)
AWARD_OWN = reason(
    "award_own",
    "不能办理本人的成绩或荣誉",
    "请由别人上传，再由另一人确认；同一人的不同账号视为同一人",
    SOURCE,
    Family.FORBIDDEN,
)
AWARD_FOREIGN = reason(
    "award_foreign",
    "这一行由别的地区登记，不能由您撤销",
    "请登记它的地区或省级审核人员办理撤销",
    f"{SOURCE}; S2-00c",
    Family.FORBIDDEN,
)

AWARD_REGION_UNTOLD = reason(
    "award_region_untold",
    "您在 {count} 个地区任职，没有选择由哪个地区登记",
    "请选择登记地区后重新提交；只有该地区和省级能撤销",
    f"{SOURCE}; S2-00c",
)
AWARD_REGION_FOREIGN = reason(
    "award_region_foreign",
    "您不在所选地区任职，不能以它的名义登记",
    "请选择本人任职的地区",
    f"{SOURCE}; S2-00c",
    Family.FORBIDDEN,
)

Row = CompetitionResult | PersonHonour


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows of a kind are made, told apart and compared; `facts` are the columns a file states."""

    model: type[CompetitionResult] | type[PersonHonour]
    line_column: str
    facts: tuple[str, ...]
    key: Callable[[Mapping[str, Any]], Hashable]
    list_rows: Callable[[Session, Sequence[int]], Sequence[Row]]

    def tell(self, row: Row) -> dict[str, Any]:
        """Return what a row states, days as words."""
        return spell({name: getattr(row, name) for name in self.facts})

    def is_same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Return whether two rows of one key state the same; a contest's name is compared by its spelling."""
        return all(one[name] == other[name] for name in self.facts if name != "contest")


def spell(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as they are kept with a line: days as words."""
    return {name: each.isoformat() if isinstance(each, date) else each for name, each in facts.items()}


def day_of(facts: Mapping[str, Any]) -> date:
    """Return the day of the award out of facts as they are kept."""
    return date.fromisoformat(facts["awarded_on"])


SHAPES: dict[AwardKind, Shape] = {
    AwardKind.RESULTS: Shape(
        CompetitionResult,
        "result_id",
        (
            *("competition", "contest", "trade_code", "team", "place", "awarded_on"),
            *("award_number", "document", "honour"),
        ),
        lambda facts: (spell_contest(facts["contest"]), facts["trade_code"]),
        competitions.list_results,
    ),
    AwardKind.HONOURS: Shape(
        PersonHonour,
        "honour_id",
        ("honour", "awarded_on", "document"),
        lambda facts: (facts["honour"], facts["awarded_on"]),
        honours.list_given,
    ),
}


def list_own_regions(actor: Actor) -> list[str]:
    """Return the regions in whose name somebody may enter, in order."""
    return sorted({each.region_code for each in actor.grants if each.role in RECORDERS and each.region_code})


def open_file(work: Work, kind: AwardKind, region_code: str | None = None) -> AwardFile:
    """Begin a file that waits for another person, in a region of the actor: the one told, or the only one.

    Raises Refused role_missing, award_region_untold, award_region_foreign.
    """
    check_role(work.actor, *RECORDERS)
    regions = list_own_regions(work.actor)
    if region_code is None and len(regions) > 1:
        raise AWARD_REGION_UNTOLD.refused(count=len(regions))
    if region_code is not None and region_code not in regions:
        raise AWARD_REGION_FOREIGN.refused()
    made = AwardFile(
        kind=str(kind),
        region_code=region_code or regions[0],
        filed_at=work.at,
        filed_by_person_id=work.actor.person_id,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, "award_file", made.id, "file", kind=str(kind))
    return made


def find_foreign(work: Work, rows: Sequence[Row]) -> set[int]:
    """Return which of these rows the actor may not take back: those entered from a region not the actor's.

    What one person entered alone, before two were needed, is that person's, and the province's.
    """
    if work.actor.has(*PROVINCE):
        return set()
    reached = work.actor.regions_as(*RECORDERS)
    ids = {each.award_file_id for each in rows if each.award_file_id is not None}
    regions = read_regions_of_files(work.session, ids)
    return {
        each.id
        for each in rows
        if regions.get(each.award_file_id or 0) not in reached
        and not (each.award_file_id is None and each.recorded_by_person_id == work.actor.person_id)
    }


def confirm_awards(work: Work, file_id: int) -> AwardFile:
    """Confirm a file as another person: from now on its places and honours count, or do no longer.

    Raises Refused role_missing, award_file_missing (also for a foreign one), award_file_decided, award_own,
    award_file_stale, second_person_needed, second_person_reset_lately, parameter_missing.
    """
    file = _lock(work, file_id)
    check_second_hand(work, file.filed_by_person_id)
    lines = list_lines(work.session, file.id)
    _check_not_own(work, file)
    file.confirmed_at, file.confirmed_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, "award_file", file.id, "confirm", rows=len(lines))
    _carry_out(work, file, lines)
    return file


def decline_awards(work: Work, file_id: int, why: str) -> AwardFile:
    """Turn a file down, or take one's own back: nothing of it counts.

    Raises Refused role_missing, award_file_missing, award_file_decided, award_own, why_missing.
    """
    file = _lock(work, file_id)
    _check_not_own(work, file)
    file.declined_why = check_why(why)
    file.declined_at, file.declined_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, "award_file", file.id, "decline", why=file.declined_why)
    return file


def get_file(session: Session, file_id: int, regions: frozenset[str]) -> AwardFile:
    """Return a file sent in from these regions. Raises Refused award_file_missing."""
    found = session.get(AwardFile, file_id)
    if found is None or found.region_code not in regions:
        raise AWARD_FILE_MISSING.refused()
    return found


def _lock(work: Work, file_id: int) -> AwardFile:
    check_role(work.actor, *RECORDERS)
    get_file(work.session, file_id, work.actor.regions_as(*RECORDERS))
    found = work.session.get_one(AwardFile, file_id, with_for_update=True, populate_existing=True)
    if not found.waits:
        raise AWARD_FILE_DECIDED.refused()
    return found


def _check_not_own(work: Work, file: AwardFile) -> None:
    """Refuse to decide on what is the actor's own, unless the actor takes the actor's own file back."""
    own = select(AwardLine.id).where(
        AwardLine.award_file_id == file.id, AwardLine.person_id == work.actor.person_id
    )
    is_filer = file.filed_by_person_id == work.actor.person_id
    if not is_filer and work.session.scalar(own.limit(1)) is not None:
        raise AWARD_OWN.refused()


def _lock_rows(work: Work, shape: Shape, lines: Sequence[AwardLine]) -> None:
    """Lock the rows that are to be taken back as they stand now, so that of two files one finds it done."""
    ids = [getattr(each, shape.line_column) for each in lines]
    model = shape.model
    work.session.scalars(
        select(model)
        .where(among(work.session, model.id, [each for each in ids if each is not None]))
        .order_by(model.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _carry_out(work: Work, file: AwardFile, lines: Sequence[AwardLine]) -> None:
    shape = SHAPES[AwardKind(file.kind)]
    table = shape.model.__tablename__
    _lock_rows(work, shape, lines)
    rows = shape.list_rows(work.session, [each.person_id for each in lines])
    by_id = {each.id: each for each in rows}
    known = {(each.person_id, shape.key(shape.tell(each))): each for each in rows}
    done: list[tuple[Row, str]] = []
    for line in lines:
        taken_back = getattr(line, shape.line_column)
        same = (
            by_id[taken_back]
            if taken_back is not None
            else known.get((line.person_id, shape.key(line.facts)))
        )
        if same is None:
            made = _make(shape, file, line)
            known[line.person_id, shape.key(line.facts)] = made
            done.append((made, "add"))
        elif (same.revoked_on, same.why) == (line.revoked_on, line.why):
            if not shape.is_same(shape.tell(same), line.facts):
                raise AWARD_FILE_STALE.refused(line=line.line)
        elif taken_back is None or same.revoked_on is not None:
            raise AWARD_FILE_STALE.refused(line=line.line)
        else:
            same.revoked_on, same.why = line.revoked_on, line.why
            done.append((same, "revoke"))
    # with ids of their own they go in by one statement, however many lines a file has
    fresh = [row for row, act in done if act == "add"]
    for row, row_id in zip(fresh, next_ids(work.session, shape.model, len(fresh)), strict=True):
        row.id = row_id
    work.session.add_all(fresh)
    work.session.flush()
    facts = [{"person": row.person_id, "file": file.id} for row, _ in done]
    audit.record(
        work, [audit.Entry(table, row.id, act, told) for (row, act), told in zip(done, facts, strict=True)]
    )


def _make(shape: Shape, file: AwardFile, line: AwardLine) -> Row:
    return shape.model(
        **line.facts | {"awarded_on": day_of(line.facts)},
        person_id=line.person_id,
        recorded_at=file.filed_at,
        recorded_by_person_id=file.filed_by_person_id,
        award_file_id=file.id,
        revoked_on=line.revoked_on,
        why=line.why,
    )
