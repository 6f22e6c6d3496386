"""Run a question once and keep the answer: every hit, the thresholds it was put by, and the hash of all.

One question at a time is put in a region: each reads all that was used in its span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.trips import settle
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import Family, reason
from voucher.rules.joins import SOURCE, JoinKind, ListKind, check_join
from voucher.rules.risk.catalogue import BY_CODE
from voucher.rules.words import check_why
from voucher.stages.oversee.joins.finding import Hit, find_hits
from voucher.stages.oversee.joins.models import AuditJoin, AuditJoinHit, AuditJoinTurn
from voucher.stages.oversee.joins.reaching import reach
from voucher.stages.oversee.joins.reading import check_standing, hash_hits, load_list
from voucher.stages.oversee.joins.using import Scope
from voucher.stages.oversee.risk.facts.asking import Window

THING = "audit_join"
HITS_MOST, DAYS_MOST = "audit_join_hits_most", "audit_join_days_most"
# the questions that go by thresholds, and the risk rule they are from
RULES: dict[JoinKind, str] = {JoinKind.SHARED: "R15", JoinKind.BURST: "R14"}
AT_A_TIME = 1_000

JOIN_RUNNING = reason(
    "audit_join_running",
    "本地区正在做另一次比对",
    "请等它做完（一般几分钟），到比对列表看过结果再做这一次",
    SOURCE,
    Family.CONFLICT,
)


def run_join(
    work: Work, kind: JoinKind, list_id: int | None, since: date, until: date, why: str
) -> AuditJoin:
    """Put a question over a span of days, both counted, and freeze what it finds; return it.

    Raises Refused role_missing, why_missing, audit_list_missing, audit_list_forgotten, join_list_needed,
    audit_list_withdrawn, join_list_unsuited, join_span_unsound, audit_join_running, parameter_missing.
    """
    region, regions = reach(work)
    said = check_why(why)
    listed = load_list(work.session, list_id, regions, work.today) if list_id is not None else None
    days = require_parameter_number(work.session, DAYS_MOST, work.today, ())
    check_join(kind, ListKind(listed.kind) if listed else None, since, until, work.today, days_most=days)
    most = _read_terms(work.session, kind, work.today)
    limit = require_parameter_number(work.session, HITS_MOST, work.today, ())
    _take_turn(work.session, region)
    # what streams is no word of a pipeline
    settle(work.session.connection())
    found = find_hits(work.session, kind, Scope(Window(since, until), regions, list_id), most)
    kept, people = found[:limit], whom_of(found)
    if listed is not None:
        # locked only now, so that who withdraws it does not wait for minutes
        check_standing(work.session, listed)
    made = AuditJoin(
        region_code=region, kind=str(kind), list_id=list_id, since=since, until=until, why=said, terms=most,
        hits=len(found), people=len(people), amount_fen=add_up(found), is_cut=len(found) > limit,
        sha256=hash_hits([_said(each) for each in kept]), ran_at=work.at,
        ran_by_person_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    rows = [{"join_id": made.id, "position": place, **_said(each)} for place, each in enumerate(kept, 1)]
    for first in range(0, len(rows), AT_A_TIME):
        work.session.execute(insert(AuditJoinHit), rows[first : first + AT_A_TIME])
    audit.record_one(
        work, THING, made.id, "run",
        kind=str(kind), list=list_id, since=since.isoformat(), until=until.isoformat(), why=said,
        hits=made.hits, amount_fen=made.amount_fen, sha256=made.sha256,
    )  # fmt: skip
    return made


def _take_turn(session: Session, region: str) -> None:
    """Lock the region's turn until the act is over. Raises Refused audit_join_running."""
    build = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(build(AuditJoinTurn).values(region_code=region).on_conflict_do_nothing())
    turn = select(AuditJoinTurn.region_code).where(AuditJoinTurn.region_code == region)
    if session.scalar(turn.with_for_update(skip_locked=True)) is None:
        raise JOIN_RUNNING.refused()


def _said(hit: Hit) -> dict[str, object]:
    """Return a hit as it is kept; what it is made up of stands among its rows."""
    told = {name: value for name, value in asdict(hit).items() if name != "parts"}
    return {**told, "rows": [dict(each) for each in hit.rows]}


def whom_of(found: Sequence[Hit]) -> set[int]:
    """Return everybody the hits are about, those too who stand in a burst."""
    one_by_one = {each.person_id for each in found if each.person_id is not None}
    return one_by_one | {part.person_id for each in found for part in each.parts}


def add_up(found: Sequence[Hit]) -> int:
    """Return what the hits come to, each claim counted once however often and in however many bursts."""
    once = {each.claim_id: each.amount_fen for each in found if each.claim_id is not None}
    once |= {part.claim_id: part.amount_fen for each in found for part in each.parts}
    alone = sum(each.amount_fen for each in found if each.claim_id is None and not each.parts)
    return sum(once.values()) + alone


def _read_terms(session: Session, kind: JoinKind, on: date) -> dict[str, int]:
    code = RULES.get(kind)
    names = BY_CODE[code].thresholds if code is not None else ()
    return {name: require_parameter_number(session, name, on, ["*"]) for name in names}
