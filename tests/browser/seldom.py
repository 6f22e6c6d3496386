"""What happens seldom, so that its pages can be looked at: a stop, a fall, an application, a tariff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from functools import partial

from sqlalchemy import func, select

from tests.browser.town import Town
from tests.pictures import jpeg, pdf
from tests.revoking import revoke_certificate
from voucher.demo.province.cast import JIYUAN, MAIN_LOGIN, list_codes
from voucher.demo.province.proving import Proving
from voucher.demo.staff import open_member
from voucher.ledger.audit import record_one
from voucher.ledger.holds import Hold, open_hold, select_held
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.files import FileStore
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.workers import open_worker
from voucher.registry.consents.granting import Evidence, Wish, write_consent
from voucher.registry.filing.applying import FirstPage, open_filing
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer, open_people
from voucher.registry.public_terminals import name_terminal
from voucher.registry.renaming import propose_name
from voucher.registry.renumbering import propose_number
from voucher.registry.tariffs import propose_tariff
from voucher.registry.users import UserAccount
from voucher.rules.actor import Grant, Role
from voucher.rules.applications import Demand
from voucher.rules.archive import Extent
from voucher.rules.complaints import Topic
from voucher.rules.corrections import FormerUse
from voucher.rules.helping import ConsentWay, Relationship, Scope
from voucher.rules.levels import Level
from voucher.rules.lifecycle import Thing
from voucher.rules.measures import Ending, Step
from voucher.rules.risk.catalogue import BY_CODE
from voucher.rules.risk.findings import Finding
from voucher.rules.stars import Figures, count_stars
from voucher.rules.tariffs import Subject, Tariff
from voucher.rules.vocabulary import FundSource, SubsidyKind
from voucher.stages.assess.appeals.answering import accept, reject
from voucher.stages.assess.appeals.filing import appeal_result
from voucher.stages.assess.appeals.going_on import escalate
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.certify import mass_revocation
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.archive import select_within
from voucher.stages.certify.revoke import ask_reinstatement
from voucher.stages.issue import programmes as programme_acts
from voucher.stages.issue.applications import attaching, deciding, filing
from voucher.stages.issue.drafting import NewProgramme, draft_programme
from voucher.stages.issue.models import Issue, Programme
from voucher.stages.issue.queries import get_application
from voucher.stages.issue.running import Desk, start_run
from voucher.stages.oversee.archive.entries import list_entries
from voucher.stages.oversee.archive.objecting import object_to
from voucher.stages.oversee.archive.sharing import share
from voucher.stages.oversee.complaints.filing import file_complaint
from voucher.stages.oversee.complaints.handling import accept as accept_complaint
from voucher.stages.oversee.complaints.handling import ask as ask_about
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.oversee.measures.proposing import Proposal, propose
from voucher.stages.oversee.privacy.erasing import ask_erasure
from voucher.stages.oversee.quality.figures import read_figures, read_formula
from voucher.stages.oversee.quality.giving import object_to_stars
from voucher.stages.oversee.quality.models import StarRating
from voucher.stages.oversee.retention.asking import ask_run
from voucher.stages.oversee.retention.listing import list_piece
from voucher.stages.oversee.risk.answering import ask
from voucher.stages.oversee.risk.assigning import assign
from voucher.stages.oversee.risk.finding import Found
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.oversee.risk.raising import raise_flags
from voucher.stages.settle import clawback, reinstate
from voucher.stages.settle.claim_drafts import save_draft
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries import list_budgets
from voucher.stages.settle.queries.consequences import read_consequences
from voucher.stages.settle.queries.payees import list_claimable
from voucher.stages.settle.releasing import ask_release
from voucher.stages.settle.repaying import repay
from voucher.stages.settle.voucher_ends import decertify
from voucher.stages.train.models.classes import TrainingClass

# two people who share a telephone
SHARED_MOBILE = "13700137000"
# the place of one more member of staff among the demonstration's
READER = 290
STOPPED, APPLIED_FOR = "free-offset", "失业人员转岗培训券"
# an institution whose classes of this year are not over yet: somebody has begun
NOTHING_OVER = Figures(1, 0, 0, 0, 0, None, 0, 0)
# longer than anybody's data is kept who never comes
LONG_AGO = timedelta(days=3650)
FALLEN, FALLEN_ASKED = "vocational", "college"


def do_what_is_seldom(town: Town, provings: Mapping[str, Proving], applicants: tuple[str, str]) -> None:
    """Do each of them once, as whoever does it, at the town's present moment."""
    town.do(
        "second-review",
        lambda work: programme_acts.stop_programme(
            work, town.stage.programmes[STOPPED], "资金调整，暂停发放"
        ),
    )
    town.do("operator-jy", lambda work: name_terminal(work, JIYUAN, "政务大厅一楼 2 号自助机", "of-the-hall"))
    _begin_a_filing(town)
    _let_institutions_fall(town)
    _hold_a_claim(town)
    _revoke_certificates(town, provings)
    _ask_for_a_voucher_back(town, provings["revoked"])
    _apply(town, *applicants)
    _propose_a_tariff(town)
    _propose_corrections(town)
    _share_a_telephone(town)
    _ask_to_be_forgotten(town)
    _list_what_is_over(town)
    _help(town, applicants[0])
    _open_records(town)
    _appeal_against_scores(town)
    _leave_a_roster_half_way(town)
    _bring_money_back(town)
    _object_to_stars(town)
    _raise_risk_flags(town)
    _put_claims_aside(town)
    town.run_clock()


def _put_claims_aside(town: Town) -> None:
    """Have whoever trained keep a draft of what may be claimed, an evaluator one that is claimed by now."""
    hope, yuquan = town.stage.institution("hope"), town.stage.institution("yuquan")
    paid = select(Claim.voucher_id).where(Claim.institution_id == yuquan, Claim.voucher_id.is_not(None))
    with town.database.read() as session:
        ready = [each.voucher_id for each in list_claimable(session, town.stage.house.keyring, [hope])]
        claimed = [each for each in session.scalars(paid) if each is not None]
    for login, kind, ids in (
        ("institution", SubsidyKind.TRAINING, ready),
        ("evaluator", SubsidyKind.EVALUATION, claimed),
    ):
        assert ids, login
        town.do(login, partial(save_draft, kind=kind, voucher_ids=ids, note="等照片补齐再申领"))


def _begin_a_filing(town: Town) -> None:
    """Have a listed institution begin its filing and go home."""
    body, code = next(each for each in list_codes() if each[0].key == "hope")
    page = FirstPage(
        code, body.name, str(body.kind), JIYUAN, "济源市示例路1号", "示例校长", "示例联系人", "13800000001"
    )
    town.do("institution", lambda work: open_filing(work, page))


def _raise_risk_flags(town: Town) -> None:
    """Let the rules find three things of one institution: one waits, one is worked on, one is asked about."""
    house = town.stage.institution("hope")
    said = f"{{institution:{house}}} 列入目录后 60 天内申领 120 笔，是其他机构（多为 20 笔）的 6 倍。"
    found = [
        Found(
            Finding(
                "R13", "institution", str(house), period, 120, "笔", 100, 20, said, (), institution=str(house)
            ),
            BY_CODE["R13"],
            (),
        )
        for period in ("2024-10-01", "2024-11-01", "2024-12-01")
    ]
    town.do("supervisor", lambda work: raise_flags(work, found))
    with town.database.read() as session:
        _, mine, asked = session.scalars(select(RiskFlag.id).order_by(RiskFlag.id)).all()
        me = session.scalars(select(UserAccount.person_id).where(UserAccount.login == "supervisor")).one()
    for each in (mine, asked):
        town.do("supervisor", partial(assign, flag_id=each, person_id=me))
    town.do("supervisor", partial(ask, flag_id=asked, question="两个月内的申领从哪里来？"))


def _leave_a_roster_half_way(town: Town) -> None:
    """Begin a large roster nobody works off: it can be gone on with, and it can be terminated."""
    person: Newcomer = next(town.stage.people)
    files = FileStore(town.folder / "half-way")
    desk = Desk(town.database, town.stage.house.keyring, town.clock.now, files, Limits())
    roster = f"姓名,证件号码\n{person.name},{person.number}\n".encode()
    programme_id = town.stage.programmes["electrician"]
    town.do("operator-jy", lambda work: start_run(work, desk, programme_id, roster, "大名册.csv"))


def _let_institutions_fall(town: Town) -> None:
    """Suspend two institutions; for one of them somebody has asked already to let it go on."""
    for key in (FALLEN, FALLEN_ASKED):
        house = town.stage.institution(key)
        town.do("first-review", partial(impose, institution_id=house, event="suspend", why="消防验收不合格"))
    house = town.stage.institution(FALLEN_ASKED)
    back = Proposal(Step.RESTORE, "整改完成，验收合格", "豫办〔2021〕29号 第4项", ending=Ending.ACCEPTED)

    def ask_back(work: Work) -> None:
        found = work.session.get_one(Institution, house)
        propose(work, house, back, seen=read_effect(work.session, found, Step.RESTORE).digest)

    town.do("second-review", ask_back)

    def complain(work: Work) -> int:
        return file_complaint(work, house, Topic.FEES, "收了三百元资料费，没有票据", "").id

    town.do("supervisor", complain)
    asked = town.do("supervisor", complain)
    town.do("first-review", partial(accept_complaint, complaint_id=asked))
    town.do("first-review", partial(ask_about, complaint_id=asked, question="本期有没有另外收费？"))


def _hold_a_claim(town: Town) -> None:
    with town.database.read() as session:
        claim_id = session.scalars(
            select(Claim.id).where(Claim.state == "first_reviewed").order_by(Claim.id)
        ).first()
    assert claim_id is not None
    town.do(
        "second-review", lambda work: open_hold(work, Thing.CLAIM, claim_id, "有人反映没有参加考试，核查中")
    )


def _revoke_certificates(town: Town, provings: Mapping[str, Proving]) -> None:
    """Revoke another certificate, and ask for the first one back."""
    fallen = provings["claimed"].certified[-1][1]
    town.do("first-review", lambda work: revoke_certificate(work, fallen, "考场录像显示替考"))
    number = provings["revoked"].certified[0][1]
    town.do("second-review", lambda work: ask_reinstatement(work, number, "申诉成立，登记已更正"))
    # and a wish to revoke that waits for another person: its page shows what would fall
    standing = select(Certificate.id).where(Certificate.state == "valid").order_by(Certificate.id).limit(1)

    def wish(work: Work) -> None:
        ids = list(
            work.session.scalars(standing.where(Certificate.id.in_(select_within(work.actor.regions))))
        )
        seen = read_consequences(work.session, ids).digest
        mass_revocation.ask_mass_revocation(work, ids, "同批试卷雷同", read=read_consequences, seen=seen)

    town.do("first-review", wish)


def _ask_for_a_voucher_back(town: Town, paid: Proving) -> None:
    """Take a paid voucher back as forged, and ask for it back: its certificate still stands."""
    voucher_id = paid.certified[-1][0]
    town.do("first-review", lambda work: decertify(work, voucher_id, "举报称学时造假，经查属实"))
    town.do(
        "second-review",
        lambda work: reinstate.ask_reinstatement(work, voucher_id, "复查：举报不实，学时记录完整"),
    )


def _apply(town: Town, waits: str, is_asked: str) -> None:
    """Offer vouchers that want a proof: one who applied waits for the office, of another it asked more."""
    today = town.clock.now().date()

    def draft(work: Work) -> int:
        budget = next(
            each for each in list_budgets(work.session, [JIYUAN]) if each.source == str(FundSource.FISCAL)
        )
        made = draft_programme(work, _proven(budget.id, today))
        filing.state_demands(work, made.id, [Demand("失业登记证明"), Demand("家庭困难说明")])
        return made.id

    programme_id = town.do("operator-jy", draft)
    town.do("first-review", lambda work: programme_acts.publish_programme(work, programme_id))
    said = {1: "见所附失业登记证", 2: "独自抚养两个孩子"}

    def show_and_file(work: Work) -> int:
        shown = {1: [attaching.upload(work, each).id for each in (jpeg(6), pdf())]}
        return filing.apply(work, programme_id, said, declared=True, attached=shown).id

    ids = [town.do(login, show_and_file) for login in (waits, is_asked)]

    def ask_more(work: Work) -> None:
        found = get_application(work.session, work.keyring, ids[1], regions=work.actor.regions)
        deciding.ask_clarification(work, ids[1], {found.items[0].id: "请写明出具单位和日期"})

    town.do("first-review", ask_more)


def _proven(budget_id: int, today: date) -> NewProgramme:
    return NewProgramme(
        name=APPLIED_FOR,
        region_code=JIYUAN,
        project_code="TRAIN-GROUPS",
        budget_id=budget_id,
        worth="face_value",
        channel="open",
        training_kind="project_based",
        certificate_kind="skill_level",
        trade_code=None,
        level=None,
        training_cap_fen=1_200_00,
        evaluation_cap_fen=200_00,
        quantity=20,
        from_on=today,
        until_on=today + timedelta(days=90),
        validity_days=None,
        certify_months=None,
        document="示例人社〔2024〕41号",
    )


def _propose_a_tariff(town: Town) -> None:
    new = Tariff(
        subject=Subject.STANDARD,
        since=date(2025, 2, 1),
        until=None,
        document="示例人社规〔2024〕9号",
        kind=SubsidyKind.TRAINING,
        form="level_certificate",
        occupation_code="4-10-01-05",
        level=Level.JUNIOR,
        region_code=JIYUAN,
        amount_fen=1_500_00,
    )
    town.do("second-review", lambda work: propose_tariff(work, new))


def _propose_corrections(town: Town) -> None:
    """Let a name and a number wait for the second person."""
    person: Newcomer = next(town.stage.people)
    other: Newcomer = next(town.stage.people)
    opened = partial(open_worker, number=person.number, name=person.name, login="misread", mobile=None)
    town.do("operator", opened)
    renamed = partial(
        propose_name, number=person.number, new_name=other.name, evidence="户口簿变更页 2024-17"
    )
    town.do("operator", renamed)
    renumbered = partial(
        propose_number,
        number=person.number,
        new_number=other.number,
        former_use=FormerUse.WRONG,
        evidence="公安机关证明 济公户〔2024〕31号",
    )
    town.do("operator", renumbered)


def _help(town: Town, helper: str) -> None:
    """Let two people consent to be helped by the same third one: one chooses a class, one is in one."""
    logins = town.stage.workers
    helper_id = next(person_id for person_id, login in logins.items() if login == helper)
    for state in ("accepted", "enrolled"):
        free = (Voucher.state == state, Voucher.id.not_in(select_held(Thing.VOUCHER)))
        with town.database.read() as session:
            holders = session.scalars(
                select(Voucher.holder_person_id).where(*free).order_by(Voucher.id)
            ).all()
        principal_id = next(each for each in holders if each in logins and each != helper_id)

        def consent(work: Work, principal_id: int = principal_id) -> None:
            wish = Wish(Relationship.CHILD, frozenset(Scope))
            write_consent(work, principal_id, helper_id, wish, Evidence(ConsentWay.OWN))

        town.do(logins[principal_id], consent)


def _open_records(town: Town) -> None:
    """Have the worker whose login is printed object to an entry of the own record, and show it."""

    def object_to_first(work: Work) -> None:
        entries = list_entries(work.session, work.keyring, work.actor.person_id)
        object_to(work, entries[0].ref, "我没有领过这张券")

    town.do(MAIN_LOGIN, object_to_first)
    town.do(MAIN_LOGIN, lambda work: share(work, Extent.TRAININGS))


def _appeal_against_scores(town: Town) -> None:
    """Have three people appeal, late and with a reason: one waits, one is taken up, one goes to the office.

    Whoever answers had no hand in the exam; who is not content takes it to the office.
    """
    logins = town.stage.workers
    house = town.stage.institution("yuquan")
    with town.database.read() as session:
        rows = session.execute(
            select(ExamResult.id, Candidate.person_id)
            .join(Candidate, Candidate.id == ExamResult.candidate_id)
            .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
            .where(
                ExamBatch.institution_id == house,
                ExamBatch.state == "published",
                ExamResult.confirmed_at.is_not(None),
                Candidate.person_id.in_(sorted(logins)),
            )
            .order_by(ExamResult.id)
        ).all()
    main = next(person_id for person_id, login in logins.items() if login == MAIN_LOGIN)
    chosen = {person_id: result_id for result_id, person_id in rows}
    mine, taken_up, taken_on = sorted(chosen, key=lambda each: (each != main, each))[:3]
    filed = {}
    for person_id in (mine, taken_up, taken_on):
        against = partial(
            appeal_result, result_id=chosen[person_id], said="技能第三项漏记一分", why_late="住院，有出院记录"
        )
        filed[person_id] = town.do(logins[person_id], against).id
    town.do("evaluator", partial(accept, appeal_id=filed[taken_up]))
    grant = Grant(Role.EVALUATOR_ADMIN, institution_id=house)
    reader = partial(open_member, serial=READER, login="reader", name="评价机构管理员 小苗", grant=grant)
    town.do("operator", reader)
    town.do("reader", partial(accept, appeal_id=filed[taken_on]))
    rejected = partial(
        reject, appeal_id=filed[taken_on], opinion="复核了评分表和录像，第三项按标准扣分，计分无误"
    )
    town.do("reader", rejected)
    insisted = partial(escalate, appeal_id=filed[taken_on], said="录像里第三项已经完成，请调取原录像")
    town.do(logins[taken_on], insisted)


def _bring_money_back(town: Town) -> None:
    """Have two paid claims paid back in full; for one of them its key is asked back already."""
    with town.database.read() as session:
        paid = select(Claim.id).where(
            Claim.state == "paid", Claim.id.not_in(select_held(Thing.CLAIM)), Claim.region_code == JIYUAN
        )
        claim_ids = session.scalars(paid.order_by(Claim.id.desc()).limit(2)).all()
    why = "查实未参加培训，全额追回"
    for claim_id in claim_ids:
        debt = town.do("first-review", partial(clawback.open_clawback, claim_id=claim_id, why=why))
        document = f"缴款书补第 {debt.id} 号"
        for hand in ("maker", "checker"):
            both = partial(repay, clawback_id=debt.id, amount_fen=debt.amount_fen, document=document)
            town.do(hand, both)
    asked = partial(ask_release, claim_id=claim_ids[0], why="机构造假，本人无过错，济人社〔2024〕9号")
    town.do("second-review", asked)


def _object_to_stars(town: Town) -> None:
    """Give an institution stars, and let it object; what they came of is counted of this year's classes."""
    house = town.stage.institution("hope")

    def give(work: Work) -> int:
        formula = replace(read_formula(work.session, work.today), people_least=1)
        figures = read_figures(work.session, None, work.today.year, work.today, whose=[house])
        given = count_stars(figures.get(house, NOTHING_OVER), formula)
        assert given is not None
        made = StarRating(
            institution_id=house,
            year=work.today.year - 1,
            figures=asdict(figures.get(house, NOTHING_OVER)),
            formula=asdict(formula),
            lines=[[line.word, line.points_tenths, line.most_tenths] for line in given.lines],
            total_tenths=given.total_tenths,
            stars=given.stars,
            given_at=work.at,
            given_by_person_id=work.actor.person_id,
        )
        work.session.add(made)
        work.session.flush()
        record_one(work, "star_rating", made.id, "give", stars=made.stars)
        return made.id

    rating_id = town.do("supervisor", give)
    town.do("institution", partial(object_to_stars, rating_id=rating_id, words="两名学员的结业没有计入"))


def _list_what_is_over(town: Town) -> None:
    """Have a list made of what is held too long, of one without a telephone too, for officers to read."""
    person: Newcomer = next(town.stage.people)
    gone = replace(person, mobile=None, region_code=JIYUAN)
    town.do("operator", lambda work: open_people(work, [gone]), at=town.clock.now() - LONG_AGO)
    run = town.do("first-review", partial(ask_run, region_code=JIYUAN))
    while town.do("clock", partial(list_piece, run_id=run.id)):
        pass


def _ask_to_be_forgotten(town: Town) -> None:
    """Let somebody who never held a voucher wait to be erased."""
    person: Newcomer = next(town.stage.people)
    opened = partial(open_worker, number=person.number, name=person.name, login="forgotten", mobile=None)
    town.do("operator", opened)
    town.do("forgotten", ask_erasure)


def _share_a_telephone(town: Town) -> None:
    for place in (1, 2):
        person: Newcomer = next(town.stage.people)
        opened = partial(open_worker, number=person.number, name=person.name, mobile=SHARED_MOBILE)
        town.do("operator", partial(opened, login=f"shares-{place}"))


def list_states(town: Town) -> Iterator[str]:
    """Yield the oldest and the newest of every thing with deeds in each of its states, and what is stopped.

    What may be done to a thing hangs on its state, and the lists show the newest few.
    """
    with town.database.read() as session:
        for model, path in (
            (Voucher, "/office/vouchers"),
            (Programme, "/office/programmes"),
            (TrainingClass, "/office/classes"),
            (Certificate, "/office/certificates"),
            (Issue, "/office/issues"),
            (Claim, "/claims"),
        ):
            ends = select(func.min(model.id), func.max(model.id)).group_by(model.state)
            for both in session.execute(ends).all():
                yield from (f"{path}/{each}" for each in sorted(set(both)))
        held = session.execute(select(Hold.thing, Hold.object_id).where(Hold.closed_at.is_(None))).all()
    places = {str(Thing.VOUCHER): "/office/vouchers", str(Thing.CLAIM): "/claims"}
    yield from (f"{places[thing]}/{object_id}" for thing, object_id in held if thing in places)
    yield from (f"/office/institutions/{town.stage.institution(each)}" for each in (FALLEN, FALLEN_ASKED))
