"""What a town of the risk rules leaves in the tables of the house besides its classes and money.

Exams and their doors, origins of vouchers, pages opened, lessons and what their pages saw, scopes,
photographs, answers of the register, calls, checks, looks, lists: as their writers leave them, so that the
readers are measured on them and the schemes that show there can be counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.town_risk import DECEMBER, JANUARY, Planted, Town
from voucher.plumbing.clock import day_of
from voucher.rules.risk.measures import EPOCH

Rows = Iterator[dict[str, Any]]
REGION, FAR_ON, EARLY = "419001", date(2030, 12, 31), datetime(2026, 1, 1, tzinfo=UTC)
# who is no trainee and no institution has numbers of the own
STAFF, EVALUATORS, EXAMINERS, TEACHERS = 50_000_000, 60_000_000, 70_000_000, 80_000_000
LISTED = {
    "deceased": "deceased", "custody": "custody", "student": "student", "pension": "pension",
}  # fmt: skip
LINKED = {"account": "account_index", "address": "address_index", "contact": "contact_index"}
CELLS = (
    *("since", "until", "trade_code", "level", "subsidy", "house_code", "amount_fen", "answers"),
    *LINKED.values(),
)
BACK_DAYS = 2
# of what these go by no rows are made here: accounts changed after approval, rooms and grants of others
UNTOLD = frozenset({"R25", "R29"})


def moment(at: int) -> datetime:
    """Return the moment of so many seconds."""
    return datetime.fromtimestamp(at, UTC)


def day(on: int) -> date:
    """Return the day of a number."""
    return EPOCH + timedelta(days=on)


def number(name: str) -> int:
    """Return the number in a name of the town (P12, kiosk-H3)."""
    return int("".join(each for each in name.rsplit("-", 1)[-1] if each.isdigit()) or 0)


def everybody(town: Town) -> set[str]:
    """Return the names of all people any row speaks of."""
    tables = [rows for rows in town.rows.values() if rows and hasattr(rows[0], "person")]
    return {each.person for rows in tables for each in rows if each.person}


class Numbers:
    """Numbers of who has only a name in the town, the same for the same name."""

    def __init__(self) -> None:
        self._of: dict[tuple[int, str], int] = {}

    def __call__(self, kind: int, name: str) -> int:
        """Return the number of somebody of a kind; of nobody it is nought."""
        return self._of.setdefault((kind, name), kind + len(self._of) + 1) if name else 0

    def written(self, subject: str) -> str:
        """Return a subject of the town as findings of the database name it."""
        said = []
        for part in subject.split("/"):
            kinds = (STAFF, EVALUATORS, EXAMINERS)
            known = [self._of[kind, part] for kind in kinds if (kind, part) in self._of]
            said.append(str(known[0] if known else number(part)))
        return "/".join(said)


def tables_of_traces(town: Town, numbers: Numbers) -> Iterator[tuple[str, Rows]]:
    """Yield the tables with their rows; each is made when it is asked for."""
    yield from _exams(town, numbers)
    yield "voucher_origin", _origins(town)
    held = {each.person for each in town.rows["vouchers"]}
    yield "voucher", (
        {"id": 90_000_000 + number(each), "holder_person_id": number(each), "region_code": REGION,
         "issued_at": EARLY + timedelta(days=40), "thing": "voucher", "state": "issued"}
        for each in sorted(everybody(town) - held)
    )  # fmt: skip
    yield "consent", (
        {"id": number(each.id), "principal_person_id": number(each.person), "way": "own_account",
         "helper_person_id": number(each.value)}
        for each in town.rows["links"] if each.kind == "family"
    )  # fmt: skip
    yield "attendance_mark", (
        {"id": 40_000_000 + place, "session_id": 0, "person_id": number(each.person), "browser": each.value,
         "voucher_id": place, "direction": "in", "way": "class_code", "marked_at": EARLY + timedelta(days=40)}
        for place, each in enumerate(town.rows["links"]) if each.kind == "device"
    )  # fmt: skip
    yield from _teachers(town, numbers)
    yield from _reviews(town, numbers)
    yield from _lessons(town)
    yield "class_scope", (
        {"class_id": number(each.id), "is_in_scope": int(each.is_in_scope or 0),
         "code": None if each.is_in_scope else "scope", "asked_on": FAR_ON,
         "since": day(each.out_since_on or JANUARY - 300)}
        for each in town.rows["classes"] if each.is_in_scope is not None
    )  # fmt: skip
    yield from _certificates(town)
    yield from _calls(town)
    yield from _looks(town, numbers)
    yield from _lists(town)
    limits = {each.review_limit_fen for each in town.rows["claims"]} - {None}
    yield "amount_band", (
        {"id": place, "minimum_fen": limit, "steps": "[]", "document": "-", "since": date(2020, 1, 1)}
        for place, limit in enumerate(sorted(limits), 1)
    )  # fmt: skip


def _teachers(town: Town, numbers: Numbers) -> Iterator[tuple[str, Rows]]:
    """Yield teachers with an account of their own, and whose voucher they took."""
    tied = [each for each in town.rows["links"] if each.kind == "teacher"]
    teachers = sorted({(numbers(TEACHERS, each.value), number(each.institution)) for each in tied})
    yield "user_account", ({"id": each, "person_id": each, "login": str(each)} for each, _ in teachers)
    yield (
        "role_grant",
        (
            {
                "id": each,
                "user_id": each,
                "role": "teacher",
                "institution_id": house,
                "since": date(2020, 1, 1),
            }
            for each, house in teachers
        ),
    )
    yield "acceptance", (
        {"voucher_id": 90_000_000 + number(each.person), "person_id": number(each.person), "channel": "page",
         "accepted_by_person_id": numbers(TEACHERS, each.value), "accepted_at": EARLY + timedelta(days=41)}
        for each in tied
    )  # fmt: skip


def _exams(town: Town, numbers: Numbers) -> Iterator[tuple[str, Rows]]:
    """Yield batches, examiners, candidates, results, and from where exams and counters were reached."""
    results = town.rows["results"]
    batches: dict[tuple[Any, ...], int] = {}
    for each in results:
        batches.setdefault(_batch_of(each), len(batches) + 1)
    yield "exam_batch", (
        {"id": batch, "institution_id": numbers(EVALUATORS, key[0]), "region_code": REGION,
         "trade_code": key[1], "level": int(key[2]), "exam_on": day(key[3]), "thing": "batch",
         "state": "published"}
        for key, batch in batches.items()
    )  # fmt: skip
    yield "exam_examiner", (
        {"id": batch, "batch_id": batch, "person_id": numbers(EXAMINERS, key[4]), "exam_on": day(key[3])}
        for key, batch in batches.items() if key[4]
    )  # fmt: skip
    of_result = {each.id: batches[_batch_of(each)] for each in results}
    seats = {(each.class_id, each.person): number(each.id) for each in town.rows["places"]}
    yield "candidate", (
        {"id": number(each.id), "batch_id": of_result[each.id], "person_id": number(each.person),
         "voucher_id": seats.get((each.class_id, each.person), _extra(each)), "attempt": 1}
        for each in results
    )  # fmt: skip
    # who sat an exam sat in a class, whether the town says how much of it or not
    yield "enrolment", (
        {"id": _extra(each), "voucher_id": _extra(each), "person_id": number(each.person),
         "class_id": number(each.class_id)}
        for each in results if (each.class_id, each.person) not in seats
    )  # fmt: skip
    yield "completion", (
        {"id": number(each.id), "voucher_id": number(each.id), "person_id": number(each.person),
         "class_id": number(each.class_id), "hours_attended": each.present_bp, "hours_planned": 10_000}
        for each in town.rows["places"] if each.present_bp is not None
    )  # fmt: skip
    yield "exam_result", (
        {"id": number(each.id), "candidate_id": number(each.id), "revision": 1,
         "skill_hundredths": each.score_hundredths, "passed": each.is_passed, "confirmed_at": EARLY}
        for each in results
    )  # fmt: skip
    yield "network_seen", _networks(town, numbers)


def _batch_of(each: Any) -> tuple[Any, ...]:
    return each.evaluator, each.occupation, each.level, each.sat_on, each.examiner, each.class_id


def _extra(result: Any) -> int:
    return 40_000_000 + number(result.id)


def _networks(town: Town, numbers: Numbers) -> Rows:
    """Yield the doors of exams, the counters that have a network, and those that have another every day."""
    seen, place = set(), 0
    for each in town.rows["results"]:
        if each.network:
            place += 1
            yield _seen(place, "exam", numbers(EVALUATORS, each.evaluator), each.network, each.sat_on,
                        number(each.id))  # fmt: skip
        if each.counter:
            house = number(each.counter) if each.counter[0] == "H" else numbers(EVALUATORS, each.counter)
            seen.add((house, each.network, each.sat_on))
            seen.update((house, f"{back}-{each.network}", each.sat_on - back) for back in range(1, 4))
    for each in town.rows["institutions"]:
        seen.update((number(each.id), each.network, JANUARY + back) for back in range(BACK_DAYS))
    for house, network, on in sorted(seen):
        place += 1
        yield _seen(place, "counter", house, network, on, None)


def _seen(row: int, place: str, house: int, network: str, on: int, candidate: int | None) -> dict[str, Any]:
    return {
        "id": row, "place": place, "institution_id": house, "candidate_id": candidate,
        "network_index": network, "used_on": day(on), "used_at": EARLY,
    }  # fmt: skip


def _origins(town: Town) -> Rows:
    for each in town.rows["vouchers"]:
        if each.accept_device or each.accept_network:
            yield {
                "voucher_id": number(each.id), "act": "accept", "noted_at": moment(each.accepted_at),
                "device": each.accept_device or None, "network": each.accept_network or None,
            }  # fmt: skip


def _reviews(town: Town, numbers: Numbers) -> Iterator[tuple[str, Rows]]:
    """Yield what was signed, which pages were opened before, and which lines the rules left to a hand."""
    approvals = town.rows["approvals"]
    revisions: dict[str, int] = defaultdict(int)

    def signatures() -> Rows:
        for each in approvals:
            revisions[each.claim] += 1
            yield {
                "id": number(each.id), "claim_id": number(each.claim), "revision": revisions[each.claim],
                "step": "review", "decision": "pass", "signed_at": moment(each.signed_at),
                "signer_person_id": numbers(STAFF, each.officer),
            }  # fmt: skip

    def openings() -> Rows:
        seen = set()
        # openings have been written down since before anything was signed
        yield _opening(1, "person", 0, STAFF, None, EARLY - timedelta(days=400))
        for row, each in enumerate(approvals, 2):
            if each.opened_at is not None:
                officer, at = numbers(STAFF, each.officer), moment(each.opened_at)
                if (key := (officer, each.claim, day_of(at))) not in seen:
                    seen.add(key)
                    yield _opening(row, "claim", number(each.claim), officer, None, at)
        for row, each in enumerate(town.rows["look_ups"], len(approvals) + 2):
            if each.is_masked:
                viewer, at = numbers(STAFF, each.viewer), moment(each.at)
                if (key := (viewer, each.person, day_of(at))) not in seen:
                    seen.add(key)
                    yield _opening(row, "person", number(each.person), viewer, number(each.person), at)

    yield "signature", signatures()
    yield "page_opening", openings()
    yield "settlement_line", (
        {"id": number(each.id), "position": number(each.id), "batch_id": 1, "claim_id": number(each.claim),
         "outcome": "manual"}
        for each in approvals if each.is_unopened is not None
    )  # fmt: skip


def _opening(
    row: int, thing: str, object_id: int, by: int, holder: int | None, at: datetime
) -> dict[str, Any]:
    return {
        "id": row, "thing": thing, "object_id": object_id, "opened_by_person_id": by,
        "opened_by_user_id": by, "holder_person_id": holder, "opened_on": day_of(at), "opened_at": at,
    }  # fmt: skip


def _lessons(town: Town) -> Iterator[tuple[str, Rows]]:
    """Yield one lesson with one segment per class, and what pages heard all along saw of who played it."""
    studies = town.rows["studies"]
    first = {each.class_id: number(each.id) for each in reversed(town.rows["sessions"])}
    of_class = {each.class_id: number(each.class_id) for each in studies if each.class_id in first}
    yield "lesson", (
        {"id": lesson, "session_id": first[name], "position": 1, "kind": "video"}
        for name, lesson in of_class.items()
    )  # fmt: skip
    yield "lesson_segment", (
        {"id": lesson, "lesson_id": lesson, "position": 1, "minutes": 10} for lesson in of_class.values()
    )  # fmt: skip
    yield "study", (
        {"id": number(each.id), "segment_id": of_class[each.class_id], "voucher_id": number(each.id),
         "person_id": number(each.person), "started_at": moment(each.started_at),
         "ended_at": moment(each.started_at + each.seconds), "minutes": 10}
        for each in studies
    )  # fmt: skip
    yield "study_focus", (
        {"study_id": number(each.id), "open_minutes": 0, "acts": each.focus_events,
         "ticks": each.seconds // 60, "first_heard_at": moment(each.started_at),
         "heard_at": moment(each.started_at + each.seconds)}
        for each in studies if each.focus_events is not None
    )  # fmt: skip


def _certificates(town: Town) -> Iterator[tuple[str, Rows]]:
    """Yield photographs and answers of the register; the claim it was asked after is that of the town."""
    held = town.rows["certificates"]
    yield (
        "certificate_photo",
        ({"certificate_id": number(each.id), "photo_index": each.photo} for each in held if each.photo),
    )
    absent = [number(each.id) for each in held if each.is_registered == 0]
    yield (
        "claim",
        (
            {"id": 40_000_000 + each, "certificate_id": each, "filed_at": EARLY, "state": "rejected"}
            for each in absent
        ),
    )
    yield (
        "register_look_up",
        ({"id": each, "certificate_id": each, "outcome": "absent", "asked_at": EARLY} for each in absent),
    )
    yield "verification", (
        {"id": number(each.id) * 10 + turn, "certificate_id": number(each.id), "verified": int(turn == tries),
         "person_id": number(each.person)}
        for each in held if (tries := each.tries) is not None
        for turn in range(tries + 1)
    )  # fmt: skip


def _calls(town: Town) -> Iterator[tuple[str, Rows]]:
    said = {"confirmed": "confirmed", "denied": "doubted", "silent": "unreachable"}
    called = town.rows["contacts"]
    draws = {each.class_id: number(each.class_id) for each in called}
    yield "phone_draw", (
        {"id": draw, "class_id": draw, "drawn_at": EARLY} for draw in draws.values()
    )  # fmt: skip
    yield "phone_draw_entry", (
        {"id": number(each.id), "draw_id": draws[each.class_id], "position": number(each.id),
         "voucher_id": number(each.id), "person_id": number(each.person), "outcome": said[each.answer]}
        for each in called
    )  # fmt: skip


def _looks(town: Town, numbers: Numbers) -> Iterator[tuple[str, Rows]]:
    """Yield checks at counters and looks at names by staff."""
    looked = town.rows["look_ups"]
    vouchers = {each.person: number(each.id) for each in town.rows["vouchers"]}
    yield "scan", (
        {"id": number(each.id), "act": "check", "institution_id": number(each.institution),
         "voucher_id": vouchers.get(each.person), "code": None if each.is_hit else "missing",
         "scanned_at": moment(each.at), "scanned_by_person_id": numbers(STAFF, each.viewer)}
        for each in looked if each.institution
    )  # fmt: skip
    yield "audit_row", (
        {"id": number(each.id), "act": "look_unmasked", "thing": "person", "object_id": number(each.person),
         "actor_person_id": numbers(STAFF, each.viewer), "at": moment(each.at)}
        for each in looked if not each.institution and not each.is_masked
    )  # fmt: skip


def _lists(town: Town) -> Iterator[tuple[str, Rows]]:
    """Yield a list of each kind: what excludes, what was paid elsewhere, accounts, money back, answers."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in town.rows["outside"]:
        if each.kind in LISTED and not each.claim:
            until = None if each.until_on is None else day(each.until_on)
            rows[LISTED[each.kind]].append(
                {"blind_index": each.person, "since": day(each.since_on), "until": until}
            )
    for each in town.rows["history"]:
        kind = "certificate" if each.kind == "certificate" else "paid"
        rows[kind].append({"blind_index": each.person, "since": day(each.on), "trade_code": each.occupation,
                           "level": int(each.level), "subsidy": each.kind})  # fmt: skip
    for each in town.rows["links"]:
        if each.kind in LINKED:
            rows["contacts"].append({"blind_index": each.person, LINKED[each.kind]: each.value})
    for each in town.rows["backflows"]:
        rows["backflow"].append({"blind_index": each.person, "since": day_of(moment(each.paid_at)),
                                 "house_code": each.institution, "amount_fen": each.amount_fen})  # fmt: skip
    for each in town.rows["results"]:
        if each.answers:
            rows["answers"].append({"blind_index": each.person, "since": day(each.sat_on),
                                    "answers": each.answers, "trade_code": each.occupation,
                                    "level": int(each.level)})  # fmt: skip
    numbered = {kind: place for place, kind in enumerate(sorted(rows), 1)}
    yield "audit_list", (
        {"id": row, "kind": kind, "region_code": REGION, "source": "名单", "as_of": day(DECEMBER),
         "keep_until": FAR_ON, "imported_at": EARLY, "sha256": kind}
        for kind, row in numbered.items()
    )  # fmt: skip
    yield "audit_list_row", (
        {"list_id": row, "line": line, "name_index": "-", **dict.fromkeys(CELLS), **said}
        for kind, row in numbered.items()
        for line, said in enumerate(rows[kind], 1)
    )  # fmt: skip


def is_told(planted: Planted) -> bool:
    """Return whether what was planted can show in the tables at all."""
    return planted.rule not in UNTOLD
