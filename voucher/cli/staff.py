"""`voucher user`: accounts of staff, by the administrator; passwords are shown once and must be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.cli.office import Office
    from voucher.plumbing.unit_of_work import Work


@click.group(help="工作人员账号：开立、授权、收回、重置、停用（以 administrator 办理）。")
def user() -> None:
    """Stand for the verbs below."""


def _office(ctx: click.Context) -> Office:
    """Return the office of the administrator, unless another account was named."""
    from voucher.cli.office import answering_of, open_office
    from voucher.registry.users import ADMINISTRATOR_LOGIN

    answering = answering_of(ctx)
    answering.login = answering.login or ADMINISTRATOR_LOGIN
    return open_office(ctx)


def _tell_outside(work: Work, office: Office, login: str, deed: str) -> None:
    """Let the second party, who keeps the checkpoints, hear of an account changed here, or change nothing.

    The trail says whether a letter was left: who is named to get it is read from the terminal's own
    environment. Raises Refused account_letter_unwritten.
    """
    from sqlalchemy import select

    from voucher.ledger import audit
    from voucher.ledger.anchor_mail import post_account_change
    from voucher.registry.users import UserAccount
    from voucher.rules.privacy import mask_login

    terminal, to = office.terminal, office.config.anchor_mail_to
    user_id = work.session.scalars(select(UserAccount.id).where(UserAccount.login == login)).one()
    audit.record_one(work, "user_account", user_id, "tell_outside", is_told=to is not None)
    if to is None:
        return
    by = "动态口令证明的本人账号" if terminal.is_proven else "没有证明是谁的账号"
    where = f"{terminal.host} 上 {mask_login(terminal.signed_in or terminal.os_user)} 登录的命令行"
    told = (
        f"{_name_account(user_id, login)}：{deed}；"
        f"由 {_name_account(work.actor.user_id, work.actor.login)}（{by}）在 {where} 办理"
    )
    post_account_change(office.config.mail_folder, to, work.at, told)


def _name_account(user_id: int, login: str) -> str:
    """Return an account as a letter names it: by its number, which tells two alike apart."""
    from voucher.rules.privacy import mask_login

    return f"{mask_login(login)}（账号号 {user_id}）"


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
            opened = open_worker_at_desk(work, login=login, name=name, number=identity, mobile=mobile)
        else:
            account, password = open_staff(
                work,
                login=login,
                name=name,
                number=identity,
                role=wanted,
                region_code=region,
                institution_code=institution,
            )
            opened = account.id, password
        _tell_outside(work, office, login, f"开立账号，角色 {wanted}")
        return opened

    office = _office(ctx)
    user_id, password = office.act(act)
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
    office = _office(ctx)

    def act(work: Work) -> None:
        grant_role(work, login, wanted, region, institution)
        _tell_outside(work, office, login, f"授予角色 {wanted}")

    office.act(act)
    told = {"login": login, "role": str(wanted), "region": region, "institution": institution}
    place = institution or region or "本人"
    answering_of(ctx).answer(told, [f"账号 {login} 已授予 {role}（{place}）"])


@user.command(help="收回一个角色（调离、改任），其余照旧；由此委托出去的同时终止，原有登录全部退出。")
@click.option("--login", required=True, help="账号名")
@click.option("--role", required=True, metavar="角色")
@click.option("--region", metavar="CODE", help="管辖地区代码（机构人员不填）")
@click.option("--institution", metavar="CODE", help="机构的统一社会信用代码（机构人员必填）")
@click.pass_context
def revoke(ctx: click.Context, login: str, role: str, region: str | None, institution: str | None) -> None:
    """Take one role away from an account."""
    from voucher.cli.office import answering_of
    from voucher.registry.access.role_endings import take_back_role
    from voucher.registry.access.staffing import parse_role

    wanted = parse_role(role)
    office = _office(ctx)

    def act(work: Work) -> None:
        take_back_role(work, login, wanted, region, institution)
        _tell_outside(work, office, login, f"收回角色 {wanted}")

    office.act(act)
    told = {"login": login, "role": str(wanted), "region": region, "institution": institution}
    answering_of(ctx).answer(told, [f"账号 {login} 的 {role}（{institution or region}）已收回"])


@user.command(help="重置口令和动态口令；原有登录全部退出。有过两名以上管理员的，两人各以本人账号办理。")
@click.option("--login", required=True, help="账号名")
@click.option("--confirm", type=int, metavar="NUMBER", help="确认另一名管理员提出的重置，填它的办理号")
@click.pass_context
def reset(ctx: click.Context, login: str, confirm: int | None) -> None:
    """Give an account a new first password, or ask another administrator to."""
    from voucher.cli.office import answering_of
    from voucher.plumbing.clock import SHANGHAI
    from voucher.registry.access.resets import ResetTold, reset_by_two

    office = _office(ctx)

    def act(work: Work) -> ResetTold:
        done = reset_by_two(work, login, confirm)
        if done.waits_until is not None:
            deed = f"提出重置登录，等另一名管理员确认（办理号 {done.number}）"
        elif done.is_by_two:
            deed = f"重置登录，由两名管理员办理（办理号 {done.number}）"
        else:
            deed = "重置登录，由一人办理"
        _tell_outside(work, office, login, deed)
        return done

    done = office.act(act)
    told: dict[str, object] = {"login": login, "password": done.password, "by_two": done.is_by_two}
    told["number"] = done.number
    if done.waits_until is not None:
        until = f"{done.waits_until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        line = (
            f"已提出重置账号 {login}，办理号 {done.number}，还没有重置：请另一名管理员在 {until} 前"
            f"以本人账号运行同样的命令，加上 --confirm {done.number}"
        )
        answering_of(ctx).answer({**told, "waits_until": until}, [line])
        return
    answering_of(ctx).answer(told, [f"账号 {login} 已重置，首次口令（只显示这一次）：{done.password}"])


@user.command(help="停用账号；记录保留。")
@click.option("--login", required=True, help="账号名")
@click.pass_context
def disable(ctx: click.Context, login: str) -> None:
    """Disable an account for good."""
    from voucher.cli.office import answering_of
    from voucher.registry.access.staffing import disable_account

    office = _office(ctx)

    def act(work: Work) -> None:
        disable_account(work, login)
        _tell_outside(work, office, login, "停用账号")

    office.act(act)
    answering_of(ctx).answer({"login": login, "disabled": True}, [f"账号 {login} 已停用"])


@user.command(name="list", help="列出账号、现有角色和地区。")
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """List every account with its roles."""
    from sqlalchemy import select

    from voucher.cli.office import answering_of
    from voucher.registry.access.resets import list_open_resets
    from voucher.registry.institutions import Institution
    from voucher.registry.users import RoleGrant, UserAccount, in_force, name_people
    from voucher.rules.actor import ROLE_NAMES, Role, check_role

    office = _office(ctx)
    check_role(office.actor, Role.ADMINISTRATOR)
    with office.look() as session:
        accounts = session.scalars(select(UserAccount).order_by(UserAccount.id)).all()
        grants = session.execute(
            select(RoleGrant.user_id, RoleGrant.role, RoleGrant.region_code, Institution.code)
            .outerjoin(Institution, Institution.id == RoleGrant.institution_id)
            .where(in_force(office.today))
            .order_by(RoleGrant.id)
        ).all()
        asked = list_open_resets(session)
        names = name_people(session, [each.asked_by_person_id for each in asked.values()])
    waiting = {
        user_id: f"（{names[each.asked_by_person_id]}提出重置，办理号 {each.id}）"
        for user_id, each in asked.items()
    }
    told = [
        {
            "user": each.id,
            "login": each.login,
            "disabled": each.disabled_at is not None,
            "reset_asked": asked[each.id].id if each.id in asked else None,
            "roles": [
                {"role": role, "region": region, "institution": institution}
                for user_id, role, region, institution in grants
                if user_id == each.id
            ],
        }
        for each in accounts
    ]
    lines = [
        f"{each.login}{'（已停用）' if each.disabled_at else ''}{waiting.get(each.id, '')}："
        + "、".join(
            f"{ROLE_NAMES[Role(role)]} {institution or region or ''}"
            for user_id, role, region, institution in grants
            if user_id == each.id
        )
        for each in accounts
    ]
    answering_of(ctx).answer({"users": told}, lines)
