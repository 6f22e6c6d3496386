"""Rosters (名册): read from a file, filed by an institution or an office, judged once ahead, sent back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import select

from voucher.ledger import states
from voucher.plumbing.spreadsheets import Limits, open_table
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people as registry
from voucher.registry.importing.frame import ImportRefused, Report, RowProblem
from voucher.registry.importing.reading import Reading
from voucher.registry.institutions import Institution
from voucher.registry.listing import check_listed
from voucher.registry.people import Newcomer
from voucher.registry.recognising import Recognised, recognise
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.registry.subjects import SUBJECT_ERASED
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason, refusal_as_json
from voucher.rules.identity import normalise_identity, normalise_mobile
from voucher.rules.lifecycle import Thing
from voucher.rules.names import normalise_name
from voucher.rules.privacy import mask_identity
from voucher.rules.programmes import Channel
from voucher.rules.words import check_why
from voucher.stages.issue.judging import check_issuing
from voucher.stages.issue.models import Issue, IssueLine, Programme, ProgrammeInstitution
from voucher.stages.issue.reading import (
    OFFICERS,
    PROGRAMME_MISSING,
    SOURCE,
    lock_issue_to_decide,
    lock_own_programme,
    lock_programme,
)
from voucher.stages.issue.roster_files import COLUMNS, NUMBER, PERSON_TWICE, read_person
from voucher.stages.issue.working_off import Entry, judge_entries, write_lines

STAFF = (Role.INSTITUTION_ADMIN, Role.REGISTRAR)

ROSTER_EMPTY = reason("roster_empty", "名册中没有人员", "请至少填写一人后再报送", SOURCE)
ROSTER_DIRECTED_ONLY = reason(
    "roster_directed_only",
    "券种“{programme}”是通用券，不收机构名册",
    "通用券由本人自行领取；机构报送名册的，请选择定向券",
    "DOMAIN W2、W3",
    Family.CONFLICT,
)
INSTITUTION_NOT_OF_PROGRAMME = reason(
    "institution_not_of_programme",
    "券种“{programme}”不在{institution}使用",
    "请选择本机构可用的券种",
    "DOMAIN W1（可用机构）",
    Family.CONFLICT,
)
ROSTER_RETURNED = reason(
    "roster_returned",
    "名册已退回：{why}",
    "请按退回意见改正全部问题后重新报送",
    "豫办〔2021〕29号 四（一）; LIFECYCLE 一次性告知",
    Family.CONFLICT,
)


def read_roster(work: Work, path: Path, limits: Limits) -> list[Newcomer]:
    """Return the people of a roster file (姓名, 证件号码, where known 手机号); nothing is written.

    Raises ImportRefused naming every bad row, role_missing, and what a file as a whole is refused for.
    """
    named, report = read_readable_roster(work, path, limits)
    if report.rows_refused:
        raise ImportRefused(report)
    return list(named.values())


def read_readable_roster(work: Work, path: Path, limits: Limits) -> tuple[dict[int, Newcomer], Report]:
    """Return the people of a roster file that can be read, by line, and why the other rows cannot.

    Raises ImportRefused where no row can be read, roster_empty, role_missing, and what a file as a whole
    is refused for.
    """
    check_role(work.actor, Role.OPERATOR, *OFFICERS, *STAFF)
    report = Report("roster")
    lines: dict[str, int] = {}
    named: dict[int, Newcomer] = {}
    with open_table(path, columns=COLUMNS, limits=limits) as table:
        report.sheets_ignored = table.sheets_ignored
        for row in table:
            report.rows_read += 1
            reading = Reading(row)
            person = read_person(reading, work.today) if reading.readable else None
            if reading.problems or person is None:
                report.refuse_row([RowProblem(row.line, *problem) for problem in reading.problems])
            elif person.number in lines:
                told = PERSON_TWICE.refusal(first=lines[person.number], second=row.line)
                report.refuse(row.line, NUMBER, mask_identity(person.number), told)
            else:
                lines[person.number], named[row.line] = row.line, person
    if report.rows_refused and not named:
        raise ImportRefused(report)
    if not named:
        raise ROSTER_EMPTY.refused()
    return named, report


def file_roster(
    work: Work, programme_id: int, people: Sequence[Newcomer], institution_id: int | None = None
) -> Issue:
    """File a roster for review and return it; each line already carries what would refuse it today.

    Raises Refused role_missing, institution_absent, programme_missing, programme_not_published,
    programme_not_begun, programme_over, roster_directed_only, institution_not_of_programme,
    institution_not_listed, roster_empty, roster_person_twice, and what an unreadable number or name is
    refused for.
    """
    if institution_id is None:
        programme = lock_own_programme(work, programme_id, Role.OPERATOR)
    else:
        programme = _lock_for_institution(work, programme_id, institution_id)
    check_issuing(programme, work.today)
    issue, entries = open_issue(
        work, programme, people, way="roster", event="file", institution_id=institution_id
    )
    judged = judge_entries(work, programme, entries)
    for each in entries:
        verdict = judged[each.person_id]
        each.hint = verdict.refusal or verdict.doubt
    write_lines(work, issue, entries)
    return issue


def _lock_for_institution(work: Work, programme_id: int, institution_id: int) -> Programme:
    """Return the programme an institution may file people for, locked."""
    check_role(work.actor, *STAFF)
    institution = work.session.get(Institution, institution_id)
    if institution is None or not work.actor.serves(institution_id, *STAFF):
        raise INSTITUTION_ABSENT.refused()
    programme = lock_programme(work, programme_id)
    if programme.state in ("draft", "discarded"):
        raise PROGRAMME_MISSING.refused()
    if programme.channel != Channel.DIRECTED:
        raise ROSTER_DIRECTED_ONLY.refused(programme=programme.name)
    named = work.session.scalars(
        select(ProgrammeInstitution.institution_id).where(ProgrammeInstitution.programme_id == programme.id)
    ).all()
    if named and institution_id not in named:
        raise INSTITUTION_NOT_OF_PROGRAMME.refused(programme=programme.name, institution=institution.name)
    check_listed(work.session, institution_id, work.today)
    return programme


def open_issue(
    work: Work,
    programme: Programme,
    people: Sequence[Newcomer],
    *,
    way: str,
    event: str,
    institution_id: int | None = None,
) -> tuple[Issue, list[Entry]]:
    """Write an issue and return it with its lines, which the caller writes once more is known of them.

    A known number under another name is refused at once. Raises Refused roster_empty,
    roster_person_twice, subject_erased.
    """
    wanted = {registry.index_of(work.keyring, each.number): each for each in _canonical(work, people)}
    recognised = recognise(work, wanted)
    _check_once_each(recognised[index] for index in wanted)
    issue = begin_issue(work, programme, way=way, event=event, institution_id=institution_id)
    entries = []
    for position, (index, newcomer) in enumerate(wanted.items(), start=1):
        who = recognised[index]
        if who.person_id is None:
            raise SUBJECT_ERASED.refused()
        entry = Entry(position, who.person_id, newcomer.number)
        if who.refusal is not None:
            entry.refuse(who.refusal)
        entries.append(entry)
    return issue, entries


def _check_once_each(recognised: Iterable[Recognised]) -> None:
    """Refuse somebody named twice, by the present number and by one had before."""
    seen: dict[int, int] = {}
    for position, each in enumerate(recognised, start=1):
        if each.person_id is None:
            continue
        if each.person_id in seen:
            raise PERSON_TWICE.refused(first=seen[each.person_id], second=position)
        seen[each.person_id] = position


def begin_issue(
    work: Work,
    programme: Programme,
    *,
    way: str,
    event: str,
    institution_id: int | None = None,
    why: str | None = None,
) -> Issue:
    """Write an issue without lines; whoever issues at once has decided it as well."""
    decided = event in ("issue", "start")
    issue = Issue(
        programme_id=programme.id,
        way=way,
        institution_id=institution_id,
        filed_by_person_id=work.actor.person_id,
        filed_at=work.at,
        decided_by_person_id=work.actor.person_id if decided else None,
        decided_at=work.at if decided else None,
        **states.first_state(Thing.ISSUE, event),
    )
    work.session.add(issue)
    work.session.flush()
    states.begin(work, Thing.ISSUE, [issue.id], event, reason=why)
    return issue


def _canonical(work: Work, people: Sequence[Newcomer]) -> list[Newcomer]:
    if not people:
        raise ROSTER_EMPTY.refused()
    seen: dict[str, int] = {}
    wanted = []
    for position, each in enumerate(people, start=1):
        number = normalise_identity(each.number, work.today)
        if number in seen:
            raise PERSON_TWICE.refused(first=seen[number], second=position)
        seen[number] = position
        mobile = normalise_mobile(each.mobile) if each.mobile else None
        wanted.append(Newcomer(number, normalise_name(each.name), mobile, each.region_code))
    return wanted


def return_roster(work: Work, issue_id: int, why: str) -> Issue:
    """Send a filed roster back with everything that is wrong with it, and return it.

    Raises Refused role_missing, issue_missing, why_missing, event_not_allowed.
    """
    _, issue = lock_issue_to_decide(work, issue_id)
    said = check_why(why)
    states.move(work, Issue, [issue], "return", reason=said)
    issue.decided_by_person_id, issue.decided_at = work.actor.person_id, work.at
    returned = ROSTER_RETURNED.refusal(why=said)
    for line in work.session.scalars(
        select(IssueLine).where(IssueLine.issue_id == issue.id, IssueLine.outcome == "pending")
    ):
        line.outcome, line.refusal = "refused", line.refusal or refusal_as_json(returned)
    work.session.flush()
    return issue
