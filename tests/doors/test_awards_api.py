"""Places and honours over the API: two persons, own region only, every wrong row named."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.doors.world import World
from tests.scene import LI_SI, TURNER, XINXIANG, ZHANG_SAN, Scene, on
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_places_and_honours_are_sent_in_by_one_and_confirmed_by_another(scene: Scene, world: World) -> None:
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    for login, region in (("jia", "410000"), ("yi", "410000"), ("xin", XINXIANG)):
        world.staff(login, Role.OPERATOR, region=region)
    jia, yi, xin = (world.sign_in(each) for each in ("jia", "yi", "xin"))
    row = {
        "name": LI_SI[0], "number": LI_SI[1], "competition": "省级行业二类赛", "contest": "2023年车工大赛",
        "trade_code": TURNER, "team": 1, "place": 3, "awarded_on": "2023-12-20", "award_number": "豫技赛3",
        "document": "豫人社函〔2023〕88号", "honour": "河南省技术能手",
    }  # fmt: skip
    wrong = row | {"name": ZHANG_SAN[0], "number": ZHANG_SAN[1], "competition": "省级一级赛"}
    body = {"kind": "competition_results", "rows": [row, wrong]}
    refused = jia.post("/award-files", body)
    assert (refused.status_code, refused.json["code"]) == (422, "import_refused")
    assert [(each["line"], each["code"]) for each in refused.json["facts"]["rows"]] == [
        (2, "result_word_unknown")
    ]
    sent = jia.post("/award-files", body | {"rows": [row]}).json
    assert (sent["rows_added"], sent["rows_changed"]) == (1, 0)
    deciding = f"/award-files/{sent['award_file_id']}/decisions"
    alone = jia.post(deciding, {"verdict": "confirm"})
    assert (alone.status_code, alone.json["code"]) == (403, "second_person_needed")
    foreign, nobodys = (
        xin.post(each, {"verdict": "confirm"}) for each in (deciding, "/award-files/999/decisions")
    )
    assert foreign.status_code == nobodys.status_code == 404
    assert foreign.json["code"] == nobodys.json["code"] == "award_file_missing"
    assert yi.get("/competition-results").json["items"] == []
    reading = f"/award-files/{sent['award_file_id']}/lines"
    (line,) = yi.get(reading).json["items"]
    assert (line["masked_name"], line["takes_back"], line["facts"]["place"]) == ("李*", False, 3)
    words = {"competition": "省级行业二类赛", "trade": "车工", "honour": "河南省技术能手"}
    assert line["words"] == words, "whoever confirms reads words, not codes"
    assert xin.get(reading).status_code == xin.get("/award-files/999/lines").status_code == 404
    assert yi.post(deciding, {"verdict": "confirm"}).json["confirmed_at"]
    (told,) = yi.get("/competition-results").json["items"]
    assert (told["masked_name"], told["place"], told["revoked_on"]) == ("李*", 3, None)
    assert {name: told[f"{name}_name"] for name in words} == words
    assert LI_SI[1] not in str(told)
    for path in ("/competition-results", "/award-files"):
        assert xin.get(path).json["items"] == [], "another region's"

    given = {
        "name": LI_SI[0], "number": LI_SI[1], "honour": "全国技术能手", "awarded_on": "2023-12-20",
        "document": "人社部发〔2023〕9号",
    }  # fmt: skip
    sent = jia.post("/award-files", {"kind": "honours", "rows": [given]}).json
    path = f"/award-files/{sent['award_file_id']}/decisions"
    assert yi.post(path, {"verdict": "decline"}).json["code"] == "why_missing"
    assert yi.post(path, {"verdict": "decline", "why": "缺文件"}).json["declined_why"] == "缺文件"
    assert jia.get("/honours").json["items"] == []
    assert [each["kind"] for each in jia.get("/award-files").json["items"]] == [
        "honours",
        "competition_results",
    ]
    again = jia.post("/award-files", body | {"rows": [row]}).json
    assert (again["award_file_id"], again["rows_unchanged"]) == (None, 1)
