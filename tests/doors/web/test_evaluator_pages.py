"""An evaluator's way at the pages: plan, door, scores, publication, correction, certificate, claim."""

from __future__ import annotations

import io
from datetime import UTC
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from tests import town_assess as exams
from tests.doors.web.browser import Browser, Page
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unlabelled
from tests.doors.world import World
from tests.scene import ELECTRICIAN, EV1, EV2, LI_SI, SUN_BA, ZHANG_SAN, Scene, on, staff_number, write_csv
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.rules.approval import Step
from voucher.stages.assess.examiners import list_examiners
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.review import return_claims


class Exam:
    """The people around one exam, each at a browser of their own."""

    def __init__(self, scene: Scene, world: World) -> None:
        scene.at = on("2024-03-06")
        world.at = scene.at.astimezone(UTC)
        scene.hire_everybody()
        self.scene, self.world = scene, world
        self.ours = exams.evaluator(scene, EV1)
        _, self.vouchers = exams.finished(scene, ZHANG_SAN, LI_SI)
        self.theirs = exams.evaluator(scene, EV2)
        self._browsers: dict[str, Browser] = {}
        self._enabled: set[str] = set()

    def at(self, login: str) -> Browser:
        """Return somebody's browser, signed in."""
        if login not in self._browsers:
            if login not in self._enabled:
                self.world.enable(login)
                self._enabled.add(login)
            self._browsers[login] = Browser(self.world.sign_in(login).http)
        return self._browsers[login]

    @property
    def admin(self) -> Browser:
        """Return who plans and claims."""
        return self.at(exams.admin(self.scene, self.ours))

    @property
    def examiner(self) -> Browser:
        """Return who stands at the door."""
        return self.at(exams.examiner(self.scene, self.ours))

    @property
    def clerk(self) -> Browser:
        """Return who enters the scores."""
        return self.at(exams.clerk(self.scene, self.ours))

    def plan(self) -> str:
        """Plan an exam of today at the pages and return its address."""
        page = self.admin.go("/evaluator/batches/new")
        self.admin.go(next(each for each in page.links if "what=" in each))
        self.admin.press(
            "安排这场考试",
            voucher=[str(each) for each in self.vouchers],
            exam_on="2024-03-13",
            place="实训楼",
        )
        path = str(self.admin.answer.request.path)
        self.send_examiners(path)
        self.scene.at = on("2024-03-13")
        self.world.at = self.scene.at.astimezone(UTC)
        self._browsers.clear()  # a week later everybody signs in anew
        self.admin.go(path)
        return path

    def send_examiners(self, path: str) -> None:
        """File three examiners at the pages and assign them to an exam."""
        for serial in (1, 2, 3):
            self.admin.go("/evaluator/examiners")
            number = staff_number(f"31010119800101{serial:03d}")
            self.admin.press(
                "登记", name="王考评", number=number, card_number=f"KP41{serial}", since="2024-01-01"
            )
            assert "考评员已登记" in self.admin.page.text
        with self.scene.database.read() as session:
            chosen = [str(each.id) for each in list_examiners(session, [self.ours])]
        self.admin.go(path)
        self.admin.press("指派所选考评员", examiner=chosen)
        assert "已指派 3 名" in self.admin.page.text

    def admit(self, path: str, *people: tuple[str, str]) -> None:
        """Let people in, in the order listed."""
        self.examiner.go(path)
        for _, number in people:
            self.examiner.press("核对", number=number)

    def candidates(self, path: str) -> list[int]:
        """Return the ids of the candidates of an exam."""
        return sorted(exams.candidates(self.scene, int(path.rsplit("/", 1)[-1])).values())


@pytest.fixture
def exam(scene: Scene, world: World) -> Exam:
    """Return an evaluator with two people ready for an exam."""
    return Exam(scene, world)


def decent(browser: Browser, *secrets: str) -> None:
    """See that a page shows no secret, has one heading, and names every field."""
    page = browser.page
    assert IDENTITY.findall(page.html) == []
    assert not any(each in page.html for each in secrets)
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []


def test_an_exam_from_plan_to_money_clicked_through(exam: Exam) -> None:
    assert "可安排考试" in exam.admin.go("/evaluator").text
    path = exam.plan()
    admin, examiner, clerk = exam.admin, exam.examiner, exam.clerk
    admin.go(f"{path}/direct-candidates")
    admin.press("增加考生", name=SUN_BA[0], number=SUN_BA[1], way="competition", evidence="")
    assert "申报条件“竞赛”没有填写依据" in admin.page.text
    admin.go(path)
    assert "今天考试：请逐人核对证件" in admin.page.text
    decent(admin, ZHANG_SAN[1], LI_SI[1], ZHANG_SAN[0])

    examiner.go(path)
    assert "核对证件" in examiner.go(path).text
    examiner.press("核对", number=SUN_BA[1])
    assert "不是同一人，不得参考" in examiner.page.text
    assert SUN_BA[1] not in examiner.page.html
    with exam.scene.database.read() as session:
        assert session.scalars(select(AuditRow.act).where(AuditRow.act == "turn_away")).all() == ["turn_away"]
    exam.admit(path, ZHANG_SAN, LI_SI)
    assert "已入场 2" in examiner.page.text

    first, second = exam.candidates(path)
    clerk.go(path)
    assert "公布" not in "".join(each["words"] for form in clerk.page.forms for each in form.buttons)
    scores: dict[str, Any] = {f"theory-{first}": "85.5", f"skill-{first}": "九十"}
    _save(clerk, scores)
    assert "第 1 行" in clerk.page.text
    assert "应为 0 至 100 的数字" in clerk.page.text
    assert 'value="85.5"' in clerk.page.html
    scores |= {f"skill-{first}": "90", f"theory-{second}": "59", f"skill-{second}": "80"}
    _save(clerk, scores)
    assert "请另一人录技能成绩第二遍" in clerk.page.text

    examiner.go(path)
    assert "待第二遍" in examiner.page.text
    assert 'value="90"' not in examiner.page.html
    _save(examiner, {f"again-{first}": "90", f"again-{second}": "8"}, "second-entries")
    assert "有 1 名两遍不一致" in examiner.page.text
    assert "另一遍：8" in clerk.go(path).text
    _save(examiner, {f"again-{first}": "90", f"again-{second}": "80"}, "second-entries")
    assert "两遍一致" in examiner.page.text
    form = {"file": (io.BytesIO(f"考生编号,理论成绩,技能成绩\n{first},九十,80\n".encode()), "成绩.csv")}
    clerk.go(path)
    sheet = clerk.http.get(f"{path}/score-sheet").text
    filled = sheet.replace(",,,", ",85.5,90,", 1).replace(",,,", ",59,80,", 1)
    clerk.press("上传成绩", file=(io.BytesIO(filled.encode()), "成绩.csv"))
    assert "没有变化 2" in clerk.page.text, "the sheet that was handed out is taken back filled in"
    clerk.go(path)
    clerk.press("上传成绩", **form)
    assert "逐行问题（1 行，共读 1 行）" in clerk.page.text

    admin.go(path)
    admin.press("去公布成绩")
    assert "公布后成绩锁定" in admin.page.text
    admin.press("确认公布")
    assert "合格 1 人，不合格 1 人，缺考 0 人" in admin.page.text

    clerk.go(f"{path}/candidates/{second}/corrections")
    clerk.press("提出更正", theory="61", skill="80", why="合分有误")
    assert "另一人确认后生效" in clerk.page.text
    assert "更正待第二人确认" in admin.go("/evaluator").text
    page = admin.go(path)
    for said in ("李*：理论 61，技能 80", "现在的成绩：理论 59，技能 80", "第 1 版：理论 59，技能 80"):
        assert said in page.text, "before and after are before whoever confirms"
    admin.press("确认更正")
    assert "更正已生效：合格" in admin.page.text
    assert exams.state(exam.scene, exam.vouchers[1]) == "assessed"
    assert "100%" in admin.go("/evaluator/statistics").text
    assert "没有可疑的数值" in admin.page.text
    exam.scene.do("operator", partial(_lower, name="suspicious_people_least", value="2"))
    told = admin.go("/evaluator/statistics").text
    assert "合格率过高" in told
    assert "2 人参加，2 人合格（100%）" in told
    assert "2 人以上的考试，合格率达到 100%" in told
    assert "PJ-419001-2024-0001" in told
    _certify_and_claim(exam)


def _lower(work: Work, name: str, value: str) -> None:
    """Set a threshold lower than policy has it."""
    work.session.execute(update(Parameter).where(Parameter.name == name).values(value=value))


def _save(browser: Browser, scores: dict[str, Any], where: str = "results") -> None:
    """Press 保存成绩 or 保存第二遍, which stand outside the form they send."""
    form = next(each for each in browser.page.forms if each.action.endswith(f"/{where}"))
    assert "保存成绩" in browser.page.text
    browser.answer = browser.http.post(
        form.action, data={**dict(form.values), **scores}, follow_redirects=True
    )
    browser.page = Page(browser.answer.text)


def _certify_and_claim(exam: Exam) -> None:
    admin, scene = exam.admin, exam.scene
    good = scene.certificate(ZHANG_SAN, issued="2024-03-13")
    bad = {**scene.certificate(LI_SI, issued="2024-03-13"), "职业编码": "9-99-99-99"}
    scene.import_register([scene.registered(good)])
    admin.go("/evaluator/certificates")
    _upload(exam, good, bad)
    assert "逐行问题（1 行，共读 2 行）" in admin.page.text
    decent(admin, ZHANG_SAN[1], LI_SI[1])
    _upload(exam, good)
    assert "新登记 1" in admin.page.text
    assert "1 张券转为已持证" in admin.page.text
    admin.go("/evaluator/certificates/new")
    of_li = scene.certificate(LI_SI, issued="2024-03-13")["证书编号"]
    admin.press(
        "登记",
        name=LI_SI[0],
        identity=LI_SI[1],
        kind="skill_level",
        trade_code="4-10-01-05",
        level="2",
        certificate_number=of_li,
        issued_on="2024-03-13",
        method="exam",
    )
    assert "证书已登记" in admin.page.text
    admin.go("/evaluator/certificates?verified=no")
    admin.press("再次核验")
    assert "没有变化" in admin.page.text
    assert "登记中查不到证书" in admin.page.text
    admin.press("查找", number=of_li)
    assert "找到的证书" in admin.page.text
    assert "李*" in admin.page.text
    assert "张*" not in admin.page.text
    assert "没有找到这个编号的证书" in admin.press("查找", number=f"T{ZHANG_SAN[1]}").text
    assert ZHANG_SAN[1] not in "".join(admin.page.links)

    admin.go("/evaluator/claims")
    decent(admin, ZHANG_SAN[1])
    admin.press("核对所选", voucher=[str(exam.vouchers[0])])
    for said in ("每人的核对结果", "200.00", "证书与登记一致", "依据：", "考试真实、人证相符"):
        assert said in admin.page.text
    assert ZHANG_SAN[1] not in admin.page.html
    preview = admin.page
    admin.press("申领 1 人")
    assert "申领前须作出承诺，本次没有申领" in admin.page.text
    assert "每人的核对结果" in admin.page.text, "who is refused still sees what would be claimed"
    admin.page = preview
    admin.press("申领 1 人", pledged="1", total_fen="19999")
    assert "申报 1 条、199.99 元，核定为 1 条、200.00 元；整批没有申报" in admin.page.text
    admin.page = preview
    admin.press("申领 1 人", pledged="1")
    assert "已申领 1 张券" in admin.page.text
    admin.go(next(each for each in admin.page.links if "/evaluator/claims/" in each))
    assert "办理经过" in admin.page.text
    assert "待初审（人社部门办理）" in admin.page.text
    assert "最迟" in admin.page.text, "whom it waits for, and until when"
    assert "还没有付款" in admin.go("/institution/payments").text
    assert "/evaluator/claims" in admin.page.links
    assert "没有可以申领的券" in admin.go("/evaluator/claims").text
    _comes_back(exam, admin)


def _comes_back(exam: Exam, admin: Browser) -> None:
    """What was sent back is filed again by the payee, as the next revision; then taken back for good."""
    exam.scene.at = exam.world.at
    with exam.scene.database.read() as session:
        claim = session.scalars(select(Claim)).one()
    exam.scene.do(
        "初审员",
        lambda work: return_claims(work, claim.batch_id, Step.FIRST_REVIEW, [claim.id], "缺评价记录表"),
    )
    admin.go("/evaluator/claims?state=returned")
    assert "缺评价记录表" in admin.page.text, "why it came back stands in the list"
    admin.press("补正后重报所选")
    assert "没有勾选" in admin.page.text
    admin.go(f"/evaluator/claims/{claim.id}")
    assert "缺评价记录表" in admin.page.text
    admin.press("补正后重报")
    assert "已补正重报，转入批次" in admin.page.text
    with exam.scene.database.read() as session:
        again = session.scalars(select(Claim)).one()
    assert (again.id, again.revision, again.state) == (claim.id, 2, "submitted")
    assert again.batch_id != claim.batch_id
    admin.go(f"/evaluator/claims/{claim.id}")
    admin.press("撤回这条申领", why="场地记录不全，不申领了")
    assert "已撤回 1 条" in admin.page.text
    assert "办理" in admin.go(f"/evaluator/claims/{claim.id}").text
    assert "撤回这条申领" not in admin.page.text


def _upload(exam: Exam, *rows: dict[str, object]) -> None:
    path = write_csv(exam.scene.folder / "certificates.csv", rows)
    exam.admin.press("上传", file=(io.BytesIO(path.read_bytes()), "certificates.csv"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_card_in_a_file_certifies_who_was_trained_for_it(exam: Exam) -> None:
    """特种作业 is examined elsewhere: nobody assesses the voucher, and the file finds it all the same."""
    operation = {"certificate_kind": "special_operation", "trade_code": ELECTRICIAN, "level": 0}
    _, (held,) = exams.finished(exam.scene, SUN_BA, name="特种作业", **operation)
    exam.scene.at = on("2024-03-20")
    exam.world.at = exam.scene.at.astimezone(UTC)
    card = {
        **exam.scene.certificate(SUN_BA, ELECTRICIAN, issued="2024-03-18", kind="特种作业操作证书"),
        "证书编号": f"T{SUN_BA[1]}",
        "等级": "",
    }
    exam.scene.import_register([exam.scene.registered(card)])
    exam.admin.go("/evaluator/certificates")
    _upload(exam, card)
    assert "1 张券转为已持证" in exam.admin.page.text
    assert exams.state(exam.scene, held) == "certified"


def test_a_foreign_exam_is_missing_and_every_refusal_says_what_next(exam: Exam) -> None:
    path = exam.plan()
    first = exam.candidates(path)[0]
    stranger = exam.at(exams.admin(exam.scene, exam.theirs))
    for address in (
        path,
        f"{path}/candidates/{first}/corrections",
        f"{path}/score-sheet",
        f"{path}/reader-file",
        f"{path}/reader-sheet",
        f"{path}/direct-candidates",
        f"{path}/direct-sheet",
    ):
        assert stranger.go(address).text.count("没有找到这个评价批次") >= 1
        assert stranger.answer.status_code == 404
    stranger.go("/evaluator/batches/new")
    token = stranger.page.form("退出")[0].values
    csrf = dict(token)["csrf_token"]
    for address in (
        *(f"{path}/candidates", f"{path}/results", f"{path}/publications", f"{path}/cancellations"),
        *(f"{path}/candidates/{first}/admissions", f"{path}/candidates/{first}/corrections"),
        *(f"{path}/candidates/{first}/failures", f"{path}/examiners", f"{path}/second-entries"),
        *(f"{path}/score-files", f"{path}/reader-file"),
        *(f"{path}/rooms", f"{path}/slips", f"{path}/door-lists", f"{path}/door/looks"),
        *(f"{path}/door/arrivals", f"{path}/direct-candidates", f"{path}/direct-files"),
    ):
        data = {
            "csrf_token": csrf, "idempotency_key": f"k-{address[-20:]}", "sure": "1", "why": "试",
            "voucher": "1", "number": ZHANG_SAN[1], "theory": "80", "skill": "80",
            "room": "1", "begins": "09:00", "shown": "2024000001000000014", "last4": "991X",
        }  # fmt: skip
        assert stranger.http.post(address, data=data).status_code == 404, address
    with exam.scene.database.read() as session:
        assert session.scalars(select(AuditRow.act).where(AuditRow.act == "turn_away")).all() == []
        assert session.scalars(select(Claim.id)).all() == []
    assert exam.at("初审员").go("/evaluator").text.count("没有办理此事的权限") == 1
    exam.admin.go(path)
    exam.admin.press("取消这场考试")
    exam.admin.press("确认取消", why="停电")
    assert "已取消这场考试" in exam.admin.page.text
    page = exam.admin.go("/evaluator/batches/new")
    exam.admin.go(next(each for each in page.links if "what=" in each))
    exam.admin.press("安排这场考试", exam_on="2024-03-05", place="实训楼")
    assert "没有勾选任何人" in exam.admin.page.text
    exam.admin.press("安排这场考试", voucher=str(exam.vouchers[0]), exam_on="2024-03-05", place="实训楼")
    assert "已经过去" in exam.admin.page.text
    assert "备案号" in exam.admin.go("/evaluator/scope").text
    assert exam.clerk.go("/evaluator/claims").text.count("没有办理此事的权限") == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_two_people_of_an_evaluator_propose_its_account_and_the_office_is_next(exam: Exam) -> None:
    exam.admin.go("/institution/account")
    decent(exam.admin)
    typed = {"bank": "中行济源", "account": "260000000000000000", "evidence": "开户许可证"}
    page = exam.admin.press("提出，等待确认", holder="别家", **typed)
    assert "户名与机构登记的名称不一致" in page.text
    page = exam.admin.press("提出，等待确认", holder=EV1[0], **typed)
    assert "您提出的，等本机构另一人确认" in page.text
    assert "收款账户待确认" in exam.clerk.go("/evaluator").text
    assert "收款账户待确认" not in exam.admin.go("/evaluator").text, "nobody confirms an own proposal"
    page = exam.clerk.go("/institution/account")
    decent(exam.clerk, typed["account"])
    assert "提出，等待确认" not in [each["words"] for form in page.forms for each in form.buttons]
    assert "不一致" in exam.clerk.press("确认是本机构账户", account="260000000000000018").text
    page = exam.clerk.press("确认是本机构账户", account=typed["account"])
    assert "等人社或财务人员核准" in page.text
    exam.examiner.go("/institution/account")
    assert exam.examiner.answer.status_code == 403
    theirs = exam.at(exams.admin(exam.scene, exam.theirs)).go("/institution/account")
    assert "还没有收款账户" in theirs.text, "another evaluator's is not here"
