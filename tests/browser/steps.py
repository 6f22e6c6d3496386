"""The steps of every audience: what a button leads to before anything is done, and what a refusal is like."""

from __future__ import annotations

import re

from sqlalchemy import select

from tests.browser.connecting import connect
from tests.browser.looking import Person
from tests.browser.seldom import SHARED_MOBILE
from tests.browser.stepping import MISSING, Stepping, push
from voucher.demo.province.cast import MAIN_LOGIN
from voucher.demo.staff import PASSWORD
from voucher.ledger.credentials.devices import Device
from voucher.ledger.vouchers import Voucher
from voucher.registry.consents.rows import Consent
from voucher.stages.assess.models import ExamBatch
from voucher.stages.issue.models import Issue
from voucher.stages.oversee.retention.models import RetentionRun
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice
from voucher.stages.train.models.classes import TrainingClass

UNKNOWN_MOBILE = "13900139000"
NEW_LOGIN = "xin-laoshi"
NEW_NUMBER, OTHER_NUMBER = "110101199003072017", "11010119900307299X"


def come_in(steps: Stepping) -> None:
    """By telephone: a code refused and a code taken, who one is, one of two; by password: a wrong one."""
    _prove_a_number(steps, UNKNOWN_MOBILE, "a-first-time")
    _prove_a_number(steps, SHARED_MOBILE, "two-people")
    person = steps.at("", "/login")
    person.fill(login="first-review", password="wrong-password-1")
    push(person, "/login")
    steps.note(person, "login-refused", "entrance/login.html")
    person.go("/login/phone")
    person.fill(mobile="123")
    push(person, "/login/phone/codes")
    steps.note(person, "number-refused", "entrance/phone.html")


def _prove_a_number(steps: Stepping, mobile: str, name: str) -> None:
    person = steps.at("", "/login/phone")
    person.fill(mobile=mobile)
    push(person, "/login/phone/codes")
    steps.note(person, f"phone-code-{name}", "entrance/phone_code.html")
    person.fill(code="000000")
    push(person, "/login/phone")
    steps.note(person, f"phone-code-{name}-refused", "entrance/phone_code.html")
    told = re.search(r"验证码 (\d{6})", steps.town.ring())
    assert told is not None
    person.fill(code=told[1])
    push(person, "/login/phone")
    steps.note(person, f"person-{name}", "entrance/person.html")
    push(person, "/login/phone/person", empty=True)
    steps.note(person, f"person-{name}-refused", "entrance/person.html")


def worker(steps: Stepping) -> None:
    """Choosing, giving back, leaving, dropping out, the digits, a lost phone; somebody else's pages."""
    login, voucher_id = steps.holder("accepted")
    person = steps.at(login, f"/my/vouchers/{voucher_id}")
    push(person, "/withdrawals")
    steps.note(person, "withdraw", "worker/withdraw.html")
    person.go(f"/my/vouchers/{voucher_id}/classes")
    push(person, "/enrolments")
    steps.note(person, "confirm-class", "worker/confirm_class.html")
    for state, name in (("enrolled", "leave"), ("training", "drop")):
        login, voucher_id = steps.holder(state)
        person = steps.at(login, f"/my/vouchers/{voucher_id}")
        push(person, "/departures")
        steps.note(person, name, "worker/leave.html")
        push(person, "/departures", empty=True)
        steps.note(person, f"{name}-refused", "worker/leave.html")
    _show_and_lose(steps)
    _say_not_me(steps)
    person.go(f"/my/vouchers/{MISSING}")
    steps.note(person, "worker-missing", "error.html")
    person.go("/office/vouchers")
    steps.note(person, "worker-forbidden", "error.html")
    person.go("/my/no-network")
    steps.note(person, "no-network", "worker/no_network.html")


def helper(steps: Stepping) -> None:
    """A name nobody has; whom one helps, a class chosen for them; a code asked for and missed."""
    consent_id = steps.find(Consent, Consent.ended_at.is_(None))
    with steps.town.database.read() as session:
        given = session.get_one(Consent, consent_id)
        login = steps.town.stage.workers[given.helper_person_id]
        accepted = (Voucher.holder_person_id == given.principal_person_id, Voucher.state == "accepted")
    person = steps.at(login, "/my/helpers")
    push(person, "/my/helpers", empty=True)
    steps.note(person, "consent-refused", "worker/helpers.html")
    person.go(f"/my/helped/{consent_id}/vouchers/{steps.find(Voucher, *accepted)}/classes")
    push(person, "/enrolments")
    steps.note(person, "confirm-class-helped", "worker/confirm_class.html")
    person.go("/my/helped")
    person.fill(name="王小二", mobile=UNKNOWN_MOBILE, relationship="child")
    push(person, "/my/helped/requests")
    steps.note(person, "consent-code", "worker/consent_code.html")
    person.fill(code="000000")
    push(person, person.page.url.rpartition("/")[2])
    steps.note(person, "consent-code-refused", "worker/consent_code.html")


def _show_and_lose(steps: Stepping) -> None:
    # one who has opened no phone yet: whoever looked at the page of the code has one now
    without_phone = Voucher.holder_person_id.not_in(select(Device.person_id))
    login, voucher_id = steps.holder("enrolled", without_phone)
    person = steps.at(login, f"/my/vouchers/{voucher_id}/code")
    person.page.locator("[data-picture][data-code]").wait_for()
    person.page.get_by_text("还是扫不出").click()
    steps.note(person, "wallet-code", "worker/before_code.html")
    push(person, f"/vouchers/{voucher_id}/code")
    steps.note(person, "digits", "worker/code.html")
    person.go("/my/phones")
    push(person, "/losses")
    steps.note(person, "lose-phone", "worker/lose_phone.html")


def _say_not_me(steps: Stepping) -> None:
    """One tap on an intake that names one; it was a mistake, and is taken back."""
    person = steps.at(MAIN_LOGIN, "/my/intakes")
    push(person, "/denials")
    steps.note(person, "not-me", "worker/intakes.html")
    push(person, "/withdrawals")
    steps.note(person, "not-me-taken-back", "worker/intakes.html")


def institution(steps: Stepping) -> None:
    """A class cancelled, finished; what a phone is asked; claims to confirm; a colleague's first password."""
    house = steps.town.stage.institution("hope")
    mine = TrainingClass.institution_id == house
    class_id = steps.find(TrainingClass, mine, TrainingClass.state == "approved")
    person = steps.at("institution", f"/institution/classes/{class_id}")
    push(person, "/cancellations")
    steps.note(person, "cancel-class", "institution/cancel.html")
    push(person, "/cancellations", empty=True)
    steps.note(person, "cancel-class-refused", "institution/cancel.html")
    person.go("/institution/claims")
    person.press("申领勾选的券")
    person.reads("每人的核对结果")
    steps.note(person, "claim-training", "claiming/confirm.html")
    push(person, "/institution/claims", empty=True)
    steps.note(person, "claim-training-refused", "claiming/confirm.html")
    _finish(steps, person)
    taught_today = TrainingClass.ends_on >= steps.town.clock.now().date()
    class_id = steps.find(TrainingClass, mine, TrainingClass.state == "running", taught_today)
    person.go("/institution/scan/offline")
    steps.note(person, "scan-offline", "institution/scan_offline.html")
    person.go(f"/institution/scan?class_id={class_id}")
    person.page.get_by_text("学员手机时间不准，扫不过去？").click()
    push(person, "/challenges")
    steps.note(person, "challenge", "institution/challenge.html")
    person = steps.at("college-institution-admin", "/institution/scan")
    steps.note(person, "scan-no-class", "institution/scan_choose.html")


def _finish(steps: Stepping, person: Person) -> None:
    """Fill in the marks of the class that waits to be signed off, and see what would come of it."""
    over = (TrainingClass.state == "running", TrainingClass.ends_on < steps.town.clock.now().date())
    mine = TrainingClass.institution_id == steps.town.stage.institution("hope")
    person.go(f"/institution/classes/{steps.find(TrainingClass, mine, *over)}/completions")
    marks = person.page.locator("main form input[inputmode=decimal]")
    marks.first.fill("八十")
    push(person, "/completions", empty=True)
    steps.note(person, "finish-refused", "institution/finishing.html")
    for place in range(marks.count()):
        marks.nth(place).fill(("86.5", "12")[place % 2])
    push(person, "/completions")
    person.reads("请最后看一遍")
    steps.note(person, "finish-ahead", "institution/finishing.html")


def colleague(steps: Stepping) -> None:
    """A colleague's account is opened, and used for the first time: the telephone is bound."""
    person = steps.at("institution", "/institution/colleagues")
    push(person, "/institution/colleagues", empty=True)
    steps.note(person, "colleague-refused", "institution/colleagues.html")
    person.fill(role="teacher", name="新老师", number=NEW_NUMBER, login=NEW_LOGIN)
    push(person, "/institution/colleagues")
    steps.note(person, "colleague-opened", "institution/opened.html")
    first = person.page.locator("dd.mono").last.inner_text()
    other = Person.beside(person)
    other.go("/login")
    other.fill(login=NEW_LOGIN, password=first)
    push(other, "/login")
    steps.note(other, "bind-telephone", "entrance/enrolment.html")
    push(other, "/login/code", empty=True)
    steps.note(other, "bind-telephone-refused", "entrance/enrolment.html")
    other.context.clear_cookies()
    other.go("/login")
    other.fill(login="first-review", password=PASSWORD)
    push(other, "/login")
    steps.note(other, "time-code", "entrance/code.html")
    push(other, "/login/code", empty=True)
    steps.note(other, "time-code-refused", "entrance/code.html")
    other.close()


def evaluator(steps: Stepping) -> None:
    """An exam cancelled or published, somebody failed for good, claims to confirm."""
    at = steps.town.stage.institution
    planned = ExamBatch.state == "planned"
    ids = [
        steps.find(ExamBatch, planned, ExamBatch.institution_id == at("yuquan"), *more)
        for more in ((), (ExamBatch.exam_on < steps.town.clock.now().date(),))
    ]
    person = steps.at("evaluator", f"/evaluator/batches/{ids[0]}")
    push(person, "/cancellations")
    steps.note(person, "cancel-exam", "evaluator/cancel.html")
    push(person, "/cancellations", empty=True)
    steps.note(person, "cancel-exam-refused", "evaluator/cancel.html")
    person.go(f"/evaluator/batches/{ids[1]}")
    push(person, "/publications")
    steps.note(person, "publish", "evaluator/publish.html")
    held = steps.find(ExamBatch, ExamBatch.state == "published", ExamBatch.institution_id == at("shaoyuan"))
    person = steps.at("shaoyuan-evaluator-admin", f"/evaluator/batches/{held}")
    while not person.page.locator("form[action$='/failures']").count():
        held = steps.find(
            ExamBatch,
            ExamBatch.state == "published",
            ExamBatch.institution_id == at("shaoyuan"),
            ExamBatch.id > held,
        )
        person.go(f"/evaluator/batches/{held}")
    push(person, "/failures")
    steps.note(person, "fail", "evaluator/fail.html")
    push(person, "/failures", empty=True)
    steps.note(person, "fail-refused", "evaluator/fail.html")
    person = steps.at("sili-evaluator-admin", "/evaluator/claims")
    push(person, "/evaluator/claims")
    steps.note(person, "claim-evaluation", "claiming/confirm.html")


def office(steps: Stepping) -> None:
    """A decision to confirm, forms refused, a roster tried, an account opened; errors of three kinds."""
    with steps.town.database.read() as session:
        batch_id = session.get_one(Claim, steps.find(Claim, Claim.state == "submitted")).batch_id
    person = steps.at("first-review", f"/batches/{batch_id}")
    person.page.locator("main input[name=claim]").first.check()
    person.press("不予通过")
    person.reads("确认初审不予通过")
    steps.note(person, "reject", "office/confirm.html")
    person.go(f"/batches/{batch_id}")
    person.press("初审通过")
    person.reads("确认初审通过")
    steps.note(person, "pass", "office/confirm.html")
    steps.town.let_sign("first-review", proven=False)
    person.press("确认初审通过")
    person.reads("签署前验证")
    steps.note(person, "signing-code", "entrance/signing.html")
    steps.town.let_sign("first-review")
    person.go(f"/office/vouchers/{steps.holder('accepted')[1]}/hold")
    push(person, "/hold", empty=True)
    steps.note(person, "deed-refused", "office/deed.html")
    person.go("/office/intake-denials?state=open")
    person.page.get_by_text("写核实结论").first.click()
    push(person, "/answers", empty=True)
    steps.note(person, "not-me-answer-refused", "office/intake_denials.html")
    returned = steps.find(TrainingClass, TrainingClass.state == "returned")
    person.go(f"/office/class-intakes/{returned}")
    person.page.locator("main summary", has_text="去掉").first.click()
    push(person, "/strikes", empty=True)
    steps.note(person, "strike-refused", "office/intake.html")
    person.go(f"/office/retention/{steps.find(RetentionRun, RetentionRun.listed_at.is_not(None))}")
    person.press("打开书面告知名单（有姓名，逐人留痕）")
    person.reads("书面告知名单")
    steps.note(person, "addressees", "office/retention_addressees.html")
    person.go(f"/office/vouchers/{MISSING}")
    steps.note(person, "missing", "error.html")
    person.go("/keys")
    steps.note(person, "forbidden", "error.html")
    person.go(f"/office/issues/{steps.find(Issue, Issue.state == 'issued', Issue.way == 'roster')}/pass")
    steps.note(person, "too-late", "error.html")
    operator = steps.at("operator-jy", "/office/programmes/new")
    push(operator, "/office/programmes", empty=True)
    steps.note(operator, "draft-refused", "office/new_programme.html")
    operator.go("/batches/new")
    operator.fill(from_on=steps.town.clock.now().date().replace(month=1, day=1).isoformat())
    operator.fill(until_on=steps.town.clock.now().date().isoformat())
    operator.press("逐人核对")
    steps.note(operator, "settlement", "office/settle_confirm.html")
    _try_and_open(steps, operator)


def _try_and_open(steps: Stepping, operator: Person) -> None:
    operator.go("/office/issues/new")
    operator.page.locator("select[name=programme]").select_option(index=1)
    operator.fill(people=f"某某 {NEW_NUMBER}\n某某某 {OTHER_NUMBER}")
    operator.press("试算，不发放")
    operator.page.locator("#trial .alert, #trial table, #trial strong").first.wait_for()
    steps.note(operator, "roster-tried", "office/new_issue.html")
    operator.go("/office/workers/new")
    operator.fill(name="新学员", number=OTHER_NUMBER, login="xin-xueyuan")
    push(operator, "/office/workers")
    steps.note(operator, "worker-opened", "office/new_worker.html")


def others(steps: Stepping) -> None:
    """Finance, custodian and supervisor refused or answered; anybody refused, answered, lost."""
    person = steps.at("operator-jy", "/budgets")
    push(person, "/budgets", empty=True)
    steps.note(person, "budget-refused", "finance/budgets.html")
    person = steps.at("key-custodian", "/keys")
    push(person, "/withdrawals", empty=True)
    steps.note(person, "key-refused", "custodian/keys.html")
    steps.town.seal()
    person = steps.at("supervisor", "/audit")
    push(person, "/verifications")
    steps.note(person, "trail-verified", "supervisor/audit.html")
    push(person, "/invariants")
    assert person.page.get_by_text("没有通过").count() == 0, "every invariant holds after all these steps"
    steps.note(person, "invariants", "supervisor/audit.html")
    person.go("/supervisor/trace?number=Q-1")
    steps.note(person, "trace-refused", "supervisor/trace.html")
    anybody = steps.at("", f"/notices/{steps.find(Notice, Notice.state == 'posted')}")
    push(anybody, "/objections", empty=True)
    steps.note(anybody, "objection-refused", "public/notice.html")
    anybody.go("/check")
    anybody.fill(voucher_number="Q-419001-2024-00000001")
    push(anybody, "/check/vouchers")
    steps.note(anybody, "voucher-checked", "public/check.html")
    anybody.go("/objections?number=YY-1")
    steps.note(anybody, "objection-missing", "public/find_objection.html")
    anybody.go("/nowhere")
    steps.note(anybody, "nowhere", "error.html")


def link(steps: Stepping) -> None:
    """Where people may sign in at another house as well: the way in, and linking one's account to it."""
    with steps.another_house():
        person = steps.at("", "/login")
        steps.note(person, "login-elsewhere", "entrance/login.html")
        person = steps.at("first-review", "/sessions")
        push(person, "/sessions/identity")
        steps.note(person, "link-identity", "entrance/link_identity.html")


PARTS = (come_in, worker, helper, institution, colleague, connect, evaluator, office, others, link)
