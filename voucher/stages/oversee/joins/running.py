"""Run a question once and keep the answer: every hit, the thresholds it was put by, and the hash of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import insert
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.trips import settle
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.joins import JoinKind, ListKind, check_join
from voucher.rules.risk.catalogue import BY_CODE
from voucher.rules.words import check_why
from voucher.stages.oversee.joins.finding import Hit, find_hits
from voucher.stages.oversee.joins.models import AuditJoin, AuditJoinHit
from voucher.stages.oversee.joins.reaching import reach
from voucher.stages.oversee.joins.reading import hash_hits, load_list
from voucher.stages.oversee.joins.using import Scope
from voucher.stages.oversee.risk.facts.asking import Window

THING = "audit_join"
HITS_MOST, DAYS_MOST = "audit_join_hits_most", "audit_join_days_most"
# the questions that go by thresholds, and the risk rule they are from
RULES: dict[JoinKind, str] = {JoinKind.SHARED: "R15", JoinKind.BURST: "R14"}
AT_A_TIME = 1_000


def run_join(
    work: Work, kind: JoinKind, list_id: int | None, since: date, until: date, why: str
) -> AuditJoin:
    """Put a question over a span of days, both counted, and freeze what it finds; return it.

    Raises Refused role_missing, why_missing, audit_list_missing, audit_list_forgotten, join_list_needed,
    join_list_unsuited, join_span_unsound, parameter_missing.
    """
    region, regions = reach(work)
    said = check_why(why)
    listed = load_list(work.session, list_id, regions) if list_id is not None else None
    days = require_parameter_number(work.session, DAYS_MOST, work.today, ())
    check_join(kind, ListKind(listed.kind) if listed else None, since, until, work.today, days_most=days)
    most = _read_terms(work.session, kind, work.today)
    limit = require_parameter_number(work.session, HITS_MOST, work.today, ())
    # what streams is no word of a pipeline
    settle(work.session.connection())
    found = find_hits(work.session, kind, Scope(Window(since, until), regions, list_id), most)
    kept, people = found[:limit], {each.person_id for each in found if each.person_id is not None}
    made = AuditJoin(
        region_code=region, kind=str(kind), list_id=list_id, since=since, until=until, why=said, terms=most,
        hits=len(found), people=len(people), amount_fen=_add_up(found), is_cut=len(found) > limit,
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


def _said(hit: Hit) -> dict[str, object]:
    return {**asdict(hit), "rows": [dict(each) for each in hit.rows]}


def _add_up(found: Sequence[Hit]) -> int:
    """Return what the hits come to, each claim counted once however often it was found."""
    once = {each.claim_id: each.amount_fen for each in found if each.claim_id is not None}
    return sum(once.values()) + sum(each.amount_fen for each in found if each.claim_id is None)


def _read_terms(session: Session, kind: JoinKind, on: date) -> dict[str, int]:
    code = RULES.get(kind)
    names = BY_CODE[code].thresholds if code is not None else ()
    return {name: require_parameter_number(session, name, on, ["*"]) for name in names}
