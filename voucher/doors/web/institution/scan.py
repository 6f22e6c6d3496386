"""扫码核销: one field for every code; what it leads to is said at once, in colour, sign and word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.browsers import seen_from
from voucher.doors.auth.counters import device_secret
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_COUNTER
from voucher.doors.auth.networks import note_network
from voucher.doors.auth.shield import let_programs_run
from voucher.doors.auth.visitors import current_actor, current_visitor, perform
from voucher.doors.errors import status_of
from voucher.doors.web.acting import KEY_FIELD, content_print
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import get_my_class, list_houses, my_houses
from voucher.doors.web.timelines import name_people
from voucher.ledger.credentials import CODE_EXPIRED, CODE_USED
from voucher.ledger.origins import note_redeemed_on
from voucher.plumbing.idempotency import Answer, once
from voucher.plumbing.unit_of_work import Work
from voucher.registry.counter_devices import CounterDevice, check_device, find_device, needs_approval
from voucher.registry.institutions import Institution
from voucher.registry.listing import STOPPED
from voucher.rules.classes import IDENTITY_DIFFERS
from voucher.rules.code_format import RANDOM_DIGITS
from voucher.rules.errors import KeptRefused, Refusal, Refused
from voucher.stages.train import queries as training
from voucher.stages.train.enrol import enrol_by_code as lock_to_class
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import REDEEMED_ALREADY
from voucher.stages.train.queries import house
from voucher.stages.train.reading import CLASS_MISSING
from voucher.stages.train.redeem import Checked, Redeeming, check
from voucher.stages.train.redeem import redeem as use_voucher
from voucher.stages.train.scans import Scanned, record_scan

Result = TypeVar("Result")
LAST_SCANS = 20
# the longest code a phone shows has some six hundred digits
LONGEST_CODE = 700
# nothing is wrong with the voucher: it has been used here before, or the picture was too old
MINDED = frozenset({REDEEMED_ALREADY.code, CODE_EXPIRED.code, CODE_USED.code})
ACT_NAMES = {"check": "核对", "enrol": "代报名", "redeem": "核销"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a scan came to: the look, the word, and what can be done next with the same code."""

    tone: str
    word: str
    next_step: str
    checked: Checked | None = None
    digits: str = ""


@institution.get("/institution/scan")
def scan() -> ResponseReturnValue:
    """Show the field for codes, the class chosen already where only one is under way."""
    return show_scan()


def show_scan() -> str:
    """Return the scan page of the class asked for, or of the only one under way, or the choice."""
    asked = request.args.get("class_id", "")
    class_id = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else None
    if class_id is None:
        with the_door().read() as session:
            mine, today = my_houses(INSTITUTION_COUNTER), the_door().today
            under_way = house.list_under_way(session, mine, today)
            stopped = house.list_stopped(session, mine, today)
        if len(under_way) != 1:
            return render_template("institution/scan_choose.html", under_way=under_way, stopped=stopped)
        class_id = under_way[0].id
    return show_scan_page(class_id, None)


@institution.post("/institution/classes/<int:class_id>/checks")
def check_code(class_id: int) -> ResponseReturnValue:
    """Say what a code leads to; nothing is used up."""
    return _check(class_id, request.form.get("digits", "")[:LONGEST_CODE])


@institution.post("/institution/classes/<int:class_id>/redemptions")
def redeem(class_id: int) -> ResponseReturnValue:
    """Use the voucher, its holder being there with the card; the same form again is the same redemption."""
    digits, last4 = request.form.get("digits", "")[:LONGEST_CODE], request.form.get("last4", "").strip()
    if sum(each.isdigit() for each in last4) >= RANDOM_DIGITS:
        return _check(
            class_id, last4[:LONGEST_CODE]
        )  # a gun does not look where it writes: this is the next code
    nonce = request.form.get("nonce", "")[:100]
    asked = Redeeming(digits, class_id, last4[:20], _device(), nonce)

    def use(work: Work) -> tuple[str, str]:
        redemption = use_voucher(work, asked)
        note_redeemed_on(work, redemption.voucher_id, redemption.redeemed_at, seen_from())
        note_network(redemption.institution_id)
        card = training.roster(
            work.session, work.keyring, class_id, after_id=redemption.voucher_id - 1, limit=1
        )
        return card[0].masked_name, card[0].voucher_number

    done = _try("redeem", class_id, digits, use)
    if isinstance(done, Refusal):
        return _answer(class_id, done, digits, retry=True)
    name, number = done
    return show_scan_page(class_id, Said("good", "已核销", f"{name} · {number}。请扫下一位。"))


@institution.post("/institution/classes/<int:class_id>/enrolments")
def enrol_by_code(class_id: int) -> ResponseReturnValue:
    """Lock the voucher to this class for its holder; the code has done its work with that."""
    digits = request.form.get("digits", "")[:LONGEST_CODE]

    def lock(work: Work) -> Answer:
        lock_to_class(work, digits, class_id, _device())
        return Answer(200, {})

    key, asked = request.form.get(KEY_FIELD, ""), content_print()
    done = _try("enrol", class_id, digits, lambda work: once(work, key, asked, lock))
    if isinstance(done, Refusal):
        return _answer(class_id, done, digits)
    return show_scan_page(
        class_id, Said("good", "已代报名", "码已用过：请学员在手机上点“刷新二维码”，再扫一次核销。")
    )


def _check(class_id: int, digits: str) -> ResponseReturnValue:
    def look(work: Work) -> Checked:
        checked = check(work, digits, class_id)
        record_scan(work, Scanned("check", class_id, digits, _device()), checked.refusal)
        return checked

    found = _try("check", class_id, digits, look)
    if isinstance(found, Refusal):
        return _answer(class_id, found, digits)
    if found.refusal is not None:
        return _answer(class_id, found.refusal, digits, found)
    if "redeem" in found.possible:
        return show_scan_page(
            class_id, Said("good", "可以核销", "看学员的身份证，输入后四位。", found, digits)
        )
    return show_scan_page(
        class_id, Said("warn", "还没报名", "券已领取、还没报本班。本人同意的，可以代报名。", found, digits)
    )


def _try(act: str, class_id: int, digits: str, call: Callable[[Work], Result]) -> Result | Refusal:
    """Act at a counter that may; what is refused is kept like every scan, in a transaction of its own."""

    def at_counter(work: Work) -> Result:
        check_device(work, my_houses(INSTITUTION_COUNTER), device_secret())
        return call(work)

    try:
        return perform(at_counter)
    except KeptRefused as kept:
        return kept.refusal
    except Refused as refused:
        told = refused.refusal
        if told.code == CLASS_MISSING.code:
            raise
        perform(lambda work: record_scan(work, Scanned(act, class_id, digits, _device()), told))
        return told


def _answer(
    class_id: int, refusal: Refusal, digits: str, checked: Checked | None = None, *, retry: bool = False
) -> ResponseReturnValue:
    """Show a refusal: amber where another look helps, red where this voucher cannot be used here."""
    own = refusal.code != REDEEMED_ALREADY.code or refusal.facts.get("own_institution", False)
    minded = refusal.code in MINDED and own
    again = retry and refusal.code == IDENTITY_DIFFERS.code
    said = Said(
        "warn" if minded or again else "bad",
        refusal.title,
        refusal.next_step or "",
        checked,
        digits if again else "",
    )
    return make_response(show_scan_page(class_id, said), status_of(refusal))


def show_scan_page(class_id: int, said: Said | None) -> str:
    """Return the scan page of a class with what was just said of a code."""
    door = the_door()
    let_programs_run()
    device, mine = _named_device(), my_houses(INSTITUTION_COUNTER)
    with door.read() as session:
        found = get_my_class(session, class_id, INSTITUTION_COUNTER)
        under_way = house.list_under_way(session, mine, door.today)
        is_approved = device is not None and device.approved_at is not None
        scans = training.list_scans(session, class_id, limit=LAST_SCANS)
        return render_template(
            "institution/scan.html",
            found=found,
            stopped=_list_stopped(session, found),
            begun=found.starts_on <= door.today <= found.ends_on,
            said=said,
            counted=training.counters(session, class_id),
            scans=scans,
            holders=training.name_accepted(session, door.keyring, scans),
            hands=name_people(session, [each.scanned_by_person_id for each in scans]),
            act_names=ACT_NAMES,
            others=_others(class_id, under_way),
            person_id=current_actor().person_id,
            has_sms=door.config.has_sms,
            device=device,
            is_unapproved=not is_approved and needs_approval(session, mine, door.today),
            houses=[(each.id, each.name) for each in list_houses(session, INSTITUTION_COUNTER)],
        )


def _list_stopped(session: Session, found: TrainingClass) -> list[Institution]:
    """Return which of the institutions of a class may not go on: nobody can be scanned for it."""
    houses = {found.institution_id, found.delivering_institution_id}
    return [
        each
        for each in (session.get_one(Institution, house_id) for house_id in sorted(houses))
        if each.state in STOPPED
    ]


def _named_device() -> CounterDevice | None:
    """Return what this browser was named by one of the visitor's institutions, asked once a request."""
    if "counter_device" not in g:
        with the_door().read() as session:
            found = find_device(session, device_secret())
        mine = found is not None and found.institution_id in my_houses(INSTITUTION_COUNTER)
        g.counter_device = found if mine else None
    known: CounterDevice | None = g.counter_device
    return known


def _others(class_id: int, under_way: list[TrainingClass]) -> list[tuple[str, str]]:
    """Return the other classes that may be scanned for today, with where they are."""
    return [
        (each.name, url_for("web.institution.scan", class_id=each.id))
        for each in under_way
        if each.id != class_id
    ]


def _device() -> str:
    """Return the name of this device, or of its session: with the nonce it names a redemption for ever."""
    known, visitor = _named_device(), current_visitor()
    if known is not None:
        return known.label
    return f"web-{visitor.token_hash[:12]}" if visitor is not None else "web"
