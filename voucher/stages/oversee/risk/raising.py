"""Raising flags (线索入库): each finding once, with its rows; what a blocking rule found is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert, select, tuple_

from voucher.ledger.states import begin, first_state
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.lifecycle import Thing
from voucher.rules.risk.findings import score_of_finding, tell
from voucher.stages.oversee.risk.facts.listing import LISTS
from voucher.stages.oversee.risk.finding import Found, find_flags
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagList, RiskFlagRow, RiskRun
from voucher.stages.oversee.risk.naming import name_tokens, region_of
from voucher.stages.oversee.risk.reading import LIVE, VOID, is_live, lock_flag
from voucher.stages.oversee.risk.stopping import stop

CHUNK = 200
# the rules that name the ground in the period, and what tells one from another where a row is told anew
# under another number
GROUNDED = frozenset({"R01", "R02", "R21"})
WORDED, GROUND = frozenset({"outside", "history"}), ("kind", "since_on", "on")
SUSPECTS = frozenset({"officer", "examiner"})
_IS_LIVE = RiskFlag.state.in_(LIVE)
_IS_BLOCKING = RiskFlag.is_blocking.in_((True,))


def raise_due_flags(
    database: Database, keyring: Keyring, keeper: Callable[[], Actor], clock: Callable[[], datetime]
) -> int:
    """Run the rules once a day, and return how many flags are new; reading holds nobody up.

    Raises Refused parameter_missing.
    """
    at = clock()
    with database.read() as session:
        if session.get(RiskRun, day_of(at)) is not None:
            return 0
        found = find_flags(session, day_of(at), keyring)
    return perform(database, keyring, keeper(), at, lambda work: raise_flags(work, found))


def raise_flags(work: Work, found: Sequence[Found]) -> int:
    """Write down the findings that are new, hold what a blocking one names, and return how many are new.

    What a flag without a conclusion names by now is held as well: who came into the class or filed since.
    The run of the day is written along; a second one of the day only adds what is new. What rests on a list
    withdrawn since it was read is left out, and the run of the day comes anew. Raises Refused role_missing,
    changed_meanwhile.
    """
    check_role(work.actor, Role.CLOCK, Role.SUPERVISOR)
    standing = _leave_withdrawn(work, found)
    stepped = _step_past_void(work, standing)
    _stop_again(work, stepped)
    fresh = _leave_known(work, stepped)
    for start in range(0, len(fresh), CHUNK):
        _write(work, fresh[start : start + CHUNK])
    if len(standing) == len(found) and work.session.get(RiskRun, work.today) is None:
        work.session.add(RiskRun(ran_on=work.today, ran_at=work.at, raised=len(fresh)))
        work.session.flush()
    return len(fresh)


def _leave_withdrawn(work: Work, found: Iterable[Found]) -> list[Found]:
    """Return the findings none of whose lists two have withdrawn since; these lists stand until the end."""
    listed = list(found)
    ids = sorted({list_id for each in listed for list_id in each.lists})
    gone: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        # the rules read for minutes without a lock; who withdraws from now on waits, then sees these flags
        locked = (
            select(LISTS.c.id, LISTS.c.withdrawn_at)
            .where(LISTS.c.id.in_(ids[start : start + CHUNK]))
            .order_by(LISTS.c.id)
            .with_for_update(read=True)
        )
        gone |= {list_id for list_id, at in work.session.execute(locked) if at is not None}
    return [each for each in listed if gone.isdisjoint(each.lists)]


def _step_past_void(work: Work, found: Iterable[Found]) -> list[Found]:
    """Return the findings; one whose flag is void stands under a key of its own: nobody judged it."""
    keys = select(RiskFlag.rule, RiskFlag.kind, RiskFlag.subject, RiskFlag.period)
    void = {tuple(key) for key in work.session.execute(keys.where(RiskFlag.state == VOID))}
    stepped = []
    for each in found:
        finding, times = each.finding, 1
        while finding.key in void:
            times += 1
            finding = replace(each.finding, period=f"{each.finding.period}（第 {times} 次查出）")
        stepped.append(replace(each, finding=finding) if times > 1 else each)
    return stepped


def _leave_known(work: Work, found: Iterable[Found]) -> list[Found]:
    """Return the findings no flag stands for yet, each key once."""
    wanted = {each.finding.key: each for each in found}
    keys = sorted(wanted)
    columns = tuple_(RiskFlag.rule, RiskFlag.kind, RiskFlag.subject, RiskFlag.period)
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        known = select(RiskFlag.rule, RiskFlag.kind, RiskFlag.subject, RiskFlag.period)
        for rule, kind, subject, period in work.session.execute(known.where(columns.in_(chunk))):
            del wanted[rule, kind, subject, period]
    _leave_told_before(work, wanted)
    return [wanted[key] for key in keys if key in wanted]


def _leave_told_before(work: Work, wanted: dict[tuple[str, str, str, str], Found]) -> None:
    """Take out what a flag stands for whose period did not name its ground yet: its row tells the ground."""
    keys = sorted(key for key in wanted if key[0] in GROUNDED)
    columns = tuple_(RiskFlag.rule, RiskFlag.kind, RiskFlag.subject, RiskFlag.period)
    old = (
        select(
            RiskFlag.rule, RiskFlag.kind, RiskFlag.subject, RiskFlag.period, RiskFlag.unit,
            RiskFlagRow.fact, RiskFlagRow.fact_key, RiskFlagRow.said,
        )
        .join(RiskFlagRow, RiskFlagRow.flag_id == RiskFlag.id)
        .where(RiskFlag.state != VOID)
    )  # fmt: skip
    for start in range(0, len(keys), CHUNK):
        former = {key: (*key[:-1], key[-1].partition(" ")[0]) for key in keys[start : start + CHUNK]}
        told: dict[tuple[str, ...], set[tuple[object, ...]]] = {}
        for *of_key, unit, fact, fact_key, said in work.session.execute(
            old.where(columns.in_(sorted(set(former.values()))))
        ):
            told.setdefault(tuple(of_key), set()).add(_ground_of(unit, fact, fact_key, said))
        for key, before in former.items():
            now = wanted[key]
            # the last of few rows is what speaks against the first
            if _ground_of(now.finding.unit, *now.said[-1]) in told.get(before, ()):
                del wanted[key]


def _ground_of(unit: str, fact: str, key: str, said: Mapping[str, object]) -> tuple[object, ...]:
    """Return what tells one ground from another: the number of its row, or what a list or an answer says."""
    told = (said.get(each) for each in GROUND) if fact in WORDED else (key,)
    return (unit, fact, *told)


def _stop_again(work: Work, found: Iterable[Found]) -> None:
    """Hold what live blocking flags name by now and do not hold yet; flags are locked, ids ascending."""
    wanted = {each.finding.key: each for each in found if each.rule.is_blocking and each.finding.stops}
    keys = sorted(wanted)
    columns = tuple_(RiskFlag.rule, RiskFlag.kind, RiskFlag.subject, RiskFlag.period)
    known: list[int] = []
    for start in range(0, len(keys), CHUNK):
        chunk = columns.in_(keys[start : start + CHUNK])
        known += work.session.scalars(select(RiskFlag.id).where(chunk, _IS_LIVE, _IS_BLOCKING))
    for flag_id in sorted(known):
        flag = lock_flag(work, flag_id)
        each = wanted[flag.rule, flag.kind, flag.subject, flag.period]
        # a conclusion may have come between
        if is_live(flag):
            stop(work, flag, each.rule.name, each.finding.stops)


def _write(work: Work, fresh: Sequence[Found]) -> None:
    names = name_tokens(work.session, [each.finding.words for each in fresh])
    flags = []
    for each in fresh:
        finding = each.finding
        flag = RiskFlag(
            **first_state(Thing.RISK_FLAG, "raise"),
            rule=finding.rule,
            kind=finding.kind,
            subject=finding.subject,
            period=finding.period,
            region_code=region_of(work.session, finding),
            institution_id=int(finding.institution) if finding.institution else None,
            suspect_person_id=int(finding.subject.split("/")[0]) if finding.kind in SUSPECTS else None,
            figure=finding.figure,
            unit=finding.unit,
            threshold=finding.threshold,
            peer_median=finding.peer_median,
            sentence=tell(finding.words, names),
            score=score_of_finding(finding, each.rule.weight),
            is_blocking=each.rule.is_blocking and bool(finding.stops),
            row_count=len(finding.rows),
            raised_at=work.at,
        )
        flags.append(flag)
    work.session.add_all(flags)
    work.session.flush()
    content: dict[int, dict[str, object]] = {
        flag.id: {"rule": flag.rule, "subject": flag.subject, "period": flag.period, "figure": flag.figure}
        for flag in flags
    }
    begin(work, Thing.RISK_FLAG, [flag.id for flag in flags], "raise", content=content, unheard_of=True)
    rows = [
        {
            "flag_id": flag.id,
            "position": position,
            "fact": table,
            "fact_key": key,
            "person_id": int(str(said["person"])) if said.get("person") else None,
            "said": said,
        }
        for flag, each in zip(flags, fresh, strict=True)
        for position, (table, key, said) in enumerate(each.said, 1)
    ]
    if rows:
        work.session.execute(insert(RiskFlagRow), rows)
    lists = [
        {"flag_id": flag.id, "list_id": list_id, "rows": count, "of_rows": each.of_rows}
        for flag, each in zip(flags, fresh, strict=True)
        for list_id, count in sorted(each.lists.items())
    ]
    if lists:
        work.session.execute(insert(RiskFlagList), lists)
    for flag, each in zip(flags, fresh, strict=True):
        if flag.is_blocking:
            stop(work, flag, each.rule.name, each.finding.stops)
