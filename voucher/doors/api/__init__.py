"""JSON under /api/v1: an act that is no plain reading or writing is a noun."""

from __future__ import annotations

from flask import Flask

from voucher.doors.api import oauth, pulse, well_known
from voucher.doors.api.appeals import appeals
from voucher.doors.api.applications import applications
from voucher.doors.api.archives import archives
from voucher.doors.api.attachments import attachments
from voucher.doors.api.awards import awards
from voucher.doors.api.bank_quarantine import bank_quarantine
from voucher.doors.api.batches import batches
from voucher.doors.api.budgets import budgets
from voucher.doors.api.certificates import certificates
from voucher.doors.api.claim_drafts import claim_drafts
from voucher.doors.api.claims import claims
from voucher.doors.api.class_changes import class_changes
from voucher.doors.api.classes import classes
from voucher.doors.api.closings import closings
from voucher.doors.api.colleagues import colleagues
from voucher.doors.api.complaints import complaints
from voucher.doors.api.consents import consents
from voucher.doors.api.corrections import corrections
from voucher.doors.api.counter_devices import counter_devices
from voucher.doors.api.delegations import delegations
from voucher.doors.api.denials import denials
from voucher.doors.api.description import describe
from voucher.doors.api.devices import devices
from voucher.doors.api.dictionaries import dictionaries
from voucher.doors.api.employments import employments
from voucher.doors.api.endings import endings
from voucher.doors.api.exam_arrivals import exam_arrivals
from voucher.doors.api.exam_sites import exam_sites
from voucher.doors.api.examiners import examiners
from voucher.doors.api.exams import exams
from voucher.doors.api.exits import exits
from voucher.doors.api.holds import holds
from voucher.doors.api.inspections import inspections
from voucher.doors.api.institution_filings import institution_filings
from voucher.doors.api.institutions import institutions
from voucher.doors.api.issues import issues
from voucher.doors.api.joins import joins
from voucher.doors.api.lessons import lessons
from voucher.doors.api.marks import marks
from voucher.doors.api.mass_revocations import mass_revocations
from voucher.doors.api.measures import measures
from voucher.doors.api.notices import notices
from voucher.doors.api.number_ranges import number_ranges
from voucher.doors.api.offline import offline
from voucher.doors.api.payees import payees
from voucher.doors.api.payments import payments
from voucher.doors.api.phone_checks import phone_checks
from voucher.doors.api.places import places
from voucher.doors.api.programmes import programmes
from voucher.doors.api.ratings import ratings
from voucher.doors.api.register_uploads import register_uploads
from voucher.doors.api.retention import retention
from voucher.doors.api.rosters import rosters
from voucher.doors.api.sessions import sessions
from voucher.doors.api.standings import standings
from voucher.doors.api.stars import star_ratings
from voucher.doors.api.statements import statements
from voucher.doors.api.subcontracts import subcontracts
from voucher.doors.api.systems import systems
from voucher.doors.api.talents import talents
from voucher.doors.api.tariffs import tariffs
from voucher.doors.api.teaching import teaching
from voucher.doors.api.timetables import timetables
from voucher.doors.api.vouchers import vouchers

ROOMS = (
    sessions,
    budgets,
    closings,
    denials,
    batches,
    claims,
    claim_drafts,
    holds,
    notices,
    payments,
    bank_quarantine,
    statements,
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
