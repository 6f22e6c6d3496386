"""The town with a few people at every desk and something in every state, for whoever looks at its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.awarded import honoured, placed
from tests.browser.seldom import do_what_is_seldom, list_states
from tests.browser.town import Town, open_town
from tests.scene import LI_SI
from voucher.demo.house import moment
from voucher.demo.province.cast import JIYUAN, MAIN_LOGIN
from voucher.demo.province.cohorts import COHORTS
from voucher.demo.province.employer import note_employer
from voucher.demo.province.filings import note_filings
from voucher.demo.province.proving import Proving
from voucher.demo.province.sandbox import note_sandbox, open_sandbox
from voucher.demo.province.singles import note_singles
from voucher.demo.province.training import Training
from voucher.ledger.holds import select_held
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.reaching import Failure, Reached
from voucher.plumbing.spreadsheets import Limits, Row
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.competition_results import CompetitionResultsImporter
from voucher.registry.importing.frame import take_rows
from voucher.registry.importing.honours import HonoursImporter
from voucher.registry.people import Newcomer, read_people
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.webhook_carrying import note_attempt
from voucher.registry.systems.webhook_rows import EVENTS
from voucher.registry.systems.webhooks import register_webhook, try_webhook
from voucher.registry.talents.awarding import confirm_awards
from voucher.rules.joins import JoinKind, ListKind
from voucher.rules.lifecycle import Thing
from voucher.rules.reports import ReportKind
from voucher.rules.vocabulary import Problem
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.joins.bringing import bring_list
from voucher.stages.oversee.joins.running import run_join
from voucher.stages.oversee.reports.freezing import freeze_report
from voucher.stages.settle import answering_denials, denying, lifting, objection
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.train import classes, reviewing
from voucher.stages.train.disowning import disown
from voucher.stages.train.intake import add_to_intake
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.models.places import Enrolment

TODAY = date(2024, 12, 20)
BEGUN = TODAY - timedelta(days=210)
LAST_MONTH = "2024-11"
SIZE = 2
# the page a worker begins at
OF_WORKERS = "/my"
# they see what others of their role see
SAME_PAGES = frozenset({"objections", "auditor"})


def people_town(folder: Path) -> Town:
    """Return the town on an afternoon, two people in every class."""
    town = open_town(folder, TODAY, BEGUN)
    trainings = {
        each.key: Training(town.stage, replace(each, size=min(SIZE, each.size), failing=min(1, each.failing)))
        for each in COHORTS
    }
    provings = {key: Proving(each, folder / "cohorts") for key, each in trainings.items()}
    for key, training in trainings.items():
        training.note()
        provings[key].note()
    note_singles(town.stage, folder)
    note_sandbox(town.stage)
    note_filings(town.stage)
    note_employer(town.stage)
    town.stage.play()
    town.clock.turn_to(moment(TODAY, 16))
    _return_a_class(town, trainings["planned"])
    _lodge_an_objection(town)
    _deny_a_claim(town)
    _find_denials_true(town)
    _connect_a_system(town)
    # the first has one; the last still has to choose his own, and sees nothing else before
    for login in find_workers(town)[1:-1]:
        town.give_password(login)
    applicants = find_workers(town)[1:3]
    do_what_is_seldom(town, provings, (applicants[0], applicants[1]))
    _name_for_a_class(town, trainings["planned"])
    _send_awards_in(town)
    _freeze_a_report(town)
    town.seal()
    return town


def _send_awards_in(town: Town) -> None:
    """Have an operator send in an honour, which the province confirms, and places, which wait for it."""
    person = (LI_SI[0], LI_SI[1])
    for importing, row in (
        (HonoursImporter, honoured(person, "河南省技术能手")),
        (CompetitionResultsImporter, placed(person)),
    ):
        rows = [Row(1, {name: str(each) for name, each in row.items()})]
        town.do("operator-jy", partial(take_rows, importing=importing, rows=rows))
    town.do("province-review", lambda work: confirm_awards(work, 1))


def _freeze_a_report(town: Town) -> None:
    """Have last month's report frozen; what it counts has been sealed before."""
    town.seal()
    town.do("supervisor", lambda work: freeze_report(work, ReportKind.MONTH, LAST_MONTH, JIYUAN))
    town.do("supervisor", _put_a_join)
    town.do("supervisor", partial(_bring_a_list, path=town.folder / "retired.csv"))


def _put_a_join(work: Work) -> None:
    """Have one of the auditors' yearly questions answered."""
    run_join(work, JoinKind.SHARED, None, work.today - timedelta(days=300), work.today, "年度审计")


def _bring_a_list(work: Work, path: Path) -> None:
    """Have a list of the retired brought along."""
    path.write_text("姓名,证件号码,起始日期\n张三,41010519900315991X,2024-01-05\n", encoding="utf-8")
    limits = Limits(max_rows=10)
    bring_list(work, ListKind.PENSION, "市社保中心", work.today, "年度审计", path, limits=limits)


def _connect_a_system(town: Town) -> None:
    """Have the sandbox's system told of everything, and answer now this, now that."""
    opened = open_sandbox(town.stage)
    town.known |= {str(each["login"]) for each in opened.workers}
    with town.database.read() as session:
        system = select(InstitutionSystem.id).where(InstitutionSystem.client_id == opened.client_id)
        system_id = session.scalars(system).one()
    made = town.do(
        "sandbox",
        lambda work: register_webhook(
            work, system_id, "https://jw.example.org/voucher/notices", list(EVENTS)
        ),
    )
    for reached in (Reached(204, None, 41), Reached(302, None, 12), Reached(None, Failure.SLOW, 10_000)):
        sent = town.do("sandbox", lambda work: try_webhook(work, made.id))
        town.do("clock", partial(note_attempt, delivery_id=sent.id, reached=reached))


def _return_a_class(town: Town, training: Training) -> None:
    """Have a class of another month filed and returned: its institution may change it."""
    training.begins = TODAY + timedelta(days=40)
    training.draft_class()
    town.do(training.admin, lambda work: add_to_intake(work, training.class_id, training.roster[:1]))
    town.do(training.admin, lambda work: classes.file_class(work, training.class_id, promised=True))
    town.do("first-review", lambda work: reviewing.return_class(work, training.class_id, "缺考核方案"))
    with town.database.read() as session:
        assert session.get_one(TrainingClass, training.class_id).state == "returned"


def _name_for_a_class(town: Town, training: Training) -> None:
    """Have the returned class name two more: one says "this is not me" and waits, one has not looked yet."""
    logins = {login: person_id for person_id, login in town.stage.workers.items()}
    other = next(each for each in find_workers(town) if each != MAIN_LOGIN)
    named = {login: logins[login] for login in (MAIN_LOGIN, other)}
    with town.database.read() as session:
        people = read_people(session, town.stage.house.keyring, list(named.values()))
    roster = [Newcomer(each.number, each.name) for each in people.values() if each.number]
    town.do(training.admin, lambda work: add_to_intake(work, training.class_id, roster))
    mine = (ClassIntake.class_id == training.class_id, ClassIntake.person_id == named[other])
    with town.database.read() as session:
        entry_id = session.scalars(select(ClassIntake.id).where(*mine)).one()
    town.do(other, lambda work: disown(work, entry_id))


def _lodge_an_objection(town: Town) -> None:
    with town.database.read() as session:
        notice_id = session.scalars(select(Notice.id).where(Notice.state == "posted")).first()
        claim_id = session.scalars(select(Claim.id).where(Claim.state == "noticed")).first()
    assert notice_id is not None
    assert claim_id is not None
    town.do(
        "first-review",
        lambda work: objection.lodge(work, notice_id, claim_id, "此人没有参加考试", "13800000000"),
    )


def _deny_a_claim(town: Town) -> None:
    """Have a person miss what was paid for: a case of its own, and nothing stopped."""
    with town.database.read() as session:
        paid = session.execute(
            select(Claim.id, Claim.person_id).where(Claim.state == "paid").order_by(Claim.id)
        ).all()
    claim_id, person_id = next(each for each in paid if each.person_id in town.stage.workers)
    login = town.stage.workers[person_id]
    town.do(login, lambda work: denying.deny(work, claim_id, Problem.NOT_RECEIVED))


def _find_denials_true(town: Town) -> None:
    """Have two say "this is not me" of what nobody has signed yet, rightly; for one, lifting is asked."""
    with town.database.read() as session:
        rows = session.execute(
            select(Claim.id, Claim.person_id)
            .where(Claim.state == "submitted", Claim.id.not_in(select_held(Thing.CLAIM)))
            .order_by(Claim.id)
        ).all()
    # two that nothing further on turns down
    mine = [each for each in rows if each.person_id in town.stage.workers][2:6:2]
    assert len(mine) == 2
    for claim_id, person_id in mine:
        deny = partial(denying.deny, claim_id=claim_id, problem=Problem.NOT_ME)
        case = town.do(town.stage.workers[person_id], deny).id
        answer = partial(
            answering_denials.answer, denial_id=case, upheld=True, words="电话核实，本人没有参加"
        )
        town.do("first-review", answer)
        town.do("second-review", partial(answering_denials.confirm, denial_id=case))
    town.do("objections", partial(lifting.ask_lift, denial_id=case, why="已更正为本人，原登记有误"))


def find_workers(town: Town) -> list[str]:
    """Return the printed worker, and of every state the first who holds a voucher that is not stopped."""
    with town.database.read() as session:
        rows = session.execute(
            select(Voucher.state, Voucher.holder_person_id)
            .where(Voucher.id.not_in(select_held(Thing.VOUCHER)))
            .order_by(Voucher.id)
        ).all()
    first: dict[str, str] = {}
    for state, person_id in rows:
        if person_id in town.stage.workers:
            first.setdefault(state, town.stage.workers[person_id])
    return sorted({MAIN_LOGIN, *first.values()})


def find_logins(town: Town) -> dict[str, str]:
    """Return who follows the links, and the page each of them begins at."""
    staff = [login for login in town.secrets if login not in SAME_PAGES]
    return {"": "/", **dict.fromkeys(staff, "/desk"), **dict.fromkeys(find_workers(town), OF_WORKERS)}


def begin_elsewhere(town: Town) -> Iterator[tuple[str, str]]:
    """Yield who begins at which page besides the first one.

    Those found by typing a number, where no link leads, and those too far down the lists to be met.
    """
    yield from (("first-review", path) for path in list_states(town))
    with town.database.read() as session:
        claim, told = session.scalars(select(Claim)).first(), session.scalars(select(Objection)).first()
        assert claim is not None
        assert told is not None
        yield "first-review", f"/claims?number={claim.number}"
        yield "", f"/objections?number={told.number}"
        said = session.scalars(select(Complaint)).first()
        assert said is not None
        yield "", f"/complaints/{said.number}"
        # the list shows first what has been taken to the office
        yield "first-review", "/desk/appeals?state=all"
        yield from _begin_in_class(town, session)


def _begin_in_class(town: Town, session: Session) -> Iterator[tuple[str, str]]:
    """Yield the pages of lessons, which are linked only while a session goes on."""
    logins = set(find_workers(town))
    sat = session.execute(
        select(Enrolment.voucher_id, Enrolment.person_id, ClassSession)
        .join(ClassSession, ClassSession.class_id == Enrolment.class_id)
        .where(Enrolment.ended_at.is_(None))
        .order_by(ClassSession.id)
    ).all()
    mine = [each for each in sat if town.stage.workers.get(each[1]) in logins]
    voucher_id, person_id, held = mine[0]
    yield town.stage.workers[person_id], f"/my/vouchers/{voucher_id}/sessions/{held.id}/sign"
    voucher_id, person_id, held = next((each for each in mine if each[2].mode == "online"), mine[0])
    yield town.stage.workers[person_id], f"/my/vouchers/{voucher_id}/sessions/{held.id}/lessons"
    taught = session.scalars(
        select(ClassSession.id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(TrainingClass.institution_id == town.stage.institution("hope"))
        .order_by(ClassSession.mode.desc(), ClassSession.id)
    ).first()
    yield "institution", f"/institution/sessions/{taught}/lessons"
