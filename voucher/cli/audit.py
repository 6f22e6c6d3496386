"""`voucher audit`: the trail of what was done, read again from its first row."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

FAULTY = 3


@click.group(help="操作留痕的核验，恢复备份后的核对。")
def audit() -> None:
    """Stand for the verbs below."""


@audit.command(
    help="重新计算全部留痕的摘要、封存链、签名，与库外留存文件比对，并逐行核对各业务表；有任何差异即以非零退出。"
)
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Verify the whole trail and leave with 3 where anything differs."""
    from voucher.cli.office import answering_of, open_database
    from voucher.cli.progress import showing
    from voucher.plumbing.schema import check_current
    from voucher.plumbing.secrets import Keyring
    from voucher.stages.oversee.rows import verify_rows
    from voucher.stages.oversee.trail import verify_trail

    config, database = open_database()
    check_current(database)
    keyring = Keyring.open(config.key_file, create=False)
    with showing("核验留痕") as progress, database.read() as session:
        report = verify_trail(session, keyring, config.anchor_file, progress)
    with showing("核对各表") as progress, database.read() as session:
        rows = verify_rows(session, progress)
    faults = [*report.faults, *rows.faults]
    told: dict[str, object] = {
        **asdict(report),
        "anchor_file": str(config.anchor_file),
        "tables": rows.tables,
        "bound_rows": rows.rows,
        "row_pages": rows.pages,
        "rows_pending": rows.pending,
        "faults": [asdict(each) for each in faults],
    }
    lines = [f"{each.sentence}（{each.kind}）" for each in faults]
    lines.append(
        f"留痕 {report.rows} 条，已封存 {report.sealed} 条，未封存 {report.unsealed} 条，"
        f"检查点 {report.checkpoints} 个；{rows.tables} 张表 {rows.rows} 行与登记页核对，"
        f"{rows.pending} 行待登记；" + (f"发现 {len(faults)} 处问题" if faults else "完整无改动")
    )
    answering_of(ctx).answer(told, lines)
    if faults:
        ctx.exit(FAULTY)


@audit.command(
    help="恢复备份以后：按库外留存的注销登记，把此后已注销、随备份回来的人重新注销；办完才能发券。"
    "付款另由财务两人核对（“拨付文件”页面）。"
)
@click.option(
    "--register",
    type=click.Path(dir_okay=False, path_type=Path),
    help="注销登记的位置，默认与锚点文件放在一起",
)
@click.option(
    "--without-register",
    is_flag=True,
    help="没有注销登记可核对的（备份早于登记，或登记无处取回）：两人各以本人账号（--as、--code）写明理由",
)
@click.option("--why", help="没有登记可核对的理由")
@click.pass_context
def reconcile(ctx: click.Context, register: Path | None, without_register: bool, why: str | None) -> None:
    """Erase again whoever was erased after a backup that was restored."""
    from voucher.cli.office import answering_of, open_office
    from voucher.stages.oversee.privacy.reconciling import reconcile as erase_again
    from voucher.stages.oversee.privacy.reconciling import reconcile_without
    from voucher.stages.oversee.privacy.registering import register_file_of

    office = open_office(ctx)
    anchors = office.config.anchor_file
    if without_register:
        office.check_proven()
        both = office.act(lambda work: reconcile_without(work, why or ""))
        said = (
            "已由两人写明，可以发券；付款另由财务两人核对"
            if both
            else "已记下，等另一人写明；此前不发券、不付款"
        )
        answering_of(ctx).answer({"reconciled": both}, [said])
        return
    done = office.act(lambda work: erase_again(work, register or register_file_of(anchors)))
    told = {"entries": done.entries, "erased": done.erased, "seq": done.seq}
    line = f"注销登记 {done.entries} 条（到第 {done.seq} 条检查点），其中 {done.erased} 条随备份回来，"
    answering_of(ctx).answer(told, [f"{line}已重新注销；可以发券，付款另由财务两人核对"])
