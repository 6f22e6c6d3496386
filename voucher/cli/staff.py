"""`voucher user`: accounts of staff, by the administrator; passwords are shown once and must be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.cli.office import Office
    from voucher.plumbing.unit_of_work import Work


@click.group(help="工作人员账号：开立、授权、重置、停用（以 administrator 办理）。")
def user() -> None:
    """Stand for the verbs below."""


def _office(ctx: click.Context) -> Office:
    """Return the office of the administrator, unless another account was named."""
    from voucher.cli.office import answering_of, open_office
    from voucher.registry.users import ADMINISTRATOR_LOGIN

    answering = answering_of(ctx)
    answering.login = answering.login or ADMINISTRATOR_LOGIN
    return open_office(ctx)


@user.command(help="为一个人开账号；首次口令只显示这一次，登录后必须修改并绑定动态口令。")
@click.option("--login", required=True, help="账号名")
@click.option("--name", required=True, help="姓名")
@click.option("--identity", required=True, help="证件号码（同一人的几个账号算一个人）")
@click.option("--role", required=True, metavar="角色", help="如 officer_county 或 县级审核人员（初审）")
@click.option("--region", metavar="CODE", help="管辖地区代码（机构人员和劳动者不填）")
@click.option("--institution", metavar="CODE", help="机构的统一社会信用代码（机构人员必填）")
@click.option("--mobile", metavar="NUMBER", help="手机号（只用于劳动者本人）")
@click.pass_context
def add(
    ctx: click.Context,
    login: str,
    name: str,
    identity: str,
    role: str,
    region: str | None,
    institution: str | None,
    mobile: str | None,
) -> None:
    """Open an account with one role."""
    from voucher.cli.office import answering_of
    from voucher.registry.access.staffing import open_staff, open_worker_at_desk, parse_role
    from voucher.rules.actor import Role

    wanted = parse_role(role)

    def act(work: Work) -> tuple[int, str]:
        if wanted is Role.WORKER:
            return open_worker_at_desk(work, login=login, name=name, number=identity, mobile=mobile)
        account, password = open_staff(
            work,
            login=login,
            name=name,
            number=identity,
            role=wanted,
            region_code=region,
            institution_code=institution,
        )
        return account.id, password

    user_id, password = _office(ctx).act(act)
    told: dict[str, object] = {"user": user_id, "login": login, "role": str(wanted), "password": password}
    told |= {"region": region, "institution": institution}
    answering_of(ctx).answer(told, [f"账号 {login} 已开立，首次口令（只显示这一次）：{password}"])


@user.command(help="再授予一个角色。")
@click.option("--login", required=True, help="账号名")
@click.option("--role", required=True, metavar="角色")
@click.option("--region", metavar="CODE", help="管辖地区代码（机构人员和劳动者不填）")
@click.option("--institution", metavar="CODE", help="机构的统一社会信用代码（机构人员必填）")
@click.pass_context
def grant(ctx: click.Context, login: str, role: str, region: str | None, institution: str | None) -> None:
    """Give an account one more role."""
    from voucher.cli.office import answering_of
    from voucher.registry.access.staffing import grant_role, parse_role

    wanted = parse_role(role)
    _office(ctx).act(lambda work: grant_role(work, login, wanted, region, institution))
    told = {"login": login, "role": str(wanted), "region": region, "institution": institution}
    place = institution or region or "本人"
    answering_of(ctx).answer(told, [f"账号 {login} 已授予 {role}（{place}）"])


@user.command(help="重置口令和动态口令；原有登录全部退出。")
@click.option("--login", required=True, help="账号名")
@click.pass_context
def reset(ctx: click.Context, login: str) -> None:
    """Give an account a new first password."""
    from voucher.cli.office import answering_of
    from voucher.registry.access.staffing import reset_access

    password = _office(ctx).act(lambda work: reset_access(work, login))
    answering_of(ctx).answer(
        {"login": login, "password": password}, [f"账号 {login} 已重置，首次口令（只显示这一次）：{password}"]
    )


@user.command(help="停用账号；记录保留。")
@click.option("--login", required=True, help="账号名")
@click.pass_context
def disable(ctx: click.Context, login: str) -> None:
    """Disable an account for good."""
    from voucher.cli.office import answering_of
    from voucher.registry.access.staffing import disable_account

    _office(ctx).act(lambda work: disable_account(work, login))
    answering_of(ctx).answer({"login": login, "disabled": True}, [f"账号 {login} 已停用"])


@user.command(name="list", help="列出账号、角色和地区。")
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """List every account with its roles."""
    from sqlalchemy import select

    from voucher.cli.office import answering_of
    from voucher.registry.institutions import Institution
    from voucher.registry.users import RoleGrant, UserAccount
    from voucher.rules.actor import ROLE_NAMES, Role, check_role

    office = _office(ctx)
    check_role(office.actor, Role.ADMINISTRATOR)
    with office.look() as session:
        accounts = session.scalars(select(UserAccount).order_by(UserAccount.id)).all()
        grants = session.execute(
            select(RoleGrant.user_id, RoleGrant.role, RoleGrant.region_code, Institution.code)
            .outerjoin(Institution, Institution.id == RoleGrant.institution_id)
            .order_by(RoleGrant.id)
        ).all()
    told = [
        {
            "user": each.id,
            "login": each.login,
            "disabled": each.disabled_at is not None,
            "roles": [
                {"role": role, "region": region, "institution": institution}
                for user_id, role, region, institution in grants
                if user_id == each.id
            ],
        }
        for each in accounts
    ]
    lines = [
        f"{each.login}{'（已停用）' if each.disabled_at else ''}："
        + "、".join(
            f"{ROLE_NAMES[Role(role)]} {institution or region or ''}"
            for user_id, role, region, institution in grants
            if user_id == each.id
        )
        for each in accounts
    ]
    answering_of(ctx).answer({"users": told}, lines)
