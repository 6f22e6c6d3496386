"""`voucher serve`: pages and API over HTTP, with the background work beside them unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flask import Flask

    from voucher.config import Config

HOST, PORT, THREADS = "127.0.0.1", 8000, 16


@click.command("serve", help="启动网页和接口。")
@click.option("--host", default=HOST, show_default=True, help="监听地址")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="监听端口")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="进程数")
@click.option(
    "--threads", default=THREADS, show_default=True, type=click.IntRange(1, 256), help="每进程线程数"
)
@click.option("--no-worker", is_flag=True, help="不在本进程办理后台任务（另行运行 voucher worker）")
def command(host: str, port: int, processes: int, threads: int, no_worker: bool) -> None:
    """Serve until told to stop."""
    from voucher.cli.office import open_database
    from voucher.plumbing.schema import check_current
    from voucher.plumbing.secrets import Keyring

    config, database = open_database()
    check_current(database)
    Keyring.open(config.key_file, create=False)
    database.dispose()
    click.echo(f"http://{host}:{port}", err=True)
    run(config, host=host, port=port, processes=processes, threads=threads, worker=not no_worker)


def run(config: Config, *, host: str, port: int, processes: int, threads: int, worker: bool) -> None:
    """Serve an installation with gunicorn until a signal ends it; everything is opened after the fork.

    Raises Refused frontend_missing, said once and before a process is started.
    """
    from gunicorn.app.base import BaseApplication

    from voucher.app import FRONTEND
    from voucher.cli.even_worker import WORKER
    from voucher.doors.web.assets import Frontend
    from voucher.plumbing.logs import configure_logs

    Frontend(FRONTEND)
    settings: dict[str, Any] = {
        "bind": f"{host}:{port}",
        "worker_class": WORKER,
        "workers": processes,
        "threads": threads,
        "timeout": 120,
        "graceful_timeout": 20,
        "loglevel": "warning",
        "limit_request_line": 4094,
        # addresses carry numbers people quote; the counters under /metrics say enough
        "accesslog": None,
    }
    opening = _opening(config, worker=worker)

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        def load_config(self) -> None:
            """Take our settings and no others."""
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            """Open the house in the process that serves it."""
            configure_logs()
            return opening()

    Server().run()


def _opening(config: Config, *, worker: bool) -> Callable[[], Flask]:
    """Return what opens the application, and the background work beside it where wanted."""

    def opening() -> Flask:
        import atexit

        from voucher.app import create_app, create_worker
        from voucher.plumbing.clock import clock_of
        from voucher.plumbing.db import Database
        from voucher.plumbing.secrets import Keyring
        from voucher.stages.oversee.privacy.keeping_outside import look_outside

        database = Database(config.database_url)
        now = clock_of(database.engine)
        keyring = Keyring.open(config.key_file, create=False)
        look_outside(database, keyring, now, config.anchor_file)
        if worker:
            background = create_worker(config, database, keyring, now)
            background.start()
            atexit.register(background.stop)
        return create_app(config, database, keyring, now)

    return opening
