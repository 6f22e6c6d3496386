"""Assembles the house: nothing below imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask

from voucher.config import Config, read_config
from voucher.demo.seed import read_accounts
from voucher.doors import api, errors, web
from voucher.doors.auth import access, bearers, door, outside, register, shield, single_sign_on, visitors
from voucher.doors.auth.door import Door, DoorLimits
from voucher.ledger.anchor_mail import post_by_mail
from voucher.ledger.races import RACES
from voucher.ledger.sealing import CHECKPOINT_EVERY
from voucher.plumbing.clock import clock_of, day_of
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.handling import Jobs
from voucher.plumbing.jobs import Patience
from voucher.plumbing.outbox import Carrier, deliver_due
from voucher.plumbing.queues import make_queue
from voucher.plumbing.reaching import Messenger
from voucher.plumbing.schema import check_current
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.sms import HttpSms, SmsPort
from voucher.plumbing.unit_of_work import Work, perform
from voucher.plumbing.workers import Periodic, Worker
from voucher.registry import letters
from voucher.registry.access.passwords import HASHER
from voucher.registry.mailbox import Mailbox
from voucher.registry.outside.asking import AT_THE_COUNTER, Outside
from voucher.registry.systems import webhook_carrying, webhooks
from voucher.registry.users import CLOCK_LOGIN, load_actor
from voucher.rules.actor import Actor
from voucher.stages.assess.appeals.closing import close_due as close_due_appeals
from voucher.stages.assess.appeals.closing import pass_on_due
from voucher.stages.assess.lapse import lapse_due, pass_due
from voucher.stages.certify.asking import Registers
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.awaiting import list_awaiting_register
from voucher.stages.certify.own_staff import ask_staff_due
from voucher.stages.certify.queries import read_word_since
from voucher.stages.issue import dry_run, going_on
from voucher.stages.issue.applications.deciding import lapse_applications
from voucher.stages.issue.applications.keeping import sweep_attachments
from voucher.stages.issue.carrying_on import work_as_job
from voucher.stages.issue.ending import expire_due
from voucher.stages.issue.programmes import close_due_programmes
from voucher.stages.issue.questions import leave_questions
from voucher.stages.issue.reminding import remind_due
from voucher.stages.issue.running import JOB_KIND, open_desk
from voucher.stages.issue.signing import end_due_credentials, mark_held_credentials
from voucher.stages.issue.waiting import serve_due_waiting
from voucher.stages.oversee import forgetting
from voucher.stages.oversee.archive.recalling import end_due as end_archive_credentials
from voucher.stages.oversee.handover import making
from voucher.stages.oversee.handover.keeping import forget_exports
from voucher.stages.oversee.joins.forgetting import forget_joined
from voucher.stages.oversee.joins.undoing import undo_withdrawn
from voucher.stages.oversee.keys import publish_status, rotate_due_keys
from voucher.stages.oversee.measures.finishing import finish_due_measures
from voucher.stages.oversee.privacy.keeping_outside import look_outside, seal_and_keep
from voucher.stages.oversee.quality.crediting import score_due_credits
from voucher.stages.oversee.retention import carrying_out as retention
from voucher.stages.oversee.retention.resuming import resume_runs
from voucher.stages.oversee.risk.raising import raise_due_flags
from voucher.stages.oversee.statistics.refresh import refresh_statistics
from voucher.stages.oversee.telling import tell_due
from voucher.stages.settle.clawback import open_due_clawbacks
from voucher.stages.settle.notice import close_due_notices
from voucher.stages.settle.queries.to_pay import list_certificates_to_pay
from voucher.stages.settle.voucher_ends import close_due_vouchers, decertify_due
from voucher.stages.settle.waiting import serve_due_queues
from voucher.stages.train import exits, focusing, positions, scopes
from voucher.stages.train.running import close_due_classes, start_due_classes

FRONTEND = Path(__file__).resolve().parents[1] / "static" / "dist"
TEMPLATES = Path(__file__).resolve().parent / "doors" / "web" / "templates"
SEAL_SECONDS, DELIVER_SECONDS, TELLERS = 2, 1, 2
JOB_SECONDS, JOB_PATIENCE, DUE_SECONDS = 3, Patience(queued=timedelta(seconds=2)), 60
# done so many at a time, each portion in a transaction of its own, until none is left
IN_PORTIONS = frozenset(("remind_holders", "expire_vouchers", "sweep_attachments")) | {
    *("end_credentials", "freeze_credentials", "forget_answers", "forget_looks", "resend_tellings"),
    *("forget_attempts", "forget_traces", "forget_positions", "forget_lists", "refresh_statistics"),
    *("undo_lists", "ask_scopes", "forget_focus"),
}
# what the clock does, in the order of a voucher's life; released money goes to the head of each queue
DUE_ACTS: tuple[tuple[str, Callable[[Work], int]], ...] = (
    ("close_programmes", close_due_programmes),
    ("remind_holders", remind_due),
    ("expire_vouchers", expire_due),
    ("lapse_applications", lapse_applications),
    ("sweep_attachments", sweep_attachments),
    ("leave_questions", leave_questions),
    ("ask_own_staff", ask_staff_due),
    ("start_classes", start_due_classes),
    ("pass_vouchers", pass_due),
    # before a day for a certificate passes: appeals wait, the last day is in time, registers may be late
    ("pass_on_appeals", pass_on_due),
    ("close_appeals", close_due_appeals),
    ("attach_proofs", attach_proofs),
    ("lapse_vouchers", partial(lapse_due, spare=list_awaiting_register)),
    ("close_notices", close_due_notices),
    ("decertify_vouchers", decertify_due),
    ("open_clawbacks", open_due_clawbacks),
    ("close_vouchers", close_due_vouchers),
    ("close_classes", close_due_classes),
    ("finish_measures", finish_due_measures),
    ("end_exits", exits.end_due_exits),
    ("score_credits", score_due_credits),
    ("serve_claims", serve_due_queues),
    ("serve_issues", serve_due_waiting),
    ("resume_rosters", going_on.go_on_due),
    # after everything that ends or moves a voucher
    ("end_credentials", end_due_credentials),
    ("end_archive_credentials", end_archive_credentials),
    ("freeze_credentials", mark_held_credentials),
    ("rotate_keys", rotate_due_keys),
    ("publish_status", publish_status),
    ("forget_answers", forgetting.forget_old_answers),
    ("forget_looks", forgetting.forget_old_looks),
    ("forget_attempts", forgetting.forget_old_attempts),
    ("undo_lists", undo_withdrawn),
    ("ask_scopes", scopes.ask_due_scopes),
    ("forget_traces", forgetting.forget_old_traces),
    ("forget_positions", positions.forget_positions),
    ("forget_focus", focusing.forget_focus),
    ("forget_lists", forget_joined),
    ("resume_retention", resume_runs),
    ("resend_tellings", webhooks.resend_due),
    ("refresh_statistics", refresh_statistics),
)


class House(Flask):
    """The application: no view, hook or handler of it is a coroutine, so none is asked whether it is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func


def create_app(
    config: Config,
    database: Database,
    keyring: Keyring,
    clock: Callable[[], datetime],
    *,
    hasher: PasswordHasher = HASHER,
    limits: DoorLimits | None = None,
    frontend: Path = FRONTEND,
) -> Flask:
    """Return the web application over one database, one key ring and one clock.

    Raises Refused frontend_missing.
    """
    app = House("voucher", static_folder=None, template_folder=str(TEMPLATES))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Chinese stays readable
    opened = Door(
        config=config,
        database=database,
        keyring=keyring,
        clock=clock,
        hasher=hasher,
        limits=limits or DoorLimits(),
    )
    door.install(app, opened)
    visitors.install(app)
    asker = Outside(database, keyring, token=config.outside_token or None, patience=AT_THE_COUNTER)
    outside.install(app, asker)
    registers = Registers(database, keyring, token=config.outside_token or None, patience=AT_THE_COUNTER)
    register.install(app, registers)
    # in this order a request is looked at: headers and rates, the bearer, the access matrix, the form token
    shield.install(app, opened)
    bearers.install(app)
    access.install(app)
    shield.install_csrf_guard(app)
    errors.install(app)
    single_sign_on.install(app, opened)
    api.install(app)
    web.install(app, frontend)
    if config.demo:
        app.config["DEMO_ACCOUNTS"] = read_accounts(config.data_folder)
    return app


def open_app(environment: Mapping[str, str]) -> Flask:
    """Return the application an environment asks for; its background work runs elsewhere.

    Raises Refused schema_not_current, database_unreachable, keys_missing, frontend_missing.
    """
    config = read_config(environment)
    database = Database(config.database_url)
    check_current(database)
    keyring = Keyring.open(config.key_file, create=False)
    look_outside(database, keyring, now := clock_of(database.engine), config.anchor_file)
    return create_app(config, database, keyring, now)


def choose_carriers(
    config: Config, database: Database, keyring: Keyring, clock: Callable[[], datetime]
) -> dict[str, Carrier]:
    """Return what carries the letters of the outbox: a provider, the demonstration's mailbox, or nobody."""
    if not config.has_sms:
        return {}
    port: SmsPort = Mailbox(database, keyring, clock)
    if config.sms_url is not None:
        port = HttpSms(config.sms_url, config.sms_token)
    return {letters.TOPIC: letters.carry_by(database, keyring, port)}


def ask_register_due(registers: Registers, database: Database, keeper: Actor, at: datetime) -> int:
    """Ask the register about everything approved and everything nobody confirmed; how many it answered."""
    with database.read() as session:
        since = read_word_since(session, at)
    return registers.ask_due(keeper, at, since, list_certificates_to_pay)


def list_own_acts(
    database: Database, keyring: Keyring, keeper: Callable[[], Actor], clock: Callable[[], datetime]
) -> tuple[Periodic, ...]:
    """Return what reads first and opens its own transactions: telling systems, and the daily risk rules."""
    return (
        Periodic("tell_systems", SEAL_SECONDS, lambda: tell_due(database, keyring, keeper, clock)),
        Periodic("raise_risk_flags", DUE_SECONDS, lambda: raise_due_flags(database, keyring, keeper, clock)),
    )


def make_sealer(
    config: Config,
    database: Database,
    keyring: Keyring,
    keeper: Callable[[], Actor],
    clock: Callable[[], datetime],
) -> Callable[[], int]:
    """Return what binds and seals whatever waits, and hands a checkpoint on when one is due."""
    post = post_by_mail(config.mail_folder, config.anchor_mail_to)
    return lambda: seal_and_keep(
        database, keyring, keeper(), clock(), config.anchor_file, every=CHECKPOINT_EVERY, post=post
    )


def create_worker(
    config: Config, database: Database, keyring: Keyring, clock: Callable[[], datetime], *, threads: int = 1
) -> Worker:
    """Return the background work of one process: jobs, the sealer, and what is due by the clock.

    Any number of machines may run one; make it after a fork, since its queue holds a connection.
    """

    def keeper() -> Actor:
        with database.read() as session:
            return load_actor(session, CLOCK_LOGIN, day_of(clock()))

    def do(act: Callable[[Work], int]) -> Callable[[], int]:
        return lambda: perform(database, keyring, keeper(), clock(), act, retry_on=RACES)

    def do_all(act: Callable[[Work], int]) -> Callable[[], int]:
        # until none is left
        return lambda: sum(iter(do(act), 0))

    carriers = choose_carriers(config, database, keyring, clock)
    # what a page asks for is written with its act and found by the sweep: a page holds no queue
    jobs = Jobs(database, keyring, make_queue(config.database_url), patience=JOB_PATIENCE, now=clock)
    jobs.register(JOB_KIND, work_as_job(open_desk(config, database, keyring, clock)))
    exports = FileStore(config.exports_folder)
    making.register(jobs, database, keyring, clock, exports)
    jobs.register(dry_run.JOB_KIND, dry_run.run_dry_run(database, keyring, keeper, clock))
    jobs.register(retention.JOB_KIND, retention.work_as_job(database, keyring, keeper, clock))
    asker = Outside(database, keyring, token=config.outside_token or None)
    registers = Registers(database, keyring, token=config.outside_token or None)
    messenger = Messenger(local=config.demo)
    tellers = {webhooks.TOPIC: webhook_carrying.carry_by(database, keyring, messenger, keeper, clock)}
    periodic = (
        Periodic("seal", SEAL_SECONDS, make_sealer(config, database, keyring, keeper, clock)),
        Periodic("ask_outside", DUE_SECONDS, lambda: asker.ask_due(keeper(), clock())),
        Periodic(
            "ask_register", DUE_SECONDS, lambda: ask_register_due(registers, database, keeper(), clock())
        ),
        Periodic("deliver", DELIVER_SECONDS, lambda: deliver_due(database, keyring, clock, carriers)),
        Periodic("forget_exports", DUE_SECONDS, do(partial(forget_exports, store=exports))),
        *list_own_acts(database, keyring, keeper, clock),
        # apart from short messages, one letter of each system at a time: a slow one keeps nobody waiting long
        *(
            Periodic(f"tell_{n}", DELIVER_SECONDS, lambda: deliver_due(database, keyring, clock, tellers))
            for n in range(TELLERS)
        ),
        *(
            Periodic(name, DUE_SECONDS, do_all(act) if name in IN_PORTIONS else do(act))
            for name, act in DUE_ACTS
        ),
    )
    return Worker(jobs, periodic, threads=threads, sweep_seconds=JOB_SECONDS)
