"""JSON under /api/v1: an act that is no plain reading or writing is a noun."""

from __future__ import annotations

from flask import Flask

from voucher.doors.api import oauth, pulse, well_known
from voucher.doors.api.assess.appeals import appeals
from voucher.doors.api.assess.awards import awards
from voucher.doors.api.assess.exam_arrivals import exam_arrivals
from voucher.doors.api.assess.exam_sites import exam_sites
from voucher.doors.api.assess.examiners import examiners
from voucher.doors.api.assess.exams import exams
from voucher.doors.api.certify.archives import archives
from voucher.doors.api.certify.certificates import certificates
from voucher.doors.api.certify.endings import endings
from voucher.doors.api.certify.mass_revocations import mass_revocations
from voucher.doors.api.certify.number_ranges import number_ranges
from voucher.doors.api.certify.register_uploads import register_uploads
from voucher.doors.api.certify.talents import talents
from voucher.doors.api.description import describe
from voucher.doors.api.issue.applications import applications
from voucher.doors.api.issue.attachments import attachments
from voucher.doors.api.issue.consents import consents
from voucher.doors.api.issue.devices import devices
from voucher.doors.api.issue.issues import issues
from voucher.doors.api.issue.programmes import programmes
from voucher.doors.api.issue.rosters import rosters
from voucher.doors.api.issue.standings import standings
from voucher.doors.api.issue.vouchers import vouchers
from voucher.doors.api.oversee.complaints import complaints
from voucher.doors.api.oversee.holds import holds
from voucher.doors.api.oversee.joins import joins
from voucher.doors.api.oversee.measures import measures
from voucher.doors.api.oversee.retention import retention
from voucher.doors.api.oversee.stars import star_ratings
from voucher.doors.api.registry.colleagues import colleagues
from voucher.doors.api.registry.corrections import corrections
from voucher.doors.api.registry.counter_devices import counter_devices
from voucher.doors.api.registry.delegations import delegations
from voucher.doors.api.registry.dictionaries import dictionaries
from voucher.doors.api.registry.employments import employments
from voucher.doors.api.registry.exits import exits
from voucher.doors.api.registry.institution_filings import institution_filings
from voucher.doors.api.registry.institutions import institutions
from voucher.doors.api.registry.systems import systems
from voucher.doors.api.registry.tariffs import tariffs
from voucher.doors.api.sessions import sessions
from voucher.doors.api.settle.bank_quarantine import bank_quarantine
from voucher.doors.api.settle.batches import batches
from voucher.doors.api.settle.bonuses import bonuses
from voucher.doors.api.settle.budgets import budgets
from voucher.doors.api.settle.claim_drafts import claim_drafts
from voucher.doors.api.settle.claims import claims
from voucher.doors.api.settle.closings import closings
from voucher.doors.api.settle.denials import denials
from voucher.doors.api.settle.ledger_exports import ledger_exports
from voucher.doors.api.settle.notices import notices
from voucher.doors.api.settle.payees import payees
from voucher.doors.api.settle.payments import payments
from voucher.doors.api.settle.restored_payments import restored_payments
from voucher.doors.api.settle.statements import statements
from voucher.doors.api.train.class_changes import class_changes
from voucher.doors.api.train.classes import classes
from voucher.doors.api.train.inspections import inspections
from voucher.doors.api.train.intake_denials import intake_denials
from voucher.doors.api.train.intakes import intakes
from voucher.doors.api.train.lessons import lessons
from voucher.doors.api.train.marks import marks
from voucher.doors.api.train.offline import offline
from voucher.doors.api.train.phone_checks import phone_checks
from voucher.doors.api.train.places import places
from voucher.doors.api.train.ratings import ratings
from voucher.doors.api.train.subcontracts import subcontracts
from voucher.doors.api.train.teaching import teaching
from voucher.doors.api.train.timetables import timetables

ROOMS = (
    sessions,
    budgets,
    closings,
    denials,
    batches,
    claims,
    claim_drafts,
    bonuses,
    holds,
    notices,
    payments,
    restored_payments,
    bank_quarantine,
    statements,
    ledger_exports,
    delegations,
    payees,
    corrections,
    dictionaries,
    tariffs,
    programmes,
    issues,
    rosters,
    vouchers,
    devices,
    consents,
    standings,
    applications,
    attachments,
    institutions,
    exits,
    measures,
    institution_filings,
    colleagues,
    counter_devices,
    systems,
    classes,
    intakes,
    intake_denials,
    places,
    offline,
    joins,
    lessons,
    marks,
    teaching,
    class_changes,
    timetables,
    inspections,
    phone_checks,
    ratings,
    complaints,
    star_ratings,
    subcontracts,
    retention,
    exam_arrivals,
    exams,
    appeals,
    examiners,
    exam_sites,
    employments,
    certificates,
    register_uploads,
    mass_revocations,
    number_ranges,
    archives,
    talents,
    awards,
    endings,
)


def install(app: Flask) -> None:
    """Open the API, described by /api/openapi.json."""
    pulse.install(app)
    well_known.install(app)
    oauth.install(app)
    described = describe(app)
    for room in ROOMS:
        described.register_blueprint(room)
