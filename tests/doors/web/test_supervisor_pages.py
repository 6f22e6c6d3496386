"""Down through every level at the pages: the last line is the sum, each link leads one level down."""

from __future__ import annotations

import re
from datetime import UTC

from tests import town_certified
from tests.doors.web.browser import Browser, Page
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unchoosable, find_unlabelled
from tests.doors.world import World
from tests.scene import LI_SI, PROVINCE, SUN_BA, XINXIANG, ZHANG_SAN, Scene
from voucher.rules.actor import Role


def _numbers(row: str) -> list[int]:
    cells = re.findall(r'class="money">\s*([\d,.]+)\s*</td>', row)
    return [int(each.replace(",", "").replace(".", "")) for each in cells]


def _adds_up(page: Page) -> list[int]:
    """Return the last line of the first table, which must be the sum of the lines above it."""
    return sum_of_table(page)


def sum_of_table(page: Page, heading: str = "") -> list[int]:
    """Return the last line of the first table after a heading, the sum of the lines above it."""
    after = page.html.split(f'id="{heading}"', 1)[1] if heading else page.html
    table = after.split("<table", 1)[1].split("</table>", 1)[0]
    body, foot = table.split("<tfoot>")
    rows = [_numbers(each) for each in body.split("<tbody>")[1].split("</tr>") if "<td" in each]
    whole = _numbers(foot)
    assert whole == [sum(column) for column in zip(*rows, strict=True)]
    return whole


def decent(page: Page) -> None:
    """Fail where a page shows somebody, or is not labelled as pages are."""
    assert IDENTITY.findall(page.html) == []
    assert not any(name in page.html for name, _ in (ZHANG_SAN, LI_SI, SUN_BA))
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []
    assert find_unchoosable(page) == []


def test_from_the_province_to_one_voucher_by_links(scene: Scene, world: World) -> None:
    budget = town_certified.settle_down(scene)
    made = town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    town_certified.certified(scene, budget, SUN_BA, until="training")
    world.at = scene.at.astimezone(UTC)
    world.staff("监管", Role.SUPERVISOR, region=PROVINCE)
    world.staff("外地审计", Role.AUDITOR, region=XINXIANG)
    watcher = Browser(world.sign_in("监管").http)
    assert "逐级穿透" in watcher.go("/desk").text

    page = watcher.go("/supervisor/regions")
    whole = _adds_up(page)
    assert whole[0] == 3
    assert "本级 = Σ市 = Σ县 = Σ机构 = Σ班 = Σ人" in page.text
    for pattern in (r"/regions/419001$", r"/institutions/\d+$", r"/classes/\d+$"):
        decent(page)
        assert ("相差 0 各行相加 =" in page.text) == (pattern == r"/classes/\d+$"), "a house by its vouchers"
        assert "不相等" not in page.text
        onward = [each for each in page.links if re.search(pattern, each.split("?")[0])]
        below = [_adds_up(watcher.go(each)) for each in dict.fromkeys(onward)]
        if pattern != r"/classes/\d+$":
            assert [sum(column) for column in zip(*below, strict=True)] == whole
            page = watcher.go(onward[0])
            continue
        assert sum(each[-1] for each in below) == whole[-1]
        assert sum(each[-2] for each in below) == whole[-2]
        page = watcher.go(onward[0])
    decent(page)
    assert "相差 0 各行相加 = 逐券另行相加" in page.text, "the people of a class, as its vouchers say"
    decent(watcher.go("/supervisor/regions?year=2023"))
    assert "还没有发券" in watcher.page.text

    page = watcher.go(f"/supervisor/vouchers/{made.voucher_ids[0]}")
    decent(page)
    for words in ("养老护理员五级一班", "80 学时", "第 1 版", "与登记一致", "还没有申领", "办理经过"):
        assert words in page.text, words
    number = re.search(r"Q-419001-2024-\d{8}", page.text)
    assert number is not None
    assert f"券 {number.group()}" in watcher.go(f"/supervisor/trace?number={number.group()}").text
    assert "没有找到" in watcher.go("/supervisor/trace?number=Q-1").text
    person = next(each for each in page.links if "/supervisor/people/" in each)
    assert "培训人次1次" in watcher.go(person).text.replace(" ", "")
    decent(watcher.page)

    stranger = Browser(world.sign_in("外地审计").http)
    assert "不在您的管辖范围内" in stranger.go("/supervisor/regions/419001").text
    assert stranger.answer.status_code == 403
    for path in (f"/supervisor/vouchers/{made.voucher_ids[0]}", person):
        stranger.go(path)
        assert stranger.answer.status_code == 404
    missing = stranger.go(f"/supervisor/trace?number={number.group()}").text
    assert "没有找到" in missing
