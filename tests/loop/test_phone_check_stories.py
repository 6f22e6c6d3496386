"""Random phone checks: a seed nobody knows before, a list anybody can repeat, calls that stop a voucher."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests import town_issue as issue
from tests import town_train as town
from tests.loop import way
from tests.loop.telling import amber_left
from tests.scene import JIYUAN, LI_SI, SUN_BA, XINXIANG, ZHANG_SAN, Scene
from voucher.ledger.audit import AuditRow
from voucher.ledger.holds import Hold
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.registry.tables import require_parameter_number
from voucher.registry.users import EVER, RoleGrant, UserAccount, open_account
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.draws import CallResult, CheckOutcome, RosterChange, draw, sample_size
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle import review
from voucher.stages.settle.seen import AmberLeft
from voucher.stages.train import phone_calls, phone_draws
from voucher.stages.train.models.phone_checks import PhoneCall, PhoneDraw, PhoneDrawEntry
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.queries import phone_checks as reading
from voucher.stages.train.queries.late_calls import count_late_draws, list_late_draws
from voucher.stages.train.queries.phone_checks import CheckedPerson, DrawView, Repeated

PEOPLE = (ZHANG_SAN, LI_SI, SUN_BA)
MOBILE = "13837100001"


def rewrite(work: Work, sql: str) -> None:
    """Do what no act does: change a row behind everybody's back."""
    work.session.execute(text(sql))


def set_parameter(scene: Scene, name: str, value: str) -> None:
    """Say what a parameter is, from the beginning."""
    scene.do(
        "operator",
        lambda work: work.session.execute(
            update(Parameter).where(Parameter.name == name).values(value=value)
        ),
    )


def view(scene: Scene, class_id: int) -> DrawView:
    with scene.database.read() as session:
        found = reading.find_draw_of(session, class_id)
    assert found is not None
    return found


def checked(scene: Scene, class_id: int, login: str) -> list[CheckedPerson]:
    with scene.database.read() as session:
        return reading.list_checked(
            session, scene.keyring, view(scene, class_id), scene.actor(login), scene.at
        )


def repeated(scene: Scene, class_id: int) -> Repeated:
    with scene.database.read() as session:
        return reading.repeat_draw(session, view(scene, class_id))


def test_一个班结业时抽出至少百分之十_种子先定后用_可复算(scene: Scene) -> None:
    """AC-E9: 准予开班时定下种子、只公开摘要，结业签字时抽取；名单可复算，名册事后变动看得出来。"""
    at = way.settle_down(scene)
    with scene.database.read() as session:
        share = require_parameter_number(session, phone_draws.SHARE, issue.day(scene), [JIYUAN])
    assert sample_size(50, share) == 5, "五十人的班，不另定比例时抽五人"
    set_parameter(scene, "phone_check_share", "5000")
    nurses = issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, at.house)
    before = view(scene, class_id)
    assert (before.draw.drawn_at, before.drawn) == (None, 0)
    vouchers = town.trained(scene, nurses, list(PEOPLE), class_id)
    after = view(scene, class_id)
    assert (after.draw.commitment, after.draw.seed) == (before.draw.commitment, before.draw.seed)
    assert (after.drawn, after.waiting, after.draw.people_count) == (2, 2, 3)
    # ten working days for the calls; what is left then stands in a queue of its own
    assert after.due_on is not None
    with scene.database.read() as session:
        assert count_late_draws(session, [JIYUAN], after.due_on) == (0, None)
        late = after.due_on + timedelta(days=1)
        assert count_late_draws(session, [JIYUAN], late) == (2, after.draw.drawn_at)
        assert [each.draw.id for each in list_late_draws(session, [JIYUAN], late)] == [after.draw.id]
        assert list_late_draws(session, [XINXIANG], late) == []
    with scene.database.read() as session:
        entries = session.scalars(select(PhoneDrawEntry).order_by(PhoneDrawEntry.position)).all()
        assert reading.list_drawn_from(session, after) == [each.voucher_number for each in entries]
        trail = session.scalars(
            select(AuditRow.act).where(AuditRow.thing == "class", AuditRow.object_id == class_id)
        )  # fmt: skip
        assert {"commit_seed", "draw_phone_checks"} <= set(trail)
    numbers = [town.voucher(scene, each).number for each in vouchers]
    number = town.a_class(scene, class_id).number
    assert [each.voucher_number for each in entries if each.is_drawn] == draw(
        after.draw.seed, number, numbers, 2
    )
    assert repeated(scene, class_id).holds
    assert repeated(scene, class_id).change == RosterChange((), ())
    # once drawn it stays drawn, in Python and in the database
    office = town.reviewer(scene)
    assert town.code(scene, office, partial(phone_draws.draw_late, class_id=class_id)) == "phone_checks_drawn"
    for table, change in (("phone_draw", "seed = '0'"), ("phone_draw_entry", "is_drawn = 1 - is_drawn")):
        with pytest.raises(DBAPIError):
            scene.do("operator", partial(rewrite, sql=f"UPDATE {table} SET {change}"))
    gone = entries[0]

    def slip_out(work: Work) -> None:
        place = work.session.scalars(
            select(Enrolment).where(Enrolment.voucher_id == gone.voucher_id, Enrolment.ended_at.is_(None))
        ).one()
        place.ended_at, place.ended_by = work.at, "transfer"

    with scene.database.read() as session:
        assert session.scalar(select(PhoneDraw.id).where(PhoneDraw.class_id == class_id)) is not None
    scene.do("operator", slip_out)
    found = repeated(scene, class_id)
    assert found.holds
    assert found.change.gone == (gone.voucher_number,)
    scene.do(
        "operator",
        lambda work: work.session.execute(
            update(Enrolment)
            .where(Enrolment.voucher_id == gone.voucher_id)
            .values(ended_at=None, ended_by=None)
        ),
    )


def test_拨打_号码只在拨打时显示_说没参加的停住券和申领(scene: Scene) -> None:
    """AC-E9: 每次拨打都留痕，结果只登记一次；称未参加的转待处置；办结前初审可按参数等待。"""
    at = way.settle_down(scene)
    set_parameter(scene, "phone_check_share", "10000")
    set_parameter(scene, "phone_check_before_review", "1")
    scene.import_people(
        [{"姓名": each[0], "证件号码": each[1], "手机号": MOBILE} for each in (ZHANG_SAN, LI_SI)]
    )
    nurses = issue.programme(scene, at.budget_id)
    vouchers = way.certified(at, nurses, *PEOPLE)
    class_id = class_of(scene, vouchers[0])
    office, second = town.reviewer(scene), "第二位审核员"
    scene.hire(second, Role.OFFICER_CITY, "310101199001010230")
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010240", region=XINXIANG)
    by_voucher = {each.entry.voucher_id: each.entry.id for each in checked(scene, class_id, office)}
    zhang, li, sun = (by_voucher[each] for each in vouchers)
    assert all(each.number is None for each in checked(scene, class_id, office))

    def call(entry_id: int, login: str = office) -> int:
        return scene.do(login, partial(phone_calls.begin_call, entry_id=entry_id)).id

    def tell(call_id: int, result: CallResult, said: str = "") -> partial[PhoneCall]:
        return partial(phone_calls.tell_result, call_id=call_id, result=result, said=said)

    opening = partial(phone_calls.begin_call, entry_id=zhang)
    assert town.code(scene, "外地审核员", opening) == "phone_check_missing"
    assert town.code(scene, at.registrar(), opening) == "role_missing"
    insider(scene, second, at.house)
    assert town.code(scene, second, opening) == "caller_of_institution"
    # a role that has ended bars as well, if it stood when the class was asked for; one before that does not
    drafted_on = day_of(town.a_class(scene, class_id).drafted_at)
    scene.do("operator", partial(_end_role, person=second, until=issue.day(scene) - timedelta(days=1)))
    assert town.code(scene, second, opening) == "caller_of_institution", "ended for the hour of the call"
    scene.do("operator", partial(_end_role, person=second, until=drafted_on))
    assert town.code(scene, second, opening) == "caller_of_institution", "a former class of one's own"
    scene.do("operator", partial(_end_role, person=second, until=drafted_on - timedelta(days=2)))
    assert town.code(scene, second, partial(_tries, entry_id=zhang)) == "phone_check_concluded", (
        "goes through"
    )

    first = call(zhang)
    assert [each.number for each in checked(scene, class_id, office) if each.number] == [MOBILE]
    assert all(each.number is None for each in checked(scene, class_id, "复核员"))
    assert town.code(scene, office, opening) == "phone_call_open"
    assert town.code(scene, "复核员", tell(first, CallResult.CONFIRMED)) == "phone_call_not_yours"
    assert town.code(scene, office, tell(first, CallResult.NO_NUMBER)) == "phone_number_on_record"
    assert town.code(scene, office, tell(first, CallResult.DENIED)) == "why_missing"
    scene.at += timedelta(minutes=16)
    assert all(each.number is None for each in checked(scene, class_id, office))
    # whoever opened a call and went home keeps nobody else from calling, and nobody answers in his place
    assert town.code(scene, "复核员", opening) == "phone_call_open"
    assert [each.is_left_behind for each in checked(scene, class_id, office)] == [False] * 3
    (left,) = [each for each in checked(scene, class_id, "复核员") if each.is_left_behind]
    assert left.entry.id == zhang
    assert town.code(scene, "复核员", tell(first, CallResult.CONFIRMED)) == "phone_call_not_yours"
    scene.do("复核员", tell(first, CallResult.UNREACHED))
    assert town.code(scene, office, tell(first, CallResult.CONFIRMED)) == "phone_call_not_yours"

    filed = way.claim(at, SubsidyKind.TRAINING, *vouchers)
    sign = partial(review.sign, batch_id=filed.batch.batch_id, step=Step.FIRST_REVIEW, opinion="属实")
    heard = town.refusal(scene, "初审员", sign)
    assert (heard.code, heard.facts["count"]) == ("phone_checks_open", 3)
    batch_id = filed.batch.batch_id
    assert amber_left(scene, batch_id, Step.FIRST_REVIEW, "初审员") == AmberLeft((), 0, 3)

    scene.do(office, tell(call(zhang), CallResult.CONFIRMED))
    assert town.code(scene, office, opening) == "phone_check_concluded"
    scene.do(office, tell(call(sun), CallResult.NO_NUMBER))
    scene.do(office, tell(call(li), CallResult.DENIED, "本人说没有上过课，是邻居让签的字"))
    done = view(scene, class_id)
    assert (done.waiting, done.doubted) == (0, 1)
    assert {each.entry.id: each.outcome for each in checked(scene, class_id, office)} == {
        zhang: CheckOutcome.CONFIRMED,
        li: CheckOutcome.DOUBTED,
        sun: CheckOutcome.UNREACHABLE,
    }
    with scene.database.read() as session:
        (hold,) = session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all()
        looks = session.scalars(select(AuditRow.content).where(AuditRow.act == "look_at_phone")).all()
    assert (hold.thing, hold.object_id) == ("voucher", vouchers[1])
    assert "电话抽查" in hold.why
    assert "邻居" not in hold.why
    assert len(looks) == 4
    assert MOBILE not in str(looks)
    after = amber_left(scene, batch_id, Step.FIRST_REVIEW, "初审员")
    assert (len(after.mine), after.held, after.barred) == (2, 1, 0)
    # who is not doubted goes on, and the doubted one waits for the office
    assert town.code(scene, "初审员", sign) == "on_hold"


def class_of(scene: Scene, voucher_id: int) -> int:
    with scene.database.read() as session:
        return session.scalars(select(Enrolment.class_id).where(Enrolment.voucher_id == voucher_id)).one()


def _tries(work: Work, entry_id: int) -> None:
    """Open a call, and take it back."""
    phone_calls.begin_call(work, entry_id)
    raise phone_calls.CHECK_CONCLUDED.refused()


def _end_role(work: Work, person: str, until: date) -> None:
    """End what somebody of the office did at an institution on a day."""
    account = select(UserAccount.id).where(UserAccount.login == f"{person}在机构").scalar_subquery()
    work.session.execute(
        update(RoleGrant).where(RoleGrant.user_id == account).values(since=min(until, EVER), until=until)
    )


def insider(scene: Scene, login: str, institution_id: int) -> None:
    """Give somebody of the office a second account, at an institution."""

    def act(work: Work) -> None:
        person = work.session.scalars(
            select(UserAccount.person_id).where(UserAccount.login == login)
        ).one()  # fmt: skip
        account = open_account(
            work, login=f"{login}在机构", display_name=login, person_id=person, grants=[], since=None
        )
        work.session.add(
            RoleGrant(
                user_id=account.id,
                role=Role.TEACHER,
                region_code=JIYUAN,
                institution_id=institution_id,
                since=issue.day(scene),
            )
        )

    scene.do("operator", act)
