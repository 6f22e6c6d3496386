"""`voucher init`: the schema, the keys, the shipped reference data and the first accounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.plumbing.db import Database
    from voucher.plumbing.secrets import Keyring


@click.command(help="建立或升级数据库，载入基础数据；重复运行不会改动已有内容。")
@click.pass_context
def init(ctx: click.Context) -> None:
    """Found the installation, or bring it up to this version."""
    from voucher.cli.office import Office, answering_of, open_database, read_terminal
    from voucher.doors.web.saved import SAVABLE
    from voucher.plumbing.clock import clock_of
    from voucher.plumbing.schema import check_reachable
    from voucher.plumbing.unit_of_work import perform
    from voucher.registry.access.blank_filters import blank_filters, drop_blank_filters
    from voucher.registry.filing.mask_numbers import mask_teachers_numbers
    from voucher.registry.founding import FOUNDER, found
    from voucher.registry.importing.folder import load_folder
    from voucher.stages.assess.seal_numbers import seal_held_numbers
    from voucher.stages.certify.seal_numbers import seal_numbers
    from voucher.stages.settle.seal_numbers import mask_told_numbers

    config, database = open_database()
    config.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_reachable(database)
    keyring = open_keys(config.key_file, database)
    office = Office(config, database, keyring, FOUNDER, clock_of(database.engine), read_terminal(ctx))
    added = found(database, office.keyring, office.now())
    added["sealed_numbers"] = (
        seal_numbers(database, office.keyring)
        + seal_held_numbers(database, office.keyring)
        + mask_teachers_numbers(database)
        + mask_told_numbers(database)
        + blank_filters(database, {place: names for place, (_, names) in SAVABLE.items()})
    )
    perform(database, office.keyring, FOUNDER, office.now(), drop_blank_filters)
    folder = config.reference_folder
    tables: dict[str, int] = {}
    if folder is not None:
        tables = perform(
            database, office.keyring, FOUNDER, office.now(), lambda work: load_folder(work, folder)
        )
    office.seal()
    told: dict[str, object] = {
        "database": database.url.render_as_string(hide_password=True),
        "data_folder": str(config.data_folder),
        "key_file": str(config.key_file),
        "added": added,
        "reference": tables,
    }
    answering_of(ctx).answer(told, _sentences(told, added, tables))


def open_keys(path: Path, database: Database) -> Keyring:
    """Return the keys, made new only for a database that holds nothing they would have to open.

    Raises Refused keys_missing, secret_unreadable.
    """
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    from voucher.plumbing.secrets import Keyring
    from voucher.registry.subjects import SubjectKey

    try:
        with database.read() as session:
            held = session.execute(
                select(SubjectKey.wrapped_key, SubjectKey.blind_index)
                .where(SubjectKey.wrapped_key.is_not(None))
                .limit(1)
            ).first()
    except SQLAlchemyError:
        held = None  # a database without tables yet
    keyring = Keyring.open(path, create=held is None)
    if held is not None and held[0] is not None:
        keyring.unwrap(held[0], held[1])
    return keyring


NAMES = {
    "transitions": "状态流转",
    "regions": "地区",
    "occupations": "职业",
    "occupation_aliases": "职业编码对照",
    "special_items": "专项职业能力项目",
    "qualification_entries": "职业资格目录",
    "dictionaries": "字典",
    "projects": "补贴项目",
    "standards": "补贴标准",
    "modifiers": "取得方式比例",
    "parameters": "参数",
    "amount_bands": "审核分档",
    "bank_templates": "银行模板",
    "calendar_years": "放假安排年度",
    "calendar_days": "节假日和调休",
    "accounts": "系统账号",
    "signing_keys": "签名密钥",
    "sealed_numbers": "改为加密保存的证书编号",
}


def _sentences(told: dict[str, object], added: dict[str, int], tables: dict[str, int]) -> list[str]:
    lines = [f"数据库：{told['database']}", f"密钥文件：{told['key_file']}（请另行备份）"]
    fresh = {NAMES.get(name, name): count for name, count in (*added.items(), *tables.items()) if count}
    lines.append(
        "新增：" + "、".join(f"{name} {count}" for name, count in fresh.items())
        if fresh
        else "已是最新，没有改动"
    )
    return lines
