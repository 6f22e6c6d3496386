"""`voucher audit`: the trail of what was done, read again from its first row."""

from __future__ import annotations

from dataclasses import asdict

import click

FAULTY = 3


@click.group(help="操作留痕的核验。")
def audit() -> None:
    """Stand for the verb below."""


@audit.command(help="重新计算全部留痕的摘要、封存链、签名，并与库外留存文件比对；有任何差异即以非零退出。")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Verify the whole trail and leave with 3 where anything differs."""
    from voucher.cli.office import answering_of, open_database
    from voucher.cli.progress import showing
    from voucher.plumbing.schema import check_current
    from voucher.plumbing.secrets import Keyring
    from voucher.stages.oversee.trail import verify_trail

    config, database = open_database()
    check_current(database)
    keyring = Keyring.open(config.key_file, create=False)
    with showing("核验留痕") as progress, database.read() as session:
        report = verify_trail(session, keyring, config.anchor_file, progress)
    told: dict[str, object] = {**asdict(report), "anchor_file": str(config.anchor_file)}
    lines = [f"{each.sentence}（{each.kind}）" for each in report.faults]
    lines.append(
        f"留痕 {report.rows} 条，已封存 {report.sealed} 条，未封存 {report.unsealed} 条，"
        f"检查点 {report.checkpoints} 个；"
        + (f"发现 {len(report.faults)} 处问题" if report.faults else "完整无改动")
    )
    answering_of(ctx).answer(told, lines)
    if report.faults:
        ctx.exit(FAULTY)
