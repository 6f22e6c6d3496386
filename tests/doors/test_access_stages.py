"""Who reaches what in issuing and training: every role × route × own, foreign, other person's, missing.

One world per database: whoever may not touch an object is asked first and must leave it as it was; only
then its own people act on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.doors.loop import SUN_BA, Loop, people, plan
from tests.doors.world import JIYUAN, ZHENGZHOU, Client
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import DESK, EVALUATOR_STAFF, INSTITUTION_STAFF, OFFICERS, Entry
from voucher.doors.auth.matrix.issue import ISSUE
from voucher.doors.auth.matrix.train import TRAIN
from voucher.ledger.audit import AuditRow
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.rules.actor import Role

OFFICE, FAR_OFFICE, HOUSE, FAR_HOUSE, HOLDER, OTHER = "office", "far", "t1", "t2", "zhang", "sun"
NOBODY = 999_999
WHY = {"why": "核查需要"}
# row by row past every kind of visitor: on the other database by `make long`
BOTH = pytest.mark.parametrize(
    "loop", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
# what names no object that could be foreign: it belongs to everybody, or to whoever asks
OF_NOBODY = frozenset(
    {
        "dictionaries.show_dictionary",
        "vouchers.list_offers",
        "vouchers.take",
        "programmes.draft_programme",
        "teaching.note_attendance",
        # beacons and their keys are nobody's; a foreign phone is as good as none: test_phones
        "devices.bind",
        "devices.list_beacon_keys",
        "devices.list_credentials",
        "devices.list_own_devices",
        "devices.lose",
        "devices.renew_credentials",
        "devices.show_beacon",
        # an exit of elsewhere is as good as none: test_access_houses
        "exits.confirm",
        "exits.withdraw",
        # an entry of elsewhere is as good as none: test_intakes
        "intakes.remove_person",
        # a case of elsewhere is as good as none: test_offline
        "offline.list_offline_cases",
        "offline.close_offline_case",
        # a phone signs for its holder only; a case of elsewhere is as good as none: test_marks
        "marks.sign_by_phone",
        # a segment of elsewhere is as good as none: test_lessons
        "lessons.begin",
        "lessons.tell_focus",
        # a session of elsewhere is as good as none: test_lessons
        "lessons.add_film",
        "lessons.end",
        "marks.list_attendance_cases",
        "marks.close_case",
        # a programme or an issue of elsewhere is as good as none: test_rosters
        "rosters.hand_over",
        "rosters.show_run",
        "rosters.resume",
        "rosters.terminate",
        # other people's consents are as good as none, and so is a voucher without one: test_consents
        "consents.list_own_consents",
        "consents.grant_consent",
        "consents.ask_consent",
        "consents.prove_consent",
        "consents.register_mandate",
        "consents.end_consent",
        "consents.text_helped_code",
        # every office reads the whole province's tariffs; whose region may be spoken for: test_tariffs
        "tariffs.list_tariff_changes",
        "tariffs.list_tariff_proposals",
        "tariffs.show_tariff_proposal",
        "tariffs.list_tariffs",
        "tariffs.propose_ending",
        "tariffs.propose_tariff",
        "tariffs.decide_tariff",
    }
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One route with the object it is about, `#` in address or body; `own` are the groups it belongs to."""

    endpoint: str
    method: str
    path: str
    about: str
    own: frozenset[str]
    body: Mapping[str, Any] = field(default_factory=dict)


def see(endpoint: str, path: str, about: str, *own: str) -> Probe:
    return Probe(endpoint, "GET", path, about, frozenset(own))


def act(endpoint: str, path: str, about: str, own: str | tuple[str, ...], **body: Any) -> Probe:
    return Probe(endpoint, "POST", path, about, frozenset([own] if isinstance(own, str) else own), body)


def number_of(loop: Loop) -> str:
    """Return the number that stands on the paper of the holder's voucher."""
    with loop.world.database.read() as session:
        return session.get_one(Voucher, loop.ids["voucher"]).number


def probes_of(loop: Loop) -> list[Probe]:
    """Return every probe, those that end something last."""
    ids, one = loop.ids, people(SUN_BA)
    roster = {"way": "roster", "people": one}
    digits = {"digits": "7200000000000000000000", "device": "d"}
    return [
        see("programmes.show_programme", "/programmes/#", "draft_programme", OFFICE),
        see("issues.show_issue", "/issues/#", "issue", OFFICE, HOUSE),
        see("issues.list_issue_lines", "/issues/#/lines", "issue", OFFICE, HOUSE),
        see("vouchers.show_voucher", "/vouchers/#", "voucher", OFFICE, HOUSE, HOLDER),
        see("institutions.show_institution", "/institutions/#", "t1", OFFICE, HOUSE),
        see("classes.show_class", "/classes/#", "draft_class", OFFICE, HOUSE),
        see("classes.list_class_sessions", "/classes/#/sessions", "draft_class", OFFICE, HOUSE),
        see("intakes.show_intake", "/classes/#/intakes", "draft_class", OFFICE, HOUSE),
        see("classes.list_class_roster", "/classes/#/roster", "class", OFFICE, HOUSE),
        see("places.list_scans", "/scans?class=#", "class", OFFICE, HOUSE),
        see("offline.show_offline_pack", "/classes/#/offline-pack", "class", HOUSE),
        see("offline.list_offline_scans", "/offline-scans?class_id=#", "class", OFFICE, HOUSE),
        act("programmes.preview", "/programmes/#/previews", "programme", OFFICE, people=one),
        act("programmes.try_out", "/programmes/#/dry-runs", "programme", OFFICE),
        see("programmes.show_dry_run", "/programmes/#/dry-run", "programme", OFFICE),
        act(
            "programmes.preview", f"/programmes/{ids['programme']}/previews", "t1", HOUSE,
            people=one, institution_id="#",
        ),
        act("places.check_code", "/checks", "class", HOUSE, class_id="#", **digits),
        act("places.enrol_voucher", "/enrolments", "class", HOUSE, class_id="#", **digits),
        act("places.redeem_voucher", "/redemptions", "class", HOUSE,
            class_id="#", last4="991X", nonce="n", **digits),
        act("offline.send_offline_scans", "/offline-scans", "class", HOUSE, class_id="#", scans=[
            {"client_id": "n", "digits": digits["digits"], "last4": "991X",
             "scanned_at": "2024-03-01T08:00:00+08:00"},
        ]),
        act("vouchers.text_voucher_code", "/texted-codes", "t1", HOUSE,
            voucher_number=number_of(loop), institution_id="#"),
        act("devices.ask_challenge", "/challenges", "class", HOUSE, class_id="#"),
        act("vouchers.show_code", "/vouchers/#/codes", "voucher", HOLDER),
        act("vouchers.accept_voucher", "/acceptances", "voucher", HOLDER, voucher_id="#"),
        act("vouchers.accept_voucher", "/acceptances", "voucher", OFFICE, voucher_id="#", consent="委托书"),
        act("places.enrol_voucher", "/enrolments", "voucher", HOLDER, voucher_id="#", class_id=ids["class"]),
        act("issues.issue_vouchers", "/issues", "programme", OFFICE,
            programme_id="#", way="at_once", people=one),
        act(
            "issues.issue_vouchers", "/issues", "t1", HOUSE,
            programme_id=ids["programme"], institution_id="#", **roster,
        ),
        act("issues.review_issue", "/issues/#/reviews", "issue", OFFICE, decision="pass"),
        act("classes.draft_class", "/classes", "t1", HOUSE, **plan(NOBODY) | {"institution_id": "#"}),
        act("classes.revise_class", "/classes/#/revisions", "draft_class", HOUSE, **plan(ids["t1"])),
        act("classes.file_class", "/classes/#/filings", "draft_class", HOUSE, promised=True),
        act("classes.review_class", "/classes/#/reviews", "draft_class", OFFICE,
            decision="return", opinion="缺"),
        act("lessons.add_lesson", "/lessons", "session", HOUSE, session_id="#", kind="pages",
            title="t", segments=[{"minutes": 1, "content": "c"}]),
        see("marks.show_code", "/class-codes?session_id=#", "session", HOUSE),
        see("marks.list_marks", "/attendance-marks?session_id=#", "session", HOUSE),
        act("marks.sign_at_counter", "/counter-marks", "session", HOUSE,
            session_id="#", direction="in", code="7200000000000000000000"),
        act("marks.co_sign_session", "/co-signatures", "session", HOUSE, session_id="#"),
        act("marks.tally_session", "/attendance-tallies", "session", HOUSE, session_id="#"),
        act("teaching.correct_hours", "/attendances/corrections", "session", HOUSE, session_id="#",
            voucher_id=ids["voucher"], hours=1, **WHY),
        act("teaching.note_attendance", "/attendances", "session", HOUSE, session_id="#",
            people=[{"voucher_id": ids["voucher"], "hours": 1}]),
        act("teaching.complete_class", "/completions", "class", HOUSE, class_id="#", exams=[]),
        act("places.reverse_redemption", "/redemptions/#/reversals", "redemption_voucher", HOUSE, **WHY),
        act("places.transfer_vouchers", "/transfers", "class", OFFICE,
            voucher_ids=[ids["voucher"]], class_id="#", **WHY),
        act("places.transfer_vouchers", "/transfers", "voucher", OFFICE,
            voucher_ids=["#"], class_id=ids["class"], **WHY),
        act("programmes.publish_programme", "/programmes/#/publications", "draft_programme", OFFICE),
        act("programmes.top_up", "/programmes/#/top-ups", "programme", OFFICE, quantity=1, **WHY),
        act("programmes.stop_programme", "/programmes/#/stops", "programme", OFFICE, **WHY),
        act("programmes.resume_programme", "/programmes/#/resumptions", "programme", OFFICE, **WHY),
        act("programmes.discard_programme", "/programmes/#/discards", "draft_programme", OFFICE, **WHY),
        act("programmes.close_programme", "/programmes/#/closings", "programme", OFFICE, **WHY),
        act("programmes.recall", "/programmes/#/recalls", "programme", OFFICE, **WHY),
        act("places.choose_anew", "/new-choices", "voucher", HOLDER, voucher_id="#"),
        act("places.depart", "/departures", "voucher", (HOLDER, HOUSE), voucher_id="#", act="drop", **WHY),
        act("vouchers.dispute_voucher", "/disputes", "voucher", HOLDER,
            voucher_id="#", problem="not_me", said="没有去过"),
        act("vouchers.take_back_dispute", "/disputes/withdrawals", "voucher", HOLDER, voucher_id="#"),
        act("vouchers.withdraw_voucher", "/withdrawals", "voucher", HOLDER, voucher_id="#"),
        act("vouchers.revoke_vouchers", "/revocations", "voucher", OFFICE, voucher_ids=["#"], **WHY),
        act("vouchers.replace", "/replacements", "voucher", OFFICE, voucher_id="#", **WHY),
        act("intakes.add_people", "/classes/#/intakes", "draft_class", HOUSE, people=one),
        act("classes.cancel_class", "/classes/#/cancellations", "draft_class", (OFFICE, HOUSE), **WHY),
        act("institutions.sanction_institution", "/institutions/#/sanctions", "t1", OFFICE,
            act="warn", seen="x", **WHY),
        see("exits.show", "/institutions/#/exits", "t1", HOUSE),
        act("exits.ask", "/institutions/#/exits", "t1", HOUSE, **WHY),
    ]  # fmt: skip


# a way of asking that belongs to one kind of visitor: the others are refused for their role before anything
ROLES_OF_BODY: dict[tuple[str, str], frozenset[Role]] = {
    ("programmes.preview", "programme"): frozenset({Role.OPERATOR}),
    ("programmes.preview", "t1"): INSTITUTION_STAFF,
    ("issues.issue_vouchers", "programme"): frozenset({Role.OPERATOR}),
    ("issues.issue_vouchers", "t1"): INSTITUTION_STAFF,
    # what an institution filed is decided by officers
    ("issues.review_issue", "issue"): OFFICERS,
    ("places.enrol_voucher", "class"): INSTITUTION_STAFF,
    ("places.enrol_voucher", "voucher"): frozenset({Role.WORKER}),
}


# on the second database one of each kind will do: who may come in is the same matrix
FEW = frozenset({Role.OPERATOR, Role.OFFICER_CITY, Role.AUDITOR, Role.INSTITUTION_ADMIN, Role.SCANNER})


def hire_everybody(loop: Loop) -> dict[str, tuple[str, Role]]:
    """Open an account per role on either side and return its group and role by login."""
    wanted = frozenset(Role) if loop.world.database.engine.dialect.name == "sqlite" else FEW
    found: dict[str, tuple[str, Role]] = {HOLDER: (HOLDER, Role.WORKER), OTHER: (OTHER, Role.WORKER)}
    for group, region in ((OFFICE, JIYUAN), (FAR_OFFICE, ZHENGZHOU)):
        for role in sorted(DESK & wanted):
            login = f"{group}-{role}"
            loop.world.staff(login, role, region=region)
            found[login] = (group, role)
    for group in (HOUSE, FAR_HOUSE):
        for role in sorted((INSTITUTION_STAFF | EVALUATOR_STAFF) & wanted):
            login = f"{group}-{role}"
            loop.world.colleague(login, loop.ids[group], role)
            found[login] = (group, role)
    return found


def ask(client: Client, probe: Probe, wanted: int) -> Any:
    if probe.method == "GET":
        return client.get(probe.path.replace("#", str(wanted)))
    return client.post(probe.path.replace("#", str(wanted)), _fill(dict(probe.body), wanted))


def _fill(node: Any, wanted: int) -> Any:
    if isinstance(node, dict):
        return {name: _fill(inner, wanted) for name, inner in node.items()}
    if isinstance(node, list):
        return [_fill(inner, wanted) for inner in node]
    return wanted if node == "#" else node


def told(answer: Any) -> str:
    """Return what an answer says, but for the address."""
    return str({name: value for name, value in (answer.json or {}).items() if name != "instance"})


def may_ask(probe: Probe, role: Role) -> bool:
    who = MATRIX[probe.endpoint].who
    assert not isinstance(who, Entry)
    if probe.endpoint == "vouchers.accept_voucher":
        # with consent it is the counter's act, without the holder's own
        return role is (Role.OPERATOR if "consent" in probe.body else Role.WORKER)
    return role in who & ROLES_OF_BODY.get((probe.endpoint, probe.about), frozenset(Role))


def pairs(loop: Loop, everybody: Mapping[str, tuple[str, Role]]) -> Iterator[tuple[Probe, str, str]]:
    for probe in probes_of(loop):
        for login, (group, role) in everybody.items():
            if may_ask(probe, role):
                yield probe, login, group


def count_everything(loop: Loop) -> tuple[int, int]:
    with loop.world.database.read() as session:
        events = session.scalar(select(func.count()).select_from(StateEvent)) or 0
        # who reached for a foreign voucher is written down, and nothing else
        rows = select(func.count()).select_from(AuditRow).where(AuditRow.act != "foreign_attempt")
        return events, session.scalar(rows) or 0


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_every_route_of_both_stages_is_probed_or_says_why_not(loop: Loop) -> None:
    probed = {each.endpoint for each in probes_of(loop)}
    listed = {endpoint for endpoint, _ in LISTS}
    assert set(ISSUE) | set(TRAIN) == probed | listed | OF_NOBODY


@BOTH
def test_what_is_foreign_is_as_good_as_missing_and_ones_own_is_there(loop: Loop) -> None:
    """AC-K1: a single object of somebody else's is 404."""
    everybody = hire_everybody(loop)
    for login in everybody:
        loop[login].get("/sessions/current")  # everybody is in before anything is counted
    before = count_everything(loop)
    wrong: list[tuple[Any, ...]] = []
    absent: dict[tuple[str, str, str], Any] = {}
    for probe, login, group in pairs(loop, everybody):
        if group in probe.own:
            continue
        wanted = loop.ids[probe.about]
        if (probe.endpoint, probe.about, group) not in absent:
            absent[probe.endpoint, probe.about, group] = ask(loop[login], probe, NOBODY)
        missing, foreign = absent[probe.endpoint, probe.about, group], ask(loop[login], probe, wanted)
        role_asked_first = missing.status_code == foreign.status_code == 403
        if not role_asked_first and (
            foreign.status_code != 404 or told(foreign) != told(missing).replace(str(NOBODY), str(wanted))
        ):
            wrong.append((probe.endpoint, probe.about, login, foreign.json, missing.json))
    assert wrong == []
    assert count_everything(loop) == before
    for probe, login, group in pairs(loop, everybody):
        if group not in probe.own:
            continue
        answer = ask(loop[login], probe, loop.ids[probe.about])
        refused = (answer.json or {}).get("code") in ("role_missing", "region_foreign")
        if refused or answer.status_code in (401, 404) or answer.status_code >= 500:
            wrong.append((probe.endpoint, probe.about, login, answer.json))
    assert wrong == []


LISTS: tuple[tuple[str, str], ...] = (
    ("programmes.list_programmes", "/programmes"),
    ("issues.list_issues", "/issues"),
    ("vouchers.list_vouchers", "/vouchers"),
    ("institutions.list_institutions", "/institutions"),
    ("classes.list_classes", "/classes"),
)
# of each list one object that nobody but its own people may find in it
LISTED = ("draft_programme", "issue", "voucher", "t1", "draft_class")


def test_a_list_shows_what_is_ones_own_and_a_foreign_region_cannot_be_named(loop: Loop) -> None:
    """AC-K1: no rows, and 403 for a region that is named."""
    office, house = {"jiban", "shenhe", "jianguan"}, {"t1-admin", "t1-scan", "t1-teach"}
    for (endpoint, path), name in zip(LISTS, LISTED, strict=True):
        own = office | (set() if name == "draft_programme" else house)
        own |= {"zhang"} if name == "voucher" else set()
        who = MATRIX[endpoint].who
        assert not isinstance(who, Entry)
        for login in sorted(own | {"zz-jiban", "zz-shenhe", "t2-admin", "t2-scan", "t2-teach", "sun"}):
            if login == "sun" and Role.WORKER not in who:
                continue
            items = loop[login].get(f"{path}?limit=200").json["items"]
            assert (loop.ids[name] in [each["id"] for each in items]) == (login in own), (path, login)
            if login.startswith(("zz", "t2")):
                answer = loop[login].get(f"{path}?region={JIYUAN}")
                assert (answer.status_code, answer.json["code"]) == (403, "region_foreign"), login
