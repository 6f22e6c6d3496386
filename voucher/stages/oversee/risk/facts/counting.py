"""Facts of people at counters and desks: vouchers, phones they share, look-ups, scores, certificates."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session as Reading

from voucher.ledger.audit import LOOKS
from voucher.rules.risk.facts import Certificate, Institution, Link, LookUp, Result, Voucher
from voucher.stages.oversee.risk.facts import listing
from voucher.stages.oversee.risk.facts.asking import Window, day, name, seconds, stream


def read_institutions(session: Reading, window: Window) -> Iterator[Institution]:
    """Yield the institutions, with the first day each stood on a list."""
    sql = """SELECT i.id, i.region_code, i.since FROM institution i ORDER BY i.id"""
    for each in stream(session, sql, window, days=("since",)):
        yield Institution(name(each.id), each.region_code, day(each.since), "")


def read_vouchers(session: Reading, window: Window) -> Iterator[Voucher]:
    """Yield the vouchers accepted in a window, with redemption; who accepted for another is an agent."""
    sql = """SELECT a.voucher_id, a.person_id, a.accepted_by_person_id, a.accepted_at, r.institution_id,
            r.class_id, r.device, r.redeemed_at
        FROM acceptance a
        LEFT JOIN redemption r ON r.voucher_id = a.voucher_id AND r.reversed_at IS NULL
        WHERE a.accepted_at >= :since AND a.accepted_at < :until ORDER BY a.voucher_id"""
    for each in stream(session, sql, window, moments=("accepted_at", "redeemed_at")):
        helper = each.accepted_by_person_id
        yield Voucher(
            name(each.voucher_id), name(each.person_id), name(each.institution_id), name(each.class_id),
            "" if helper == each.person_id else name(helper), "", "", seconds(each.accepted_at) or 0,
            each.device or "", seconds(each.redeemed_at),
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
    looks = f"""SELECT r.id, r.actor_person_id, r.at, r.act,
            CASE WHEN r.act = 'look_unmasked' THEN r.object_id ELSE v.holder_person_id END AS person_id
        FROM audit_row r LEFT JOIN voucher v ON r.act = 'look_at_phone' AND v.id = r.object_id
        WHERE r.{LOOKS} AND r.act IN ('look_unmasked','look_at_phone')
          AND r.at >= :since AND r.at < :until ORDER BY r.id"""  # noqa: S608 — constants
    for each in stream(session, looks, window, moments=("at",)):
        yield LookUp(
            f"look-{each.id}", name(each.actor_person_id), "", name(each.person_id), 1,
            int(each.act == "look_at_phone"), seconds(each.at) or 0,
        )  # fmt: skip


def read_results(session: Reading, window: Window) -> Iterator[Result]:
    """Yield the newest confirmed score of every candidate of an exam, with answers brought along."""
    sql = """SELECT r.id, d.person_id, b.institution_id AS evaluator_id, b.trade_code, b.level, b.exam_on,
            r.theory_hundredths, r.skill_hundredths, r.passed, e.class_id, t.institution_id,
            (SELECT min(x.person_id) FROM exam_examiner x WHERE x.batch_id = b.id AND x.removed_at IS NULL)
             AS examiner
        FROM exam_result r JOIN candidate d ON d.id = r.candidate_id JOIN exam_batch b ON b.id = d.batch_id
        LEFT JOIN enrolment e ON e.voucher_id = d.voucher_id AND e.ended_at IS NULL
        LEFT JOIN training_class t ON t.id = e.class_id
        WHERE b.exam_on >= :first_on AND b.exam_on <= :last_on AND r.confirmed_at IS NOT NULL
          AND r.revision = (SELECT max(n.revision) FROM exam_result n
                            WHERE n.candidate_id = r.candidate_id AND n.confirmed_at IS NOT NULL)
        ORDER BY r.id"""
    answers = listing.read_answers(session, window)
    for each in stream(session, sql, window, days=("exam_on",)):
        said, line = answers.get((each.person_id, each.trade_code, each.level, each.exam_on), ("", ""))
        score = each.skill_hundredths if each.skill_hundredths is not None else each.theory_hundredths
        yield Result(
            name(each.id), name(each.person_id), name(each.class_id),
            name(each.institution_id or each.evaluator_id), name(each.evaluator_id), name(each.examiner),
            each.trade_code, str(each.level), score, int(each.passed or 0), day(each.exam_on) or 0, said,
            answers_from=line,
        )  # fmt: skip


def read_certificates(session: Reading, window: Window) -> Iterator[Certificate]:
    """Yield the certificates dated in a window, with the exam the same person sat and what the register said.

    A register may be late: one that has not got a certificate speaks against it only where it was asked after
    money was claimed on it. Every answer before the first good one is a try.
    """
    sql = """SELECT c.id, c.person_id, c.institution_id, c.trade_code, c.level, c.issued_on,
            (SELECT k.outcome FROM register_look_up k WHERE k.certificate_id = c.id
               AND k.outcome IN ('found','absent','other_person')
               AND (k.outcome = 'found' OR EXISTS (
                 SELECT 1 FROM claim m WHERE m.certificate_id = c.id AND m.filed_at <= k.asked_at))
             ORDER BY k.id DESC LIMIT 1) AS registered,
            (SELECT count(*) FROM verification v WHERE v.certificate_id = c.id AND v.verified = 0
               AND v.id < (SELECT min(w.id) FROM verification w
                           WHERE w.certificate_id = c.id AND w.verified = 1)) AS tries,
            (SELECT max(w.verified) FROM verification w WHERE w.certificate_id = c.id) AS verified,
            (SELECT min(b.exam_on) FROM candidate d JOIN exam_batch b ON b.id = d.batch_id
             JOIN exam_result r ON r.candidate_id = d.id AND r.passed = 1
             WHERE d.person_id = c.person_id AND b.trade_code = c.trade_code AND b.level = c.level
               AND b.institution_id = c.institution_id) AS sat_on
        FROM certificate c WHERE c.issued_on >= :first_on AND c.issued_on <= :last_on ORDER BY c.id"""
    for each in stream(session, sql, window, days=("issued_on", "sat_on")):
        yield Certificate(
            name(each.id), name(each.person_id), name(each.institution_id), "", name(each.institution_id),
            each.trade_code, str(each.level), day(each.issued_on) or 0, day(each.sat_on),
            None if each.registered is None else int(each.registered == "found"), "",
            int(each.tries) if each.verified else None,
        )  # fmt: skip
