"""The public face as a whole: every page of anybody, what it weighs, how long it is kept, whom it names."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select, update

from tests.doors.web.browser import Browser, Page
from tests.doors.web.test_looks import find_doubled_ids, find_unlabelled
from tests.doors.web.test_public_pages import PEOPLE, SPY, Town
from tests.doors.web.test_public_pages import town as town
from tests.doors.world import World
from tests.scene import Scene
from voucher.doors.web.assets import the_frontend
from voucher.doors.web.caching import KEPT
from voucher.registry.people import Person, read_people
from voucher.registry.standards import Parameter, StandardRow

LIGHT_BYTES = 60 * 1024
# a digest is published to be compared, and eleven of its digits may stand in a row by chance
DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
SEALED_RUN = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)1[3-9]\d{9}(?!\d)")
# their answers to anybody are forms to fill in; what they find is asked for by number
ASKED = {"web.public.objection", "web.public.show_archive", "web.public.check_certificate"}
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def find_named(town: Town, answer: str) -> list[str]:
    """Return what an answer says of a person beyond the masks."""
    with town.scene.database.read() as session:
        ids = session.scalars(select(Person.id)).all()
        known = read_people(session, town.scene.keyring, ids).values()
    secrets = {text for each in known for text in (each.name, each.number) if text}
    secrets |= {text for person in PEOPLE for text in person} | set(SPY.split()[1:])
    return sorted(
        {each for each in secrets if each in answer} | set(SEALED_RUN.findall(DIGEST.sub("", answer)))
    )


def list_addresses(town: Town) -> Iterator[str]:
    """Yield an address of every public page that is asked for without a form."""
    numbers = {"institution_id": town.school, "class_id": town.open_class, "notice_id": 1, "part": 1}
    with town.world.app.test_request_context():
        for rule in town.world.app.url_map.iter_rules():
            if rule.endpoint.startswith("web.public.") and "GET" in (rule.methods or ()):
                if rule.endpoint in ASKED:
                    continue
                cuts = ("region", "trade", "month") if "cut" in rule.arguments else (None,)
                for cut in cuts:
                    values = {name: cut or numbers.get(name, 1) for name in rule.arguments}
                    yield town.world.app.url_map.bind("localhost").build(rule.endpoint, values)


def weigh(town: Town, path: str) -> int:
    """Return what an address costs over the line, its styles and scripts included, in bytes."""
    answer = town.anybody.http.get(path, headers={"Accept-Encoding": "gzip, br"})
    body = answer.get_data()
    weight = len(body)
    html = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
    page = Page(html.decode())
    with town.world.app.test_request_context(headers={"Accept-Encoding": "br, gzip"}):
        for tag, said in page.tags:
            found = (
                said.get("href" if tag == "link" else "src", "") if tag in ("link", "script", "img") else ""
            )
            if found.startswith("/static/"):
                weight += the_frontend().choose(found.removeprefix("/static/"))[0].stat().st_size
    return weight


@ONE
def test_no_public_page_names_anybody_sets_a_cookie_without_need_or_weighs_too_much(town: Town) -> None:
    """AC-H7: the masks hold on every public page there is."""
    town.world.staff("县局")
    seen = []
    for path in list_addresses(town):
        look = Browser(town.world.app.test_client())
        page = look.go(path)
        seen.append(path)
        if look.answer.status_code == 404:
            # found by a number nobody has
            assert path.startswith(("/notices/", "/complaints/")), path
            continue
        assert find_named(town, look.answer.text) == [], path
        acts = [each for each in page.forms if each.method == "post" and each.action != "/appearance"]
        if not acts:
            assert "Set-Cookie" not in look.answer.headers, path
        if look.answer.mimetype == "text/html":
            assert find_unlabelled(page) == [], path
            assert find_doubled_ids(page) == [], path
            assert weigh(town, path) <= LIGHT_BYTES, path
    assert len(seen) > 25
    assert find_named(town, f"摘要 {'e' * 20}16544093248{'e' * 33} 电话 16544093248") == ["16544093248"]
    assert find_named(town, f"经办人 {PEOPLE[0][0]}，{SPY}") == ["13812345678", *sorted(
        {"41010519491231002X", PEOPLE[0][0]}
    )]  # fmt: skip


@ONE
def test_what_is_the_same_for_everybody_is_kept_a_minute_and_nothing_else_is(town: Town) -> None:
    look = town.anybody.http
    kept = (
        "/",
        "/guide",
        "/standards",
        "/institutions",
        "/exposures",
        "/stars",
        "/open-data",
        "/standards.csv",
    )
    for path in (*kept, "/robots.txt"):
        first = look.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=60", path
        assert {"Cookie"} <= set(first.vary), path
        again = look.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path
    # a page with a form carries a token of whoever looks
    for path in ("/check", "/login", "/objections", "/my", "/nowhere"):
        assert "public" not in look.get(path).headers.get("Cache-Control", ""), path
    town.world.staff("县局")
    inside = Browser(town.world.sign_in("县局").http)
    inside.go("/")
    assert "您已登录" in inside.page.text
    assert inside.answer.headers["Cache-Control"] == "no-store"
    assert set(town.world.app.view_functions) >= KEPT
    # larger letters are another page at the same address
    look.post("/appearance", data={"size": "large", "back": "/guide"})
    large = look.get("/guide")
    assert 'class="public large"' in large.text
    assert large.headers["ETag"] != Browser(town.world.app.test_client()).http.get("/guide").headers["ETag"]


@ONE
def test_anybody_asks_what_a_trade_came_to_on_a_day_and_hears_since_when(town: Town) -> None:
    look = town.anybody
    page = look.go("/standards?q=养老护理员&level=2&on=2024-06-01")
    assert "2024-06-01 发证，“养老护理员”补多少" in page.text
    found = page.text.split("补多少")[1].split("考试取证、一人一证")[0]
    assert "4-10-01-05" in found
    assert "1,200.00" in found
    assert "200.00" in found
    assert "豫人社规〔2022〕2号" in found
    # before the training subsidy there was the evaluation subsidy only
    page = look.go("/standards?q=4-10-01-05&level=2&on=2021-12-01")
    found = page.text.split("补多少")[1].split("考试取证、一人一证")[0]
    assert "没有标准" in found
    assert "1,200.00" not in found
    assert "2022-03-31 起" in page.text
    assert "2021-10-01 还没有施行任何补贴标准" in look.go("/standards?on=2021-10-01").text
    assert "日期看不懂" in look.go("/standards?on=2021-13-01").text
    assert "没有这样的职业" in look.go("/standards?q=%25").text
    rows = list(csv.DictReader(io.StringIO(look.http.get("/standards.csv").text.removeprefix("\ufeff"))))
    with town.scene.database.read() as session:
        stored = {each.code: each.amount_fen for each in session.scalars(select(StandardRow))}
    assert {each["标准编号"]: round(float(each["标准（元/人）"]) * 100) for each in rows} == stored


@ONE
def test_too_few_to_be_told_apart_are_told_together_or_not_at_all(town: Town) -> None:
    look = town.anybody
    assert "数量太少，还不能公布" in look.go("/figures").text
    assert look.http.get("/figures/trade.csv").text.count("\r\n") == 2
    with town.scene.database.engine.begin() as connection:
        connection.execute(update(Parameter).where(Parameter.name == "open_data_smallest").values(value="3"))
    page = look.go("/figures")
    assert "三张表合计相同" in page.text
    assert "使用许可和各列说明" in page.text
    dictionary = look.go("/open-data")
    for words in ("免费下载", "不足 3 张券", "凭券已拨付（元）", "补贴标准"):
        assert words in dictionary.text, words
    told = list(csv.DictReader(io.StringIO(look.http.get("/open-data/dictionary.csv").text.lstrip("\ufeff"))))
    for cut in ("region", "trade", "month"):
        head = next(csv.reader(io.StringIO(look.http.get(f"/figures/{cut}.csv").text.lstrip("\ufeff"))))
        assert set(head) <= {each["列"] for each in told}


@ONE
def test_search_engines_are_let_in_to_the_public_pages_only_and_every_region_says_whom_to_call(
    scene: Scene, world: World
) -> None:
    with scene.database.engine.begin() as connection:
        row = {"name": "hotline", "region_code": "419001", "value": "0391-6600000", "unit": "电话"}
        connection.execute(
            insert(Parameter).values(**row, since=world.at.date(), source="济源示范区", confidence="document")
        )
    look = Browser(world.app.test_client())
    robots = look.http.get("/robots.txt").text.splitlines()
    assert "Disallow: /" in robots
    assert "Allow: /guide$" in robots
    assert not any("/my" in each or "/office" in each for each in robots)
    listed = re.findall(r"<loc>http://[^/]+(/[^<]*)</loc>", look.http.get("/sitemap.xml").text)
    assert {"/", "/guide", "/standards", "/figures"} <= set(listed)
    for path in listed:
        assert look.http.get(path).status_code == 200, path
    guide = look.go("/guide")
    assert "全省12333" in guide.text
    assert "济源市（济源示范区）0391-6600000" in guide.text
    assert "我要投诉、举报" in guide.text
