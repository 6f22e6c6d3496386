"""Facts of people at counters and desks: vouchers, phones they share, look-ups, scores, certificates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session as Reading

from voucher.ledger.audit import LOOKS
from voucher.plumbing.clock import day_of
from voucher.rules.actor import Role
from voucher.rules.risk.facts import Certificate, Institution, Link, LookUp, Result, Voucher
from voucher.stages.assess.queries.published import find_published_exams
from voucher.stages.oversee.risk.facts import listing
from voucher.stages.oversee.risk.facts.asking import Window, day, name, seconds, stream

ASKED_DAYS = "SELECT max(CAST(value AS INTEGER)) FROM parameter WHERE name = 'risk_insider_days'"
# whose duty it is to look, at whomever
LOOKING = ",".join(repr(str(each)) for each in (Role.SUPERVISOR, Role.AUDITOR))
# what was taken on a browser two hands had named a public terminal, before that lapsed or ended
AT_TERMINAL = """EXISTS (SELECT 1 FROM public_terminal t WHERE t.browser = o.device
                AND t.confirmed_at IS NOT NULL AND t.named_at <= o.noted_at AND t.lapses_at > o.noted_at
                AND (t.ended_at IS NULL OR t.ended_at > o.noted_at))"""


def read_institutions(session: Reading, window: Window) -> Iterator[Institution]:
    """Yield the institutions, with the first day each stood on a list and the network of its counters."""
    usual = find_usual_networks(session, window)
    sql = """SELECT i.id, i.region_code, i.since FROM institution i ORDER BY i.id"""
    for each in stream(session, sql, window, days=("since",)):
        yield Institution(name(each.id), each.region_code, day(each.since), usual.get(each.id, ""))


def find_usual_networks(session: Reading, window: Window) -> dict[int, str]:
    """Return from which network an institution redeems: on most of its days, on more than one, it alone.

    What two institutions redeem from is no office of either: a market hall, a gateway of telephones.
    """
    rows = _read_counters(session, window)
    days = Counter((house, network) for house, network, _ in rows)
    whole, shared = Counter(house for house, _, _ in rows), Counter(network for _, network in days)
    return {
        house: network[: listing.DIGEST]
        for (house, network), count in days.items()
        if count > 1 and 2 * count > whole[house] and shared[network] == 1
    }


def _find_counters(session: Reading, window: Window) -> dict[tuple[str, int], str]:
    """Return whose counter redeemed from a network on a day, where its network is another every few days.

    By the digest as facts say it and the day. Only what no other institution redeemed from at any time: a
    gateway of telephones is nobody's. Whose office is known is looked for there, not where a scanner was
    taken along to.
    """
    usual, rows = find_usual_networks(session, window), _read_counters(session, window)
    houses: dict[str, set[int]] = defaultdict(set)
    for house, network, _ in rows:
        houses[network].add(house)
    return {
        (network[: listing.DIGEST], day(used_on) or 0): name(house)
        for house, network, used_on in rows
        if house not in usual and len(houses[network]) == 1
    }


def _read_counters(session: Reading, window: Window) -> list[tuple[int, str, date]]:
    """Return from which network which counter redeemed, a row a day."""
    sql = """SELECT n.institution_id, n.network_index, n.used_on FROM network_seen n
        WHERE n.place = 'counter' AND n.used_on >= :first_on AND n.used_on <= :last_on
        ORDER BY n.institution_id, n.network_index, n.used_on"""
    rows = stream(session, sql, window, days=("used_on",))
    return [(each.institution_id, each.network_index, each.used_on) for each in rows]


def read_vouchers(session: Reading, window: Window) -> Iterator[Voucher]:
    """Yield the vouchers accepted or redeemed in a window; who accepted for another is an agent.

    A device is a browser's digest where it keeps the cookie; where not, acceptance says nothing of one, and
    a redemption the name of its scanner. A public terminal's say nothing of one either while it was named as
    such by two hands; the network stays."""
    sql = f"""SELECT a.voucher_id, a.person_id, a.accepted_by_person_id, a.accepted_at, r.institution_id,
            r.class_id, coalesce(u.device, r.device) AS device, r.redeemed_at,
            CASE WHEN {AT_TERMINAL} THEN NULL ELSE o.device END AS accept_device, o.network AS accept_network
        FROM acceptance a
        LEFT JOIN redemption r ON r.voucher_id = a.voucher_id AND r.reversed_at IS NULL
        LEFT JOIN voucher_origin o ON o.voucher_id = a.voucher_id AND o.act = 'accept'
        LEFT JOIN voucher_origin u ON u.voucher_id = a.voucher_id AND u.act = 'redeem'
            AND u.noted_at = r.redeemed_at
        WHERE (a.accepted_at >= :since AND a.accepted_at < :until)
           OR (r.redeemed_at >= :since AND r.redeemed_at < :until) ORDER BY a.voucher_id"""  # noqa: S608 — constants
    for each in stream(session, sql, window, moments=("accepted_at", "redeemed_at")):
        helper = each.accepted_by_person_id
        yield Voucher(
            name(each.voucher_id), name(each.person_id), name(each.institution_id), name(each.class_id),
            "" if helper == each.person_id else name(helper), each.accept_device or "",
            each.accept_network or "", seconds(each.accepted_at) or 0, each.device or "",
            seconds(each.redeemed_at), int(each.accepted_at < window.since),
        )  # fmt: skip


def read_links(session: Reading, window: Window) -> Iterator[Link]:
    """Yield phones and browsers of holders, and the families of 亲情代办; values are digests only."""
    phones = """SELECT DISTINCT p.id, p.mobile_index
        FROM person p JOIN voucher v ON v.holder_person_id = p.id
        WHERE p.mobile_index IS NOT NULL AND v.issued_at >= :since AND v.issued_at < :until ORDER BY p.id"""
    for each in stream(session, phones, window):
        yield Link(f"phone-{each.id}", name(each.id), "phone", each.mobile_index[:16])
    devices = """SELECT DISTINCT m.person_id, m.browser FROM attendance_mark m
        WHERE m.browser IS NOT NULL AND m.marked_at >= :since AND m.marked_at < :until
        ORDER BY m.person_id, m.browser"""
    for each in stream(session, devices, window):
        value = each.browser[:16]
        yield Link(f"device-{each.person_id}-{value}", name(each.person_id), "device", value)
    families = """SELECT c.id, c.principal_person_id, c.helper_person_id FROM consent c
        WHERE c.way <> 'counter' ORDER BY c.id"""
    for each in stream(session, families, window):
        for person in (each.principal_person_id, each.helper_person_id):
            yield Link(f"family-{each.id}-{person}", name(person), "family", name(each.helper_person_id))


def read_look_ups(session: Reading, window: Window) -> Iterator[LookUp]:
    """Yield the checks institutions made at their counters, those that found nothing too, and looks of staff.

    A telephone check is drawn for whoever makes it; a look at a name and number is asked for by oneself.
    Staff may have looked long before anybody redeems: their looks are read from so much earlier.
    """
    checks = """SELECT s.id, s.institution_id, s.scanned_by_person_id, v.holder_person_id, s.code,
            s.scanned_at
        FROM scan s LEFT JOIN voucher v ON v.id = s.voucher_id
        WHERE s.act = 'check' AND s.scanned_at >= :since AND s.scanned_at < :until ORDER BY s.id"""
    for each in stream(session, checks, window, moments=("scanned_at",)):
        yield LookUp(
            name(each.id), name(each.scanned_by_person_id), name(each.institution_id),
            name(each.holder_person_id), int(each.code is None), 1, seconds(each.scanned_at) or 0,
        )  # fmt: skip
    # the longest that was ever asked for: the rule itself goes by what is in force
    days = session.scalar(text(ASKED_DAYS)) or 0
    longer = replace(window, first_on=window.first_on - timedelta(days=days))
    looks = f"""SELECT r.id, r.actor_person_id, r.at, r.act,
            CASE WHEN r.act = 'look_unmasked' THEN r.object_id ELSE v.holder_person_id END AS person_id
        FROM audit_row r LEFT JOIN voucher v ON r.act = 'look_at_phone' AND v.id = r.object_id
        WHERE r.{LOOKS} AND r.act IN ('look_unmasked','look_at_phone')
          AND r.at >= :since AND r.at < :until ORDER BY r.id"""  # noqa: S608 — constants
    for each in stream(session, looks, longer, moments=("at",)):
        yield LookUp(
            f"look-{each.id}", name(each.actor_person_id), "", name(each.person_id), 1,
            int(each.act == "look_at_phone"), seconds(each.at) or 0, 0,
        )  # fmt: skip
    yield from _read_openings(session, longer)


def _read_openings(session: Reading, window: Window) -> Iterator[LookUp]:
    """Yield who of the staff opened the masked pages of a voucher or a person, once a day each.

    It was a duty where something about them waited at the time, where the same hand did something with that
    very voucher or person on the same day, or where looking is all the account is there for.
    """
    acts = f"""FROM audit_row r WHERE r.thing = o.thing AND r.object_id = o.object_id
                AND r.actor_person_id = o.opened_by_person_id AND NOT r.{LOOKS}"""
    held = """FROM role_grant g WHERE g.user_id = o.opened_by_user_id AND g.region_code IS NOT NULL
                AND g.since <= o.opened_on AND (g.until IS NULL OR g.until >= o.opened_on) AND g.role"""
    sql = f"""SELECT o.id, o.opened_by_person_id, o.holder_person_id, o.matter, o.opened_on, o.opened_at,
            (SELECT min(r.at) {acts} AND r.at >= o.opened_at) AS acted_after,
            (SELECT max(r.at) {acts} AND r.at < o.opened_at) AS acted_before,
            CASE WHEN EXISTS (SELECT 1 {held} IN ({LOOKING}))
                  AND NOT EXISTS (SELECT 1 {held} NOT IN ({LOOKING})) THEN 1 ELSE 0 END AS looks_only
        FROM page_opening o WHERE o.thing IN ('voucher','person')
          AND o.holder_person_id <> o.opened_by_person_id
          AND o.opened_at >= :since AND o.opened_at < :until ORDER BY o.id"""  # noqa: S608 — constants
    moments, days = ("opened_at", "acted_after", "acted_before"), ("opened_on",)
    for each in stream(session, sql, window, moments=moments, days=days):
        acted = {day_of(at) for at in (each.acted_after, each.acted_before) if at is not None}
        is_duty = each.matter is not None or each.opened_on in acted or bool(each.looks_only)
        yield LookUp(
            f"opening-{each.id}", name(each.opened_by_person_id), "", name(each.holder_person_id), 1,
            int(is_duty), seconds(each.opened_at) or 0, 1,
        )  # fmt: skip


def read_results(session: Reading, window: Window) -> Iterator[Result]:
    """Yield the newest confirmed score of every candidate of an exam, with answers brought along."""
    sql = """SELECT r.id, d.person_id, b.institution_id AS evaluator_id, b.trade_code, b.level, b.exam_on,
            r.theory_hundredths, r.skill_hundredths, r.passed, e.class_id, t.institution_id,
            (SELECT n.network_index FROM network_seen n WHERE n.candidate_id = d.id) AS network,
            (SELECT min(x.person_id) FROM exam_examiner x WHERE x.batch_id = b.id AND x.removed_at IS NULL)
             AS examiner
        FROM exam_result r JOIN candidate d ON d.id = r.candidate_id JOIN exam_batch b ON b.id = d.batch_id
        LEFT JOIN enrolment e ON e.voucher_id = d.voucher_id AND e.ended_at IS NULL
        LEFT JOIN training_class t ON t.id = e.class_id
        WHERE b.exam_on >= :first_on AND b.exam_on <= :last_on AND r.confirmed_at IS NOT NULL
          AND r.revision = (SELECT max(n.revision) FROM exam_result n
                            WHERE n.candidate_id = r.candidate_id AND n.confirmed_at IS NOT NULL)
        ORDER BY r.id"""
    answers, counters = listing.read_answers(session, window), _find_counters(session, window)
    for each in stream(session, sql, window, days=("exam_on",)):
        said, line = answers.get((each.person_id, each.trade_code, each.level, each.exam_on), ("", ""))
        score = each.skill_hundredths if each.skill_hundredths is not None else each.theory_hundredths
        network, sat_on = (each.network or "")[: listing.DIGEST], day(each.exam_on) or 0
        yield Result(
            name(each.id), name(each.person_id), name(each.class_id),
            name(each.institution_id or each.evaluator_id), name(each.evaluator_id), name(each.examiner),
            each.trade_code, str(each.level), score, int(each.passed or 0), sat_on, said, network, line,
            counters.get((network, sat_on), ""),
        )  # fmt: skip


def read_certificates(session: Reading, window: Window) -> Iterator[Certificate]:
    """Yield the certificates dated in a window, with the exam the same person sat and what the register said.

    Whoever passed none stands with the published exam their certificate names: then more are certified for it
    than passed it. A register may be late: one that has not got a certificate speaks against it only where it
    was asked after money was claimed on it. Every answer before the first good one is a try.
    """
    sql = """SELECT c.id, c.person_id, c.institution_id, c.trade_code, c.level, c.issued_on,
            c.evaluation_batch,
            (SELECT k.outcome FROM register_look_up k WHERE k.certificate_id = c.id
               AND k.outcome IN ('found','absent','other_person')
               AND (k.outcome = 'found' OR EXISTS (
                 SELECT 1 FROM claim m WHERE m.certificate_id = c.id AND m.filed_at <= k.asked_at))
             ORDER BY k.id DESC LIMIT 1) AS registered,
            (SELECT count(*) FROM verification v WHERE v.certificate_id = c.id AND v.verified = 0
               AND v.id < (SELECT min(w.id) FROM verification w
                           WHERE w.certificate_id = c.id AND w.verified = 1)) AS tries,
            (SELECT max(w.verified) FROM verification w WHERE w.certificate_id = c.id) AS verified,
            coalesce(
              (SELECT s.photo_index FROM certificate_photo_restated s WHERE s.certificate_id = c.id
               ORDER BY s.id DESC LIMIT 1),
              (SELECT f.photo_index FROM certificate_photo f WHERE f.certificate_id = c.id)) AS photo,
            (SELECT min(b.exam_on) FROM candidate d JOIN exam_batch b ON b.id = d.batch_id
             JOIN exam_result r ON r.candidate_id = d.id AND r.passed = 1
             WHERE d.person_id = c.person_id AND b.trade_code = c.trade_code AND b.level = c.level
               AND b.institution_id = c.institution_id) AS sat_on
        FROM certificate c WHERE c.issued_on >= :first_on AND c.issued_on <= :last_on ORDER BY c.id"""
    exams = find_published_exams(session)
    for each in stream(session, sql, window, days=("issued_on", "sat_on")):
        named = (each.institution_id, each.trade_code, each.level, each.evaluation_batch)
        yield Certificate(
            name(each.id), name(each.person_id), name(each.institution_id), "", name(each.institution_id),
            each.trade_code, str(each.level), day(each.issued_on) or 0,
            day(each.sat_on or exams.get(named)),
            None if each.registered is None else int(each.registered == "found"),
            (each.photo or "")[: listing.DIGEST],
            int(each.tries) if each.verified else None,
        )  # fmt: skip
