"""Facts of claims and money: claims, what was paid elsewhere, reviews, payee accounts changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session as Reading

from voucher.rules.risk.facts import Approval, Claim, History, OutsideFact, PayeeChange
from voucher.stages.oversee.risk.facts.asking import Window, day, name, seconds, stream
from voucher.stages.oversee.risk.facts.listing import OF_STUDENTS

SKILL = "skill_upgrade"
# a line about which the rules say something, as its findings are kept
CAUTION = '%"mark":"!"%'


def read_claims(session: Reading, window: Window) -> Iterator[Claim]:
    """Yield the claims on vouchers filed in a window, with days of the class, review limit and budget year.

    Bonuses are left out: each rests on a hire, an award or an agreement, of which a person may have several.
    """
    sql = """SELECT c.id, c.person_id, c.institution_id, r.class_id, c.kind, c.trade_code, c.level,
            c.amount_fen, c.filed_at, t.starts_on, t.ends_on, b.year,
            (SELECT min(a.minimum_fen) FROM amount_band a
             WHERE a.minimum_fen > 0 AND a.since <= c.filed_on AND (a.until IS NULL OR a.until >= c.filed_on)
            ) AS limit_fen
        FROM claim c JOIN budget b ON b.id = c.budget_id
        LEFT JOIN redemption r ON r.voucher_id = c.voucher_id AND r.reversed_at IS NULL
        LEFT JOIN training_class t ON t.id = r.class_id
        WHERE c.filed_at >= :since AND c.filed_at < :until AND c.state NOT IN ('withdrawn','rejected')
          AND c.basis_id IS NULL
        ORDER BY c.id"""
    for each in stream(session, sql, window, moments=("filed_at",), days=("starts_on", "ends_on")):
        yield Claim(
            name(each.id), name(each.person_id), name(each.institution_id), name(each.class_id), each.kind,
            each.trade_code, str(each.level), each.amount_fen or 0, seconds(each.filed_at) or 0,
            day(each.starts_on), day(each.ends_on), each.limit_fen, day(date(each.year, 1, 1)),
            day(date(each.year, 12, 31)),
        )  # fmt: skip


def read_history(session: Reading, window: Window) -> Iterator[History]:
    """Yield what was paid for a skill already by other departments' word, and certificates of this house.

    Of the people who claim; a certificate that was revoked, or only says that a training is over, is none.
    """
    sql = """SELECT k.id, k.person_id, k.trade_code, k.level, k.issued_on, i.name
        FROM certificate k JOIN institution i ON i.id = k.institution_id
        WHERE k.state <> 'revoked' AND k.kind <> 'training_completion'
          AND EXISTS (SELECT 1 FROM claim c WHERE c.person_id = k.person_id
                      AND c.filed_at >= :since AND c.filed_at < :until) ORDER BY k.id"""
    for each in stream(session, sql, window, days=("issued_on",)):
        yield History(
            f"certificate-{each.id}", name(each.person_id), "certificate", each.trade_code, str(each.level),
            day(each.issued_on) or 0, each.name,
        )  # fmt: skip
    for each in _stream_believed(session, window):
        if each.kind == SKILL and each.trade_code is not None and each.level is not None:
            yield History(
                name(each.id), name(each.person_id), "training", each.trade_code, str(each.level),
                day(each.since) or 0, each.system or "部门核验",
            )  # fmt: skip


def read_outside(session: Reading, window: Window) -> Iterator[OutsideFact]:
    """Yield what excludes, as other departments answered, of the people who claim."""
    for each in _stream_believed(session, window):
        if each.kind != SKILL:
            yield OutsideFact(
                _id_of(each), name(each.person_id), each.kind, day(each.since) or 0, day(each.until),
                name(each.claim_id), each.system or "",
            )  # fmt: skip


def _id_of(answer: Any) -> str:
    return name(answer.id) if answer.claim_id is None else f"{answer.id}-{answer.claim_id}"


def _stream_believed(session: Reading, window: Window) -> Iterator[Any]:
    """Yield what holds of the people who claim by the newest answer of each kind, as the registry reads it.

    What a system said of a number that never was the person's spoke of somebody else, and is left out. That
    somebody studies comes once for each claim that is not on a voucher for students.
    """
    sql = f"""WITH told AS (
            SELECT a.id, a.person_id, a.kind, a.held, a.trade_code, a.level, a.since, a.until, a.system,
                a.told_at
            FROM outside_answer a
            WHERE a.kind IN ('skill_upgrade','deceased','pension','student')
              AND EXISTS (SELECT 1 FROM claim c
                          WHERE c.person_id = a.person_id AND c.filed_at >= :since AND c.filed_at < :until)
              AND (a.verified_by_person_id IS NOT NULL OR NOT EXISTS (
                SELECT 1 FROM number_correction n WHERE n.person_id = a.person_id AND n.kind = 'wrong'
                  AND n.approved = 1 AND n.decided_at >= a.told_at))
        ), newest AS (SELECT max(id) AS id FROM told GROUP BY person_id, kind)
        SELECT t.id, t.person_id, t.kind, t.trade_code, t.level, t.since, t.until, t.system,
            c.id AS claim_id
        FROM told t JOIN told l ON l.person_id = t.person_id AND l.kind = t.kind AND l.told_at = t.told_at
        JOIN newest w ON w.id = l.id
        LEFT JOIN claim c ON t.kind = 'student' AND c.person_id = t.person_id
            AND c.filed_at >= :since AND c.filed_at < :until
        LEFT JOIN voucher v ON v.id = c.voucher_id
        WHERE t.held = 1 AND t.since IS NOT NULL AND (t.kind <> 'student' OR NOT {OF_STUDENTS})
        ORDER BY t.id, c.id"""  # noqa: S608 — words of our own
    yield from stream(session, sql, window, days=("since", "until"))


def read_approvals(session: Reading, window: Window) -> Iterator[Approval]:
    """Yield the reviews signed in a window, each with another hand on the same claim, and when it was opened.

    A claim was open from the first time its signer opened its own page since signing it last. Who signs the
    lines of a batch from the page of the batch, as is lawful where the rules passed them, looked once: the
    first signature of that batch says when it was opened, the others say nothing. Of a claim the rules left
    to a hand it is said whether neither page was opened, since openings are written down at all.
    """
    opened = """(SELECT min(w.opened_at) FROM page_opening w
             WHERE w.opened_by_person_id = s.signer_person_id AND w.thing = '{thing}'
               AND w.object_id = {object} AND w.opened_at <= s.signed_at{since})"""
    own = opened.format(
        thing="claim", object="s.claim_id",
        since=""" AND NOT EXISTS (SELECT 1 FROM signature p
                WHERE p.claim_id = s.claim_id AND p.signer_person_id = s.signer_person_id
                  AND p.id < s.id AND p.signed_at >= w.opened_at)""",
    )  # fmt: skip
    whole = opened.format(thing="batch", object="c.batch_id", since="")
    sql = f"""SELECT s.id, s.claim_id, s.signer_person_id, c.institution_id, c.batch_id, s.signed_at,
            {own} AS opened_at, {whole} AS batch_opened_at,
            CASE WHEN s.signed_at >= (SELECT min(f.opened_at) FROM page_opening f)
                AND EXISTS (SELECT 1 FROM settlement_line l WHERE l.claim_id = s.claim_id
                    AND (l.outcome = 'manual' OR l.findings LIKE '{CAUTION}')) THEN 1 ELSE 0 END AS by_hand,
            (SELECT min(o.signer_person_id) FROM signature o
             WHERE o.claim_id = s.claim_id AND o.signer_person_id <> s.signer_person_id) AS partner
        FROM signature s JOIN claim c ON c.id = s.claim_id
        WHERE s.signed_at >= :since AND s.signed_at < :until ORDER BY s.id"""  # noqa: S608 — constants
    looked: set[tuple[int, int]] = set()
    for each in stream(session, sql, window, moments=("signed_at", "opened_at", "batch_opened_at")):
        opened_at, batch = each.opened_at, (each.signer_person_id, each.batch_id)
        is_unopened = int(opened_at is None and each.batch_opened_at is None) if each.by_hand else None
        if opened_at is None and each.batch_opened_at is not None and batch not in looked:
            looked.add(batch)
            opened_at = each.batch_opened_at
        yield Approval(
            name(each.id), name(each.claim_id), name(each.signer_person_id), name(each.partner),
            name(each.institution_id), seconds(opened_at), seconds(each.signed_at) or 0, is_unopened,
        )  # fmt: skip


def read_payee_changes(session: Reading, window: Window) -> Iterator[PayeeChange]:
    """Yield accounts that replaced another, with all claims approved before and the first payment after."""
    sql = """SELECT p.id, p.institution_id, p.confirmed_at, c.id AS claim_id, e.at AS approved_at,
            (SELECT min(f.released_at) FROM payment_line l JOIN payment_file f ON f.id = l.payment_file_id
             WHERE l.payee_account_id = p.id AND f.released_at >= p.confirmed_at) AS paid_at
        FROM payee_account p
        LEFT JOIN (claim c JOIN state_event e
                   ON e.object_id = c.id AND e.thing = 'claim' AND e.event = 'approve')
          ON c.institution_id = p.institution_id AND c.state = 'approved' AND e.at < p.confirmed_at
        WHERE p.confirmed_at >= :since AND p.confirmed_at < :until AND EXISTS (
            SELECT 1 FROM payee_account q
            WHERE q.institution_id = p.institution_id AND q.id < p.id AND q.confirmed_at IS NOT NULL)
        ORDER BY p.id, c.id"""
    rows = stream(session, sql, window, moments=("confirmed_at", "approved_at", "paid_at"))
    for _, held in groupby(rows, key=lambda each: each.id):
        lines = list(held)
        first, approved = lines[0], [each.approved_at for each in lines if each.approved_at is not None]
        claims = dict.fromkeys(name(each.claim_id) for each in lines)
        yield PayeeChange(
            name(first.id), name(first.institution_id), seconds(first.confirmed_at) or 0,
            seconds(max(approved, default=None)), seconds(first.paid_at), " ".join(claims),
        )  # fmt: skip
