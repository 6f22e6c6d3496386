"""`voucher demo`: a demonstration in a folder of its own, built once, then served."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voucher.rules.errors import Family, Refused, reason

if TYPE_CHECKING:
    from voucher.config import Config


PORT = 8000
DEMO_OLD = reason(
    "demo_not_current",
    "这里的演示数据是另一版本的程序建立的，不能打开",
    "请运行“{command}”，删去后按现在的版本重新建立；要留着旧数据的，用 --folder 另选一个目录",
    "【设】数据库结构与程序版本一致",
    Family.UNAVAILABLE,
)


@click.command(name="demo", help="演示：建库、结算济源一个季度、打开网页；数据单独存放，可反复运行。")
@click.option("--folder", type=click.Path(path_type=Path), help="演示数据放在哪里（默认数据目录下 demo）")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="监听端口")
@click.option("--fresh", is_flag=True, help="删去上次的演示数据，重新开始")
@click.option("--no-serve", is_flag=True, help="只准备数据，不打开网页")
def demo(folder: Path | None, port: int, fresh: bool, no_serve: bool) -> None:
    """Build the demonstration where it is not there yet, print a login per role, and serve it."""
    from voucher.cli.serve import run
    from voucher.config import read_config
    from voucher.demo.seed import is_seeded, read_accounts, read_sandbox

    settings = dict(os.environ)
    settings.pop("VOUCHER_DATABASE_URL", None)
    here = folder or read_config(settings).data_folder / "demo"
    settings.update(VOUCHER_DATA_DIR=str(here), VOUCHER_DEMO="1")
    for name in ("VOUCHER_KEY_FILE", "VOUCHER_ANCHOR_FILE", "VOUCHER_HTTPS"):
        settings.pop(name, None)
    # what is signed here names the address it can be asked for at
    settings.setdefault("VOUCHER_PUBLIC_HOST", f"127.0.0.1:{port}")
    config = read_config(settings)
    if here.exists() and (fresh or not is_seeded(here)):
        _remove(here)
    if is_seeded(here):
        _check_current(config, folder, port)
    else:
        _build(config)
    click.echo(f"\n演示环境 http://127.0.0.1:{port}（动态口令显示在登录页上；Ctrl-C 结束）\n", err=True)
    for account in read_accounts(here):
        click.echo(f"  {account['role_name']:<14}\t{account['login']:<14}\t{account['password']}", err=True)
    _tell_sandbox(read_sandbox(here))
    if not no_serve:
        run(replace(config, demo=True), host="127.0.0.1", port=port, processes=1, threads=16, worker=True)


def _check_current(config: Config, folder: Path | None, port: int) -> None:
    """Refuse a demonstration that a program of another version has built. Raises Refused demo_not_current,
    database_unreachable."""
    from voucher.plumbing import schema
    from voucher.plumbing.db import Database

    database = Database(config.database_url)
    try:
        schema.check_current(database)
    except Refused as refused:
        if refused.refusal.code != schema.SCHEMA_OLD.code:
            raise
        where = f" --folder {shlex.quote(str(folder))}" if folder else ""
        at = f" --port {port}" if port != PORT else ""
        raise DEMO_OLD.refused(command=f"voucher demo --fresh{where}{at}") from None
    finally:
        database.dispose()


def _tell_sandbox(opened: dict[str, Any]) -> None:
    """Print what a program needs to try itself out, as docs/integration.md uses it."""
    if not opened:
        return
    click.echo(f"\n接口联调：{opened['institution']}（docs/integration.md）\n", err=True)
    for name in ("client_id", "client_secret", "class_id"):
        click.echo(f"  {name.upper()}={opened[name]}", err=True)
    for worker in opened["workers"]:
        told = "已锁定本班，直接核销" if worker.get("is_locked") else "已领券，先锁定再核销"
        names = {"WORKER": "login", "PASSWORD": "password", "VOUCHER_ID": "voucher_id", "LAST4": "last4"}
        pairs = " ".join(f"{name}={worker[key]}" for name, key in names.items())
        # a line of its own: whoever pastes the values pastes no comment
        click.echo(f"  {told}：\n  {pairs}", err=True)


def _remove(folder: Path) -> None:
    """Remove an earlier demonstration; a folder that holds anything else is left alone."""
    from voucher.demo.seed import ACCOUNTS_FILE

    if not (folder / ACCOUNTS_FILE).exists() and any(folder.iterdir()):
        raise click.BadParameter(f"{folder} 里不是演示数据，请换一个目录", param_hint="--folder")
    shutil.rmtree(folder)


def _build(config: Config) -> None:
    from voucher.app import DUE_ACTS
    from voucher.demo.seed import seed
    from voucher.plumbing.clock import day_of, now
    from voucher.plumbing.db import Database
    from voucher.plumbing.secrets import Keyring

    config.data_folder.mkdir(parents=True, exist_ok=True)
    keyring = Keyring.open(config.key_file, create=True)
    database = Database(config.database_url)
    acts = [act for _, act in DUE_ACTS]
    seed(
        config,
        database,
        keyring,
        lambda sentence: click.echo(sentence, err=True),
        due=acts,
        today=day_of(now()),
    )
    database.dispose()
