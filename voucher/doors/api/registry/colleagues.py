"""子账号: the accounts of an institution's own people, for its administrator's programs."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.schemas.registry.colleagues import (
    ColleagueDone,
    Colleagues,
    ColleagueWithPassword,
    NewColleague,
)
from voucher.doors.schemas.registry.systems import Nothing
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import colleagues as registry
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role

colleagues = Room("colleagues", __name__, url_prefix="/api/v1", description="机构的子账号")
ADMINISTRATORS = frozenset(registry.ADMINISTRATORS)
ONE = "/institutions/<int:institution_id>/colleagues/<int:user_id>"


@colleagues.look("/colleagues", answer=Colleagues)
def list_own_colleagues(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本机构的账号和岗位，在用的在前。"""
    found = registry.list_colleagues(session, institutions_served(ADMINISTRATORS), the_door().at)
    return {
        "items": [
            {
                "user_id": each.account.id,
                "institution_id": each.institution_id,
                "login": each.account.login,
                "roles": each.roles,
                "is_suspended": each.is_suspended,
                "is_managed": each.is_managed,
                "seen_at": each.seen_at,
            }
            for each in found
        ]
    }


@colleagues.act(
    "/colleagues",
    body=NewColleague,
    answer=ColleagueWithPassword,
    said_once="first_password",
    example={
        "institution_id": 1,
        "login": "qiantai1",
        "name": "王前台",
        "number": "41910119900101001X",
        "role": "scanner",
    },
)
def open_colleague(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """开本机构的账号：得到首次登录的密码，只给这一次，登录后须改。"""
    role = Role(given.pop("role"))
    account, password = registry.open_colleague(work, **given, role=role)
    return _done(account, given["institution_id"]) | {"first_password": password}


@colleagues.act(f"{ONE}/suspensions", body=Nothing, answer=ColleagueDone, example={})
def suspend(work: Work, _given: dict[str, Any], institution_id: int, user_id: int) -> dict[str, Any]:
    """暂停：该账号在本机构的岗位当即停用，登录全部退出。"""
    account = registry.suspend_colleague(work, institution_id, user_id)
    return _done(account, institution_id, is_suspended=True)


@colleagues.act(f"{ONE}/resumptions", body=Nothing, answer=ColleagueDone, example={})
def resume(work: Work, _given: dict[str, Any], institution_id: int, user_id: int) -> dict[str, Any]:
    """恢复：暂停前的岗位重新有效。"""
    return _done(registry.resume_colleague(work, institution_id, user_id), institution_id)


@colleagues.act(
    f"{ONE}/resets", body=Nothing, answer=ColleagueWithPassword, said_once="first_password", example={}
)
def reset(work: Work, _given: dict[str, Any], institution_id: int, user_id: int) -> dict[str, Any]:
    """重置：得到新的首次登录密码，动态口令须重新绑定；只限没有本机构以外身份的账号。"""
    account, password = registry.reset_colleague(work, institution_id, user_id)
    return _done(account, institution_id) | {"first_password": password}


def _done(account: UserAccount, institution_id: int, *, is_suspended: bool = False) -> dict[str, Any]:
    return {
        "user_id": account.id,
        "institution_id": institution_id,
        "login": account.login,
        "is_suspended": is_suspended,
    }
