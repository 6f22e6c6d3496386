"""Where everything stands, since when and by when; and what became of each programme's vouchers."""

from __future__ import annotations

import re
from functools import partial

from tests import town_issue
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.stages.issue import holding, issuing
from voucher.stages.issue.queries.funnels import list_refusals


def test_office_and_holder_see_the_same_date_and_every_loss_its_reason(scene: Scene, world: World) -> None:
    scene.at = world.at = on("2024-03-06")
    office = Office(scene, world)
    officer = office.at("初审员")
    assert "没有在办的事项" in officer.go("/office/pace").text
    assert "还没有发布过的券种" in officer.go("/office/funnel").text
    budget = scene.open_budget(2 * 1400)
    programme = town_issue.programme(scene, budget)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    town_issue.eligible(scene, ZHAO_LIU, category="财政供养")
    people = [town_issue.newcomer(each) for each in (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU)]
    done = scene.do("operator", lambda work: issuing.issue_at_once(work, programme, people))
    assert (done.issued, done.waiting, done.refused) == (2, 1, 1)
    mine = town_issue.worker(scene, ZHANG_SAN)
    voucher = town_issue.line(scene, done.issue_id).voucher_id
    assert voucher is not None
    scene.do(mine, partial(holding.accept, voucher_id=voucher))

    page = officer.go("/office/pace")
    owes_its_reader_nothing(page)
    assert "待本人领取培训券" in page.text
    assert "待本人选择班级培训券" in page.text
    assert "最迟 2024-06-04" in officer.go(f"/office/vouchers/{voucher}").text
    owes_its_reader_nothing(officer.page)

    page = officer.go("/office/funnel")
    owes_its_reader_nothing(page)
    row = re.findall(r'data-label="([^"]+)" class="money">(?:<a[^>]*>)?([^<]+)', page.html)
    told = {"发放": "2", "领取": "1", "锁定": "0", "兑现": "0", "中途结束": "0", "候补": "1", "不予发放": "1"}
    assert dict(row).items() >= (told | {"兑现率": "0%"}).items()
    page = officer.go(f"/office/programmes/{programme}")
    owes_its_reader_nothing(page)
    assert "属于财政供养人员，不享受补贴1" in page.text
    with scene.database.read() as session:
        assert [(each.code, each.count) for each in list_refusals(session, programme)] == [
            ("publicly_funded", 1)
        ]
    officer.go(f"/office/programmes/{programme}/stop")
    assert "收回未使用的券" in officer.press("确认停发", why="文件废止").text
    page = officer.go(f"/office/programmes/{programme}/recall")
    owes_its_reader_nothing(page)
    assert "2,800.00" in page.text
    assert "已收回 2 张未使用的券" in officer.press("确认收回", why="文件废止").text
    assert "收回未使用的券" not in officer.page.text.partition("占用的资金已释放")[2]
    office.at("签发员").go("/office/pace")
    assert office.at("签发员").answer.status_code == 200
    office.at("签发员").go("/office/funnel")
    assert office.at("签发员").answer.status_code == 403
