"""`voucher worker`: jobs, the sealer and what is due by the clock, in a process of its own."""

from __future__ import annotations

import click


@click.command("worker", help="办理后台任务：留痕封存、公示到期、导出等。")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="同时办理的任务数")
def command(threads: int) -> None:
    """Work until told to stop."""
    import signal
    import threading

    from voucher.app import create_worker
    from voucher.cli.office import open_database
    from voucher.plumbing.clock import clock_of
    from voucher.plumbing.logs import configure_logs
    from voucher.plumbing.schema import check_current
    from voucher.plumbing.secrets import Keyring
    from voucher.plumbing.workers import run_worker
    from voucher.stages.oversee.privacy.keeping_outside import look_outside

    config, database = open_database()
    check_current(database)
    keyring = Keyring.open(config.key_file, create=False)
    configure_logs()
    now = clock_of(database.engine)
    look_outside(database, keyring, now, config.anchor_file)
    until = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: until.set())
    run_worker(create_worker(config, database, keyring, now, threads=threads), until)
