"""The day of an exam at the pages: rooms and seats, slips on paper and phone, the door, who is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from markupsafe import Markup
from sqlalchemy import select

from tests import town_assess as exams
from tests import town_issue
from tests.doors.web.test_evaluator_pages import Exam, decent
from tests.doors.world import World
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene
from voucher.doors.web import certificate_paper, slip_paper
from voucher.doors.web.pictures import draw_code
from voucher.ledger.audit import AuditRow
from voucher.plumbing.documents import make_pdf
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.queries.slips import slip_number_of


@pytest.fixture
def exam(scene: Scene, world: World) -> Exam:
    """Return an evaluator with two people ready for an exam."""
    return Exam(scene, world)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is set on paper, as JSON, filled while it is set."""
    said: list[str] = []

    def make(template: Path, data: Mapping[str, object], at: datetime) -> bytes:
        said.append(json.dumps(data, ensure_ascii=False))
        return make_pdf(template, data, at)

    monkeypatch.setattr(slip_paper, "make_pdf", make)
    return said


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_rooms_slips_and_the_door_clicked_through(exam: Exam, printed: list[str]) -> None:
    admin = exam.admin
    assert "还没有登记考点" in admin.go("/evaluator/sites").text
    admin.press("登记考点", name="本部实训基地", address="济源市学苑路 1 号")
    admin.press("登记", room="301 机房", kind="hall", seats="三十")
    assert "不是整数" in admin.page.text
    admin.press("登记", room="301 机房", kind="hall", seats="30")
    admin.press("登记", room="焊接车间", kind="workshop", seats="1")
    assert "已登记“焊接车间”，1 座" in admin.page.text
    path = exam.plan()
    admin = exam.admin
    batch_id = int(path.rsplit("/", 1)[-1])
    admin.go(path)
    workshop = admin.page.html.split("焊接车间")[0].rsplit('value="', 1)[1].split('"')[0]
    admin.press("选这些考场，排座位", room=[workshop], begins="14:30")
    assert "共 1 个座位，本场有 2 名考生，坐不下" in admin.page.text
    hall = str(int(workshop) - 1)
    admin.press("选这些考场，排座位", room=[hall], begins="14:30")
    assert "已排好 2 个座位" in admin.page.text
    assert "14:30 开考" in admin.page.text
    decent(admin, ZHANG_SAN[1], LI_SI[1], ZHANG_SAN[0])

    # on paper: whole names, never the end of the card; who printed is kept
    admin.press("打印全部准考证（2 张）")
    slips = printed[-1]
    assert admin.answer.data.startswith(b"%PDF-1.7")
    first = exam.candidates(path)[0]
    number = slip_number_of(exams.batch(exam.scene, batch_id), first)
    for each in ("张三", "李四", "301 机房", "济源市学苑路 1 号", number):
        assert each in slips
    assert "991X" not in slips
    admin.go(path)
    admin.press("打印考场座位表")
    doors = printed[-1]
    assert "张三" in doors
    assert "991X" not in doors
    with exam.scene.database.read() as session:
        acts = session.scalars(select(AuditRow.act).where(AuditRow.act.like("print_%"))).all()
    assert sorted(acts) == ["print_door_list", "print_slips"]

    # on the phone of the candidate, and on nobody else's
    for person, own in ((ZHANG_SAN, True), (SUN_BA, False)):
        phone = exam.at(town_issue.worker(exam.scene, person))
        assert ("301 机房 · " in phone.go("/my/slips").text) == own
        phone.go(f"/my/slips/{first}/paper")
        assert (phone.answer.status_code, phone.answer.mimetype) == (
            (200, "application/pdf") if own else (404, "text/html")
        )
    assert (
        "我的考试"
        in exam.at(town_issue.worker(exam.scene, ZHANG_SAN)).go(f"/my/vouchers/{exam.vouchers[0]}").text
    )
    _stand_at_the_door(exam, path, number)


def _stand_at_the_door(exam: Exam, path: str, number: str) -> None:
    door = exam.examiner
    door.go(path)
    door.go(f"{path}/door")
    assert "还没有人入场" in door.page.text
    door.press("核对", shown=number)
    assert "请核对证件" in door.page.text
    assert "张* · 301 机房" in door.page.text
    decent(door, ZHANG_SAN[0])
    door.press("核对入场", last4="0000")
    assert "证件后四位与考生不符，不得入场" in door.page.text
    door.press("核对入场", last4="991x")
    assert "可以入场" in door.page.text
    assert "还差 <b>1</b>" in door.page.html
    door.press("核对", shown=number)
    assert "一场考试只入场一次" in door.page.text
    door.press("核对", shown="72" + "1" * 20)
    assert "没有放行" in door.page.text
    # the screen of a voucher
    digits = exam.at(town_issue.worker(exam.scene, LI_SI))
    digits.go(f"/my/vouchers/{exam.vouchers[1]}/code")
    digits.press("显示二维码")
    assert "请出示给工作人员" in digits.page.text
    assert "data-state" not in digits.page.html
    shown = digits.page.html.split('class="code-digits">')[1].split("<")[0].replace(" ", "")
    door.press("核对", shown=shown)
    door.press("核对入场", last4=LI_SI[1][-4:])
    assert "还差 <b>0</b>" in door.page.html
    with exam.scene.database.read() as session:
        codes = session.scalars(select(ExamArrival.code).order_by(ExamArrival.id)).all()
    assert codes[:3] == ["candidate_card_differs", None, "candidate_arrived_already"]
    assert codes[-1] is None
    # somebody else's door is no door
    stranger = exam.at(exams.examiner(exam.scene, exam.theirs))
    assert "没有找到这个评价批次" in stranger.go(f"{path}/door").text
    assert stranger.answer.status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_readers_file_is_looked_at_then_taken_or_told_row_by_row(exam: Exam) -> None:
    path = exam.plan()
    examiner = exam.examiner
    examiner.go(path)
    assert "导入读卡记录" in examiner.go(f"{path}/door").text
    examiner.go(f"{path}/reader-file")
    sheet = examiner.http.get(f"{path}/reader-sheet").text
    header, *rows = sheet.removeprefix("\ufeff").split()
    assert header == "准考证号,考生,姓名,证件号后四位,到场时间,座位号"
    assert rows[0].split(",")[1:] == ["张*", "", "", "", ""] or "张*" in sheet
    zhang, li = (
        slip_number_of(exams.batch(exam.scene, int(path.rsplit("/", 1)[-1])), each)
        for each in exam.candidates(path)
    )
    head = "准考证号,姓名,证件号后四位,到场时间\n"
    good = f"{head}{zhang},{ZHANG_SAN[0]},{ZHANG_SAN[1][-4:]},09:01\n"

    def press(button: str, content: str) -> str:
        examiner.go(f"{path}/reader-file")
        examiner.press(button, file=(io.BytesIO(content.encode()), "reader.csv"))
        decent(examiner, ZHANG_SAN[0], LI_SI[0])
        return examiner.page.text

    assert "没有选择文件" in examiner.press("导入").text
    told = press("只检查，不导入", good)
    for said in ("没有问题，还没有导入", "将核对入场", "1 人：李*", "已入场 0"):
        assert said in told
    told = press("导入", f"{good}{li},{LI_SI[0]},0000,9:02\n")
    assert "逐行问题（1 行，共读 2 行）" in told
    assert "证件后四位与考生不符，不得入场" in told
    assert "已记入本场入场记录" in told
    assert "核对入场 1 人，此前已入场 0 人；名单上还有 1 人没有入场" in press("导入", good)
    assert "核对入场 0 人，此前已入场 1 人" in press("导入", good)
    listed = examiner.go(f"{path}/door").text
    assert "读卡记录，09:01 到场" in listed
    assert "没有放行 李*" in listed
    assert "没有办理此事的权限" in exam.clerk.go(f"{path}/reader-file").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_certificates_as_pdf_and_for_the_register(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    pictured: list[str] = []

    def draw(digits: str, version: int | None = None, *, border: int = 4) -> Markup:
        pictured.append(digits)
        return draw_code(digits, version, border=border)

    monkeypatch.setattr(certificate_paper, "draw_code", draw)
    scene, admin = exam.scene, exam.admin
    row = scene.certificate(ZHANG_SAN, issued="2024-03-05")
    scene.certify(row)
    admin.go("/evaluator/certificates")
    assert not any(each.endswith("/paper") for each in admin.page.links)
    admin.press("再次核验")
    page = admin.go("/evaluator/certificates")
    (link,) = [each for each in page.links if each.endswith("/paper")]
    admin.go(link)
    assert admin.answer.data.startswith(b"%PDF-1.7")
    # the number follows #, so that no server is sent it and no log holds it
    assert [each.split("/check")[1] for each in pictured] == [f"#number={row['证书编号']}"]
    phone = exam.at(town_issue.worker(scene, ZHANG_SAN))
    own = link.replace("/evaluator", "/my").replace("/paper", "/certificate")
    assert own in phone.go("/my/profile").links
    phone.go(own)
    assert phone.answer.mimetype == "application/pdf"
    assert exam.at(town_issue.worker(scene, LI_SI)).go(own).text.count("没有找到这本证书") == 1
    other = exam.at(exams.admin(scene, exam.theirs))
    assert "没有找到这本证书" in other.go(link).text
    assert 'data-from-address="number"' in admin.go("/check").html

    assert "还没有上传的 1 本；上传以后撤销、还没有上报的 0 本" in admin.go("/evaluator/uploads").text
    admin.press("生成上传文件", since="2024-03-01", until="2024-02-01")
    assert "发证日期止早于发证日期起" in admin.page.text
    admin.press("生成上传文件", since="2024-01-01", until="2024-12-31")
    assert "1 本；请下载后到全国联网查询系统上传" in admin.page.text
    decent(admin, ZHANG_SAN[1], ZHANG_SAN[0])
    form, _ = admin.page.form("xlsx")
    for kind, start in (("csv", "\ufeff操作类型".encode()), ("xlsx", b"PK")):
        answer = admin.http.post(form.action, data={**dict(form.values), "form": kind})
        assert answer.data.startswith(start)
        assert "attachment" in answer.headers["Content-Disposition"]
    admin.press("生成上传文件", since="2024-01-01", until="2024-12-31")
    assert "没有新增、更正或撤销" in admin.page.text
    stolen = other.http.post(form.action, data={**dict(form.values), "form": "csv"})
    assert ZHANG_SAN[1] not in stolen.text
    with scene.database.read() as session:
        acts = session.scalars(select(AuditRow.act).where(AuditRow.thing == "register_upload")).all()
    assert sorted(acts) == ["make", "open", "open"]
