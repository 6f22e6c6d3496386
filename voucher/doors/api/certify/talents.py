"""持证统计, 高技能人才库, the dated tables around the levels, and what became of an occupation code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.certify.talents import (
    EquivalenceFilter,
    Equivalences,
    FiguresFilter,
    LevelsState,
    NextSteps,
    OccupationState,
    PlaceEarned,
    PlaceFilter,
    Streets,
    TalentFiguresState,
    TalentFilter,
    Talents,
)
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.registry.dictionaries import OnFilter
from voucher.registry import catalogue
from voucher.registry.streets import list_streets
from voucher.registry.talents import ladder
from voucher.registry.talents.categories import list_mappings
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level, name_level
from voucher.rules.spelling import fold_spelling
from voucher.rules.talents import Step, find_level_of_place, list_ways
from voucher.stages.certify.queries import talents as queries
from voucher.stages.certify.queries.talent_categories import read_categories

talents = Room("talents", __name__, url_prefix="/api/v1", description="人才库与等级")

OCCUPATION_MISSING = reason(
    "occupation_missing",
    "没有这个职业编码，也没有改成别的编码的记录",
    "请核对编码，例如 4-10-01-05；新公布的职业请先导入",
    "中办发〔2022〕58号（十二）; S3-12a",
    Family.MISSING,
)


@dataclass(frozen=True, slots=True)
class Onward:
    """A next step with the ways onto it."""

    trade_code: str
    trade_name: str
    level: Level
    next_level: Level | None
    ways: list[Step]


@talents.look("/talents", query=TalentFilter, answer=Talents)
def list_talents(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """高技能人才库：到某一日止有效的高级工以上证书，新的在前；撤销的自撤销之日起不在库。"""
    regions, on = within(session, asked["region"]), asked["on"] or the_door().today
    page = paged(
        asked,
        lambda before, limit: queries.list_talents(session, regions, on, before_id=before, limit=limit),
        lambda row: row.id,
    )
    return page | {"items": queries.view_talents(session, the_door().keyring, page["items"])}


@talents.look("/talent-figures", query=FiguresFilter, answer=TalentFiguresState)
def show_figures(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """持证统计：五种证书各多少本、多少人，五类人才各多少人，中高级、高技能人才各多少人，到某一日止。"""
    regions, on = within(session, asked["region"]), asked["on"] or the_door().today
    counted = read_categories(session, regions, on)
    figures = {"figures": queries.read_figures(session, regions, on)}
    return figures | {"categories": counted.categories, "category_people": counted.people}


@talents.look("/next-steps", answer=NextSteps)
def list_next_steps(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本人的等级台阶：每个职业现有的最高等级，下一级是什么、有哪些取得方式。"""
    door = the_door()
    steps = ladder.list_steps(session, door.today)
    return {
        "items": [
            Onward(
                each.trade_code, each.trade_name, each.level, each.next_level,
                list_ways(each.next_level, door.today, steps) if each.next_level else [],
            )
            for each in queries.list_next_steps(session, door.keyring, current_actor().person_id)
        ]
    }  # fmt: skip


@talents.look("/levels", query=OnFilter, answer=LevelsState)
def show_levels(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """某一日有效的等级台阶、竞赛名次对照、学历职称比照和五类人才对应，每行有文件和起止日期。"""
    on = asked["on"] or the_door().today
    return {
        "on": on,
        "steps": ladder.list_steps(session, on),
        "placings": ladder.list_placings(session, on),
        "equivalences": ladder.list_equivalences(session, on),
        "talent_categories": list_mappings(session, on),
    }


@talents.look("/equivalences", query=EquivalenceFilter, answer=Equivalences)
def ask_equivalences(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """按当日的比照表，一项证书、荣誉或班别比照什么学历、职称；反过来也可以查。"""
    on = asked["on"] or the_door().today
    return {"on": on, "items": ladder.list_equivalences(session, on, asked["kind"], asked["has"])}


@talents.look("/competition-levels", query=PlaceFilter, answer=PlaceEarned)
def ask_place(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """一个竞赛名次按当日的对照表对应什么等级；没有的为 null。"""
    on = asked["on"] or the_door().today
    rows = ladder.read_placings(ladder.list_placings(session, on))
    found = find_level_of_place(asked["competition"], asked["team"], asked["place"], on, rows)
    if found is None:
        return {"level": None, "level_name": None, "document": None}
    return {"level": found.level, "level_name": name_level(found.level), "document": found.document}


@talents.look("/occupations/<string:code>", answer=OccupationState)
def show_occupation(session: Session, _asked: dict[str, Any], code: str) -> ladder.OccupationHistory:
    """职业编码的沿革：旧编码现在算哪个职业，从哪天、凭什么。"""
    found = ladder.find_history(session, fold_spelling(code))
    if found is None:
        raise OCCUPATION_MISSING.refused()
    return found


@talents.look("/regions/<string:code>/streets", answer=Streets)
def list_region_streets(session: Session, _asked: dict[str, Any], code: str) -> dict[str, Any]:
    """一个县（市、区）的乡镇街道；没有导入的为空。"""
    region = catalogue.get_region(session, code)
    return {"region_code": region.code, "items": list_streets(session, region.code)}
