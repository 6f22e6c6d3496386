"""常用筛选: kept under a name, one account's own, opened and dropped; what cannot be kept is told."""

from __future__ import annotations

import pytest
from flask import url_for
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from tests.doors.web.browser import Office
from tests.doors.web.test_looks import find_doubled_ids, find_unlabelled
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.scene import Scene
from voucher.doors.web.saved import SAVABLE, read, spell
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.blank_filters import blank_filters, drop_blank_filters
from voucher.registry.access.saved_filters import SavedFilter, save_filter
from voucher.registry.standards import Parameter
from voucher.rules.errors import Refused


def test_a_filter_is_kept_opened_and_dropped(office: Office) -> None:
    clerk, other = office.at("operator"), office.at("初审员")
    page = clerk.go("/batches")
    assert "保存这个筛选" not in page.text, "there is nothing to keep"
    page = clerk.go("/batches?state=filed&before=7&region=")
    owes_its_reader_nothing(page)
    page = clerk.press("保存筛选", name="  等初审的 ")
    owes_its_reader_nothing(page)
    assert "已保存常用筛选“等初审的”" in page.text
    assert "/batches?state=filed" in page.links
    assert not find_doubled_ids(page)
    assert not find_unlabelled(page)
    assert "等初审的" in clerk.go("/batches").text, "above the form, filtered or not"
    assert "等初审的" not in clerk.go("/ledger").text, "kept of one list"
    assert "等初审的" not in other.go("/batches").text, "kept by one account"

    clerk.go("/batches?state=open")
    page = clerk.press("保存筛选", name="等初审的")
    assert clerk.answer.status_code == 409
    assert "这个列表已有同名的常用筛选" in page.text
    page = clerk.press("保存", name="  ")
    assert "名称没有填写，或超过 20 字" in page.text
    page = clerk.press("保存", name="刚建立")
    assert "已保存常用筛选“刚建立”" in page.text, "the filter is kept through both refusals"
    assert "/batches?state=open" in page.links

    page = clerk.go("/saved-filters")
    owes_its_reader_nothing(page)
    form, _ = page.form("删除“等初审的”")
    other.go("/batches?state=open")
    foreign, _ = other.page.form("保存筛选")
    for address in (form.action, "/saved-filters/999999/endings"):
        answer = other.http.post(address, data=dict(foreign.values))
        assert answer.status_code == 404, "a foreign one is as one that is missing"
        assert "没有找到这个常用筛选" in answer.text
    page = clerk.press("删除“等初审的”")
    assert "已删除常用筛选“等初审的”" in page.text
    assert "等初审的" not in clerk.go("/batches").text
    clerk.go("/batches?state=filed")
    assert "已保存" in clerk.press("保存筛选", name="等初审的").text, "the name is free again"


def test_only_so_many_are_kept_and_only_of_a_list_the_account_may_open(
    office: Office,
) -> None:
    one = update(Parameter).where(Parameter.name == "saved_filters_most").values(value="1")
    office.scene.do("operator", lambda work: work.session.execute(one))
    maker = office.at("制单员")
    maker.go("/payment-files?state=released")
    assert "没有符合条件的文件" in maker.page.text
    assert "已保存" in maker.press("保存筛选", name="已签发").text
    maker.go("/payment-files?state=prepared")
    page = maker.press("保存筛选", name="待复核")
    assert maker.answer.status_code == 409
    assert "这个列表已保存 1 个常用筛选，不能再加" in page.text
    maker.go("/ledger?month=2024-03")
    assert "已保存" in maker.press("保存筛选", name="三月").text, "counted by list"
    maker.go("/ledger?month=2024-03")
    page = maker.press("保存筛选", name="别处", place="web.institution.claims")
    assert "不在可选范围内" in page.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_list_a_filter_can_be_saved_of_offers_it(office: Office) -> None:
    """Of each list the office may open, a filter that is asked for is offered to be kept, and no other."""
    seen = 0
    for login in ("初审员", "制单员"):
        browser = office.at(login)
        for place, (_, names) in SAVABLE.items():
            with office.world.app.test_request_context():
                path = url_for(place)
            if browser.http.get(path).status_code != 200:
                continue
            value = {"of": "2024", "month": "2024-03", "area": "419001", "region": "419001"}
            for name in names:
                page = browser.go(f"{path}?{name}={value.get(name, '')}")
                assert ("保存这个筛选" in page.text) == (name in value), (place, name)
            seen += 1
    assert seen >= 6


def test_a_filter_holds_nothing_but_the_fields_of_its_list() -> None:
    given = "state=filed&before=9&x=%22%3E&region=" + "9" * 200
    assert read("web.office.batches", given) == f"state=filed&region={'9' * 50}"
    assert all(fields for _, fields in SAVABLE.values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_filter_of_which_no_field_is_left_opens_no_whole_list(office: Office) -> None:
    """An earlier version looked for a certificate by its number in the address."""
    number, place = "number=S000041010001235000001", "web.office.certificates"

    def keep(work: Work) -> None:
        save_filter(work, place, "只一本", number)
        save_filter(work, place, "有效的一本", f"state=valid&{number}")

    scene, clerk = office.scene, office.at("operator")
    scene.do("operator", keep)
    assert "只一本" not in clerk.go("/office/certificates").text
    assert "/office/certificates?state=valid" in clerk.page.links
    fields = {of: names for of, (_, names) in SAVABLE.items()}
    assert blank_filters(scene.database, fields) == 2
    assert blank_filters(scene.database, fields) == 0
    assert (scene.do("operator", drop_blank_filters), scene.do("operator", drop_blank_filters)) == (1, 0)
    with scene.database.read() as session:
        rows = session.scalars(select(SavedFilter).order_by(SavedFilter.id)).all()
    assert [each.query for each in rows] == ["number=", "state=valid&number="]
    assert [each.dropped_at is None for each in rows] == [False, True]
    scene.do("operator", lambda work: save_filter(work, place, "只一本", "state=recorded"))


@pytest.mark.parametrize("said", ["UPDATE saved_filter SET name = 'x'", "DELETE FROM saved_filter"])
def test_the_database_keeps_a_filter_as_it_was_saved(scene: Scene, said: str) -> None:
    scene.hire_everybody()
    scene.do("operator", lambda work: save_filter(work, "web.office.batches", "退回", "state=filed"))
    with pytest.raises(DatabaseError, match="never"):
        scene.do("operator", lambda work: work.session.execute(text(said)))


def test_two_of_one_name_saved_at_once_are_told(scene: Scene) -> None:
    """What the eye does not see, the index does."""

    def twice(work: Work) -> None:
        for _ in range(2):
            work.session.add(
                SavedFilter(user_id=work.actor.user_id, place="p", name="n", query="a=1", saved_at=work.at)
            )
        work.session.flush()

    scene.hire_everybody()
    with pytest.raises(Refused) as refused:
        scene.do("operator", twice)
    assert refused.value.refusal.code == "saved_filter_named"


def test_a_number_that_names_somebody_is_kept_in_no_filter() -> None:
    for typed in ("T41010519900315991X", "t410105 19900315 991x"):
        assert spell("web.office.vouchers", {"state": "issued", "number": typed}) == "state=issued"
        assert read("web.office.vouchers", f"number={typed}") == "", "there is nothing to save"
    assert spell("web.office.vouchers", {"number": "Q-419001-2026-00000001"}) != ""
    assert read("web.office.certificates", "state=valid&number=S000041010001235000001") == "state=valid"
