"""All facts of a window together, and the sign-ins of one day with what the daily rules need beside them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session as Reading

from voucher.plumbing.secrets import Keyring
from voucher.rules.risk.data_set import Facts
from voucher.stages.oversee.risk.facts import counting, handing, listing, paying, training, tying
from voucher.stages.oversee.risk.facts.asking import Window


def read_facts(session: Reading, window: Window, keyring: Keyring, *, with_marks: bool = False) -> Facts:
    """Return the facts of a window; sign-ins, which are many, only where they are asked for."""
    return Facts(
        institutions=tuple(counting.read_institutions(session, window)),
        classes=tuple(training.read_classes(session, window)),
        sessions=tuple(training.read_sessions(session, window, keyring)),
        places=tuple(training.read_places(session, window)),
        marks=tuple(training.read_marks(session, window, keyring)) if with_marks else (),
        results=tuple(counting.read_results(session, window)),
        studies=tuple(training.read_studies(session, window)),
        outside=(*paying.read_outside(session, window), *listing.read_listed_outside(session, window)),
        history=(*paying.read_history(session, window), *listing.read_listed_history(session, window)),
        claims=tuple(paying.read_claims(session, window)),
        vouchers=tuple(counting.read_vouchers(session, window)),
        links=(
            *counting.read_links(session, window),
            *listing.read_listed_links(session, window),
            *tying.read_teacher_links(session, window),
        ),
        backflows=tuple(listing.read_backflows(session, window)),
        look_ups=tuple(counting.read_look_ups(session, window)),
        certificates=tuple(counting.read_certificates(session, window)),
        approvals=tuple(paying.read_approvals(session, window)),
        payee_changes=tuple(paying.read_payee_changes(session, window)),
        contacts=tuple(training.read_contacts(session, window)),
        outsiders=tuple(handing.read_outsiders(session, window)),
    )


def read_marks_of_day(session: Reading, facts: Facts, window: Window, keyring: Keyring) -> Facts:
    """Return the same facts with the sign-ins of a few days in place of those they had."""
    return replace(facts, marks=tuple(training.read_marks(session, window, keyring)))
