"""Bad input of the loop, each shown three ways: by the act, at the API, on the page.

The act gives a stable code; the API gives it as problem details with the next step, under a status its
description promises; the page says the same sentence and the same next step. Nothing is left half done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from tests import town_certified
from tests.doors.loop import CLASS_DAY, LI_SI, PROGRAMME, SUN_BA, Loop, plan
from tests.doors.web.browser import Browser, Page
from tests.loop.telling import person
from tests.scene import EV1, EV2, HOUSEKEEPER, JIYUAN, NURSE, Scene
from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.errors import Refusal, Refused
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.queries import why_not_certified
from voucher.stages.issue import holding, issuing
from voucher.stages.issue.models import Issue
from voucher.stages.issue.programmes import NewProgramme, draft_programme
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.train import classes, enrol, redeem

NEXT_YEAR = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
DEVICE = "前台一号机"
REGISTRAR, REGISTRAR_STEM = "教务员", "310101199001010310"


@dataclass
class Desk:
    """The loop behind the doors, its description, and how much of everything there was before."""

    loop: Loop
    described: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        answer: Any = self.loop.world.visit().http.get("/api/openapi.json").json
        self.described = answer["paths"]

    def by_act(self, login: str, code: str, act: Callable[[Work], object]) -> Refusal:
        """Return what the act itself tells, which has a title and a next step."""
        with pytest.raises(Refused) as caught:
            self.loop.world.do(login, act)
        told = caught.value.refusal
        assert told.code == code, told
        assert told.title
        assert told.next_step
        return told

    def by_api(self, login: str, told: Refusal, path: str, body: Mapping[str, Any]) -> None:
        """Expect the same of the API, as problem details under a status it describes."""
        answer = self.loop[login].post(path, dict(body))
        said = answer.json
        assert answer.content_type == "application/problem+json"
        assert (said["code"], said["title"], said["detail"]) == (told.code, told.title, told.next_step)
        assert said["type"].endswith(told.code)
        assert said["source"]
        assert said["status"] == answer.status_code
        assert str(answer.status_code) in self._promised(path), (path, answer.status_code)

    def by_page(self, told: Refusal, page: Page) -> None:
        """Expect the sentence and the next step to be read on a page."""
        for sentence in (told.title, told.next_step):
            assert _bare(sentence) in _bare(page.text), (sentence, page.text)

    def browser(self, login: str) -> Browser:
        """Return the browser of somebody signed in."""
        return Browser(self.loop[login].http)

    def forge(self, login: str, where: str, button: str, path: str, **typed: Any) -> Page:
        """Send with a browser what its page no longer offers: an old page, or a form made by hand."""
        browser = self.browser(login)
        browser.go(where)
        form, _ = browser.page.form(button)
        kept = {name: value for name, value in form.values if name in ("csrf_token", "idempotency_key")}
        answer = browser.http.post(path, data={**kept, **typed}, follow_redirects=True)
        return Page(answer.get_data(as_text=True))

    def _promised(self, path: str) -> set[str]:
        for known, methods in self.described.items():
            if re.fullmatch(re.sub(r"\{[^}]+\}", r"\\d+", known), f"/api/v1{path}") and "post" in methods:
                return set(methods["post"]["responses"])
        raise AssertionError(f"{path} is not described")


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_bad_input_of_the_loop_is_told_by_the_act_the_api_and_the_page(loop: Loop) -> None:
    desk = Desk(loop)
    _somebody_elses_voucher(desk)
    _a_skipped_step(desk)
    _a_second_voucher_of_the_same_programme(desk)
    _a_class_of_another_institution(desk)
    _an_expired_code(desk)
    _an_institution_outside_the_yearly_list(desk)
    _a_project_without_fund(desk)
    _a_claim_without_redemption(desk)
    _a_certificate_of_another_occupation_or_level(desk)


def _state(desk: Desk, voucher_id: int) -> str:
    with desk.loop.world.database.read() as session:
        return session.get_one(Voucher, voucher_id).state


def _somebody_elses_voucher(desk: Desk) -> None:
    voucher_id = desk.loop.ids["other_voucher"]
    told = desk.by_act("sun", "voucher_missing", partial(holding.withdraw, voucher_id=voucher_id))
    desk.by_api("sun", told, "/withdrawals", {"voucher_id": voucher_id})
    page = desk.forge("sun", "/my/offers", "领取", f"/my/vouchers/{voucher_id}/withdrawals", sure="1")
    desk.by_page(told, page)
    assert _state(desk, voucher_id) == "enrolled"
    with desk.loop.world.database.read() as session:
        alarms = session.scalars(select(AuditRow.object_id).where(AuditRow.act == "foreign_attempt")).all()
    assert alarms == [voucher_id] * 2, "one alarm for each attempt at a door"


def _a_skipped_step(desk: Desk) -> None:
    """A voucher nobody accepted enters no class; one that entered no class is not redeemed."""
    world, ids = desk.loop.world, desk.loop.ids
    named = [Newcomer(SUN_BA[1], SUN_BA[0])]
    issued = world.do("jiban", lambda work: issuing.issue_at_once(work, ids["programme"], named))
    with world.database.read() as session:
        assert session.get_one(Issue, issued.issue_id).state == "issued"
        held = session.scalars(select(Voucher.id).order_by(Voucher.id.desc()).limit(1)).one()
    wish: dict[str, Any] = {"voucher_id": held, "class_id": ids["class"]}
    told = desk.by_act("sun", "voucher_not_accepted", partial(enrol.enrol, **wish))
    desk.by_api("sun", told, "/enrolments", wish)
    enter = f"/my/vouchers/{held}/enrolments"
    desk.by_page(told, desk.forge("sun", "/my/offers", "领取", enter, class_id=str(ids["class"]), sure="1"))
    assert _state(desk, held) == "issued"

    world.do("sun", partial(holding.accept, voucher_id=held))
    desk.browser("t1-scan")  # signed in before the code is shown, which lives a minute
    digits = world.do("sun", partial(holding.show, voucher_id=held)).digits
    scanned: dict[str, Any] = {
        "digits": digits,
        "class_id": ids["class"],
        "last4": SUN_BA[1][-4:],
        "device": DEVICE,
    }
    asked = redeem.Redeeming(**scanned, nonce="n-skipped")
    told = desk.by_act("t1-scan", "not_enrolled", partial(redeem.redeem, asked=asked))
    desk.by_api("t1-scan", told, "/redemptions", {**scanned, "nonce": "n-skipped"})
    counter = f"/institution/scan?class_id={ids['class']}"
    redemptions = f"/institution/classes/{ids['class']}/redemptions"
    typed = {"digits": digits, "last4": SUN_BA[1][-4:], "nonce": "n-skipped"}
    desk.by_page(told, desk.forge("t1-scan", counter, "核对", redemptions, **typed))
    assert _state(desk, held) == "accepted"


def _a_second_voucher_of_the_same_programme(desk: Desk) -> None:
    programme_id = desk.loop.ids["open_programme"]
    take = partial(issuing.take_voucher, programme_id=programme_id, declared=True)
    first = desk.loop.world.do("sun", take)
    assert first is not None
    told = desk.by_act("sun", "voucher_held_already", take)
    assert told.facts["voucher"] == first.number, "the voucher already there is named"
    desk.by_api("sun", told, "/takings", {"programme_id": programme_id, "declared": True})
    withdraw = f"/my/vouchers/{first.id}"
    page = desk.forge("sun", withdraw, "退回这张券", f"/my/offers/{programme_id}", declared="1")
    desk.by_page(told, page)
    named = [{"name": SUN_BA[0], "number": SUN_BA[1]}]
    lines = desk.loop.done("jiban", "/issues", {
        "programme_id": desk.loop.ids["programme"], "way": "at_once", "people": named,
    })  # fmt: skip
    assert (lines["issued"], lines["refused"]) == (0, 1)


def _a_class_of_another_institution(desk: Desk) -> None:
    """T2 scans for a class of T1, and for its own class what is locked to T1."""
    loop = desk.loop
    desk.browser("t2-scan")
    digits = loop.world.do("li", partial(holding.show, voucher_id=loop.ids["other_voucher"])).digits
    last4 = LI_SI[1][-4:]
    for code, class_id in (
        ("class_missing", loop.ids["class"]),
        ("other_institution", loop.ids["foreign_class"]),
    ):
        scanned: dict[str, Any] = {"digits": digits, "class_id": class_id, "last4": last4, "device": DEVICE}
        asked = redeem.Redeeming(**scanned, nonce=f"n-{code}")
        told = desk.by_act("t2-scan", code, partial(redeem.redeem, asked=asked))
        desk.by_api("t2-scan", told, "/redemptions", {**scanned, "nonce": f"n-{code}"})
        own = f"/institution/scan?class_id={loop.ids['foreign_class']}"
        path = f"/institution/classes/{class_id}/redemptions"
        typed = {"digits": digits, "last4": last4, "nonce": f"n-{code}"}
        desk.by_page(told, desk.forge("t2-scan", own, "核对", path, **typed))
    assert _state(desk, loop.ids["other_voucher"]) == "enrolled"


def _an_expired_code(desk: Desk) -> None:
    loop, class_id = desk.loop, desk.loop.ids["class"]
    voucher_id = loop.ids["other_voucher"]
    shown = loop.world.do("li", partial(holding.show, voucher_id=voucher_id))
    scanned: dict[str, Any] = {
        "digits": shown.digits,
        "class_id": class_id,
        "last4": LI_SI[1][-4:],
        "device": DEVICE,
    }
    asked = redeem.Redeeming(**scanned, nonce="n-old")
    loop.world.at = shown.expires_at
    told = desk.by_act("t1-scan", "code_expired", partial(redeem.redeem, asked=asked))
    desk.by_api("t1-scan", told, "/redemptions", {**scanned, "nonce": "n-old"})
    browser = desk.browser("t1-scan")
    browser.go(f"/institution/scan?class_id={class_id}")
    desk.by_page(told, browser.press("核对", digits=shown.digits))
    assert _state(desk, voucher_id) == "enrolled"
    fresh = loop.code("li", "other_voucher")
    assert loop["t1-scan"].post("/checks", {
        "digits": fresh, "class_id": class_id, "device": DEVICE,
    }).json["possible"] == ["redeem"]  # fmt: skip


def _an_institution_outside_the_yearly_list(desk: Desk) -> None:
    """T1 stands on the list of 2024; for a class of 2025 it must be on that year's."""
    wanted = {**plan(desk.loop.ids["t1"], first=NEXT_YEAR), "name": "明年的班"}
    class_id = desk.loop.done("t1-admin", "/classes", wanted)["id"]
    file = partial(classes.file_class, class_id=class_id, promised=True)
    told = desk.by_act("t1-admin", "institution_not_listed", file)
    assert "2025" in told.title
    assert "不予补贴" in told.title
    desk.by_api("t1-admin", told, f"/classes/{class_id}/filings", {"promised": True})
    browser = desk.browser("t1-admin")
    browser.go(f"/institution/classes/{class_id}")
    desk.by_page(told, browser.press("提交，等待审核", promised="1"))
    assert desk.loop["t1-admin"].get(f"/classes/{class_id}").json["state"] == "draft"


def _a_project_without_fund(desk: Desk) -> None:
    terms = {**PROGRAMME, "from_on": CLASS_DAY.date(), "until_on": NEXT_YEAR.date(), "budget_id": None}
    act = partial(draft_programme, new=NewProgramme(**terms))
    told = desk.by_act("jiban", "programme_without_fund", act)
    body = {**PROGRAMME, "from_on": "2024-03-25", "budget_id": None}
    desk.by_api("jiban", told, "/programmes", body)
    del body["budget_id"]
    desk.by_api("jiban", told, "/programmes", body)
    typed = {
        "name": "没有钱的券", "region": JIYUAN, "project": "TRAIN", "budget": "",
        "worth": "face_value", "channel": "directed", "training_kind": "on_job",
        "certificate_kind": "skill_level", "trade": NURSE, "level": "2",
        "quantity": "5", "from_on": "2024-03-25", "until_on": "2024-12-31", "document": "济人社〔2024〕3号",
    }  # fmt: skip
    browser = desk.browser("jiban")
    browser.go("/office/programmes/new")
    page = browser.press("保存草稿", **typed)
    desk.by_page(told, page)
    assert 'value="没有钱的券"' in page.html, "nothing typed is lost"


def _a_claim_without_redemption(desk: Desk) -> None:
    voucher_id = desk.loop.ids["other_voucher"]
    claim = partial(file_claims, kind=SubsidyKind.TRAINING, voucher_ids=[voucher_id], terms=PLEDGED)
    told = desk.by_act("t1-admin", "claim_without_redemption", claim)
    body = {"kind": "training", "voucher_ids": [voucher_id], "pledged": True}
    desk.by_api("t1-admin", told, "/claims", body)
    page = desk.forge(
        "t1-admin",
        "/institution/rosters",
        "报送",
        "/institution/claims",
        voucher_id=str(voucher_id),
        sure="1",
        pledged="1",
        count="1",
        total_fen="120000",
    )
    desk.by_page(told, page)
    assert desk.loop["t1-admin"].get("/claims").json["items"] == []


def _a_certificate_of_another_occupation_or_level(desk: Desk) -> None:
    """Neither turns its voucher into money; who holds it is told which of the two it is."""
    world = desk.loop.world
    scene = Scene(world.database, world.keyring, world.folder, world.at)
    for evaluator in (EV1, EV2):
        scene.file_evaluator(evaluator)
    town_certified.hire_at(scene, REGISTRAR, Role.REGISTRAR, REGISTRAR_STEM, EV2)
    world.enable(REGISTRAR)
    today = scene.at.date().isoformat()
    wrong: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "certificate_other_trade": ({}, {"trade": HOUSEKEEPER}),
        "certificate_other_level": ({"level": 3}, {"level": "五级"}),
    }
    for serial, (code, (terms, printed)) in enumerate(wrong.items(), start=1):
        name, number = person(serial)
        made = town_certified.certified(
            scene, desk.loop.ids["budget"], (name, number), until="assessed", name=code, **terms
        )
        (voucher_id,) = made.voucher_ids
        scene.certify(scene.certificate((name, number), issued=today, **printed))
        assert scene.do("clock", attach_proofs) == 0
        world.worker(f"holder{serial}", name, number)
        with world.database.read() as session:
            told = why_not_certified(session, voucher_id)[0]
        assert told.code == code
        shown = desk.loop[f"holder{serial}"].get(f"/vouchers/{voucher_id}").json
        assert [(each["code"], each["title"], each["next_step"]) for each in shown["why_not"]] == [
            (told.code, told.title, told.next_step)
        ]
        desk.by_page(told, desk.browser(f"holder{serial}").go(f"/my/vouchers/{voucher_id}"))
        claim = partial(file_claims, kind=SubsidyKind.TRAINING, voucher_ids=[voucher_id], terms=PLEDGED)
        refused = desk.by_act(REGISTRAR, "voucher_not_certified", claim)
        body = {"kind": "training", "voucher_ids": [voucher_id], "pledged": True}
        desk.by_api(REGISTRAR, refused, "/claims", body)
        page = desk.forge(
            REGISTRAR, "/institution/rosters", "报送", "/institution/claims",
            voucher_id=str(voucher_id), sure="1", pledged="1", count="1", total_fen="120000",
        )  # fmt: skip
        desk.by_page(refused, page)
        assert _state(desk, voucher_id) == "assessed"
