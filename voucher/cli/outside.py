"""`voucher outside`: which other department's system answers for which fact, and which register."""

from __future__ import annotations

import click


@click.group(help="接入其他部门的系统：由谁答复哪一事项。")
def outside() -> None:
    """Stand for the two verbs below."""


@outside.command(help="自今日起由一个系统答复一个事项；不给地址的由导入的部门名单答复。")
@click.argument("kind", metavar="事项")
@click.option("--address", metavar="URL", help="主管部门提供的接口地址")
@click.option("--name", metavar="名称", help="系统名称，显示在核实结果旁")
@click.pass_context
def connect(ctx: click.Context, kind: str, address: str | None, name: str | None) -> None:
    """Connect one system."""
    from voucher.cli.office import answering_of, open_office
    from voucher.registry.outside import systems
    from voucher.rules.outside import FACT_NAMES, FactKind

    named = {**{str(each): each for each in FactKind}, **{name: each for each, name in FACT_NAMES.items()}}
    if kind not in named:
        raise click.BadParameter(f"请填写以下之一：{'、'.join(map(str, FactKind))}", param_hint="事项")
    fact = named[kind]
    open_office(ctx).act(lambda work: systems.connect(work, fact, name=name, address=address))
    way = "联网" if address else "部门名单（请用 voucher import outside 导入）"
    told = {"kind": str(fact), "way": "http" if address else "embedded"}
    answering_of(ctx).answer(told, [f"{FACT_NAMES[fact]}：自今日起由{way}答复"])


@outside.command(help="提出由一个系统答复证书查询，另一人确认后生效；不给地址的由导入的登记摘录答复。")
@click.option("--address", metavar="URL", help="证书登记系统的接口地址")
@click.option("--name", metavar="名称", help="系统名称，显示在核验结果旁")
@click.option("--why", metavar="理由", required=True, help="更换的理由和依据")
@click.pass_context
def register(ctx: click.Context, address: str | None, name: str | None, why: str) -> None:
    """Ask for another register of certificates."""
    from voucher.cli.office import answering_of, open_office
    from voucher.stages.certify.connecting import ask_register

    office = open_office(ctx)
    office.check_proven()
    asked = office.act(lambda work: ask_register(work, why, name=name, address=address))
    told = {"name": asked.name, "way": "http" if address else "embedded"}
    answering_of(ctx).answer(
        told, [f"证书登记：已提出由“{asked.name}”答复，请另一人运行 voucher outside confirm-register"]
    )


@outside.command(help="确认另一人提出的证书登记更换，自今日起生效。")
@click.option("--drop", is_flag=True, help="不确认，作废这次提出")
@click.pass_context
def confirm_register(ctx: click.Context, drop: bool) -> None:
    """Confirm or drop another register of certificates."""
    from voucher.cli.office import answering_of, open_office
    from voucher.stages.certify import connecting

    office = open_office(ctx)
    if drop:
        office.act(connecting.drop_register)
        answering_of(ctx).answer({"dropped": True}, ["证书登记：已作废，仍由原来的答复"])
        return
    office.check_proven()
    system = office.act(connecting.confirm_register)
    way = "联网" if system.address else "导入的登记摘录（voucher import register）"
    told = {"name": system.name, "way": "http" if system.address else "embedded"}
    answering_of(ctx).answer(told, [f"证书登记：自今日起由{way}答复"])


@outside.command(name="list", help="列出接入情况。")
@click.pass_context
def list_systems(ctx: click.Context) -> None:
    """List who answers for what today."""
    from voucher.cli.office import answering_of, open_office
    from voucher.registry.outside import systems
    from voucher.rules.outside import FACT_NAMES

    office = open_office(ctx)
    with office.look() as session:
        known = systems.list_systems(session, office.today)
        told = [
            {"kind": str(kind), "name": known[kind].name if kind in known else None,
             "way": known[kind].way if kind in known else None}
            for kind in FACT_NAMES
        ]  # fmt: skip
    lines = [
        f"{FACT_NAMES[kind]}：{known[kind].name if kind in known else '没有接入'}" for kind in FACT_NAMES
    ]
    answering_of(ctx).answer({"systems": told}, lines)
