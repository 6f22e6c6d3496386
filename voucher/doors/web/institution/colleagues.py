"""子账号 and the account money is paid to: what an institution's administrator keeps for the house."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import PAYEE_HANDS
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, show_once, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts as registry
from voucher.registry.access import colleagues as staff
from voucher.registry.access.staffing import COLLEAGUES
from voucher.rules.actor import ROLE_NAMES, Role

ADMINISTRATORS = frozenset({Role.INSTITUTION_ADMIN})
# what each may do, in the words of the one who gives it out
ROLE_NOTES = {
    Role.INSTITUTION_ADMIN: "管理员：备案、账号、设备、收款账户，以及以下各岗位的事",
    Role.REGISTRAR: "教务：开班、名册、结业签字、申领",
    Role.SCANNER: "核销员：扫码核销、代报名",
    Role.TEACHER: "教师：登记到课",
}
SHOWN_BEFORE = "已经办好。初始密码只显示一次，没有抄下的请重置密码"


@dataclass(frozen=True, slots=True)
class Opened:
    """An account with its first password: told by its post, or by its holder's name where it was reset."""

    login: str
    role_name: str
    password: str
    reset: bool = False


@institution.get("/institution/colleagues")
def colleagues() -> ResponseReturnValue:
    """Show the accounts of this institution."""
    return _colleagues()


@institution.post("/institution/colleagues")
def open_account() -> ResponseReturnValue:
    """Open a colleague's account; its first password is shown once and kept nowhere."""

    def call(work: Work) -> Opened:
        role = fields.one_of("role", "岗位", Role)
        opened, password = staff.open_colleague(
            work,
            fields.whole("institution_id", "机构"),
            login=fields.text("login", "账号名", limit=40),
            name=fields.text("name", "姓名", limit=40),
            number=fields.text("number", "身份证号码", limit=30),
            role=role,
        )
        return Opened(opened.login, ROLE_NAMES[role], password)

    return show_once(call, _page_of_password, _colleagues, SHOWN_BEFORE)


@institution.post("/institution/colleagues/<int:institution_id>/<int:user_id>/suspensions")
def suspend_colleague(institution_id: int, user_id: int) -> ResponseReturnValue:
    """Take a colleague's roles here away at once."""

    def call(work: Work) -> Done:
        found = staff.suspend_colleague(work, institution_id, user_id)
        return Done(f"已暂停 {found.login}，其登录已全部退出", url_for("web.institution.colleagues"))

    return submit(call, _colleagues)


@institution.post("/institution/colleagues/<int:institution_id>/<int:user_id>/resumptions")
def resume_colleague(institution_id: int, user_id: int) -> ResponseReturnValue:
    """Give a colleague the roles here back."""

    def call(work: Work) -> Done:
        found = staff.resume_colleague(work, institution_id, user_id)
        return Done(f"已恢复 {found.login}", url_for("web.institution.colleagues"))

    return submit(call, _colleagues)


@institution.post("/institution/colleagues/<int:institution_id>/<int:user_id>/resets")
def reset_colleague(institution_id: int, user_id: int) -> ResponseReturnValue:
    """Give a colleague a new first password, shown once and kept nowhere."""

    def call(work: Work) -> Opened:
        found, password = staff.reset_colleague(work, institution_id, user_id)
        return Opened(found.login, found.display_name, password, reset=True)

    return show_once(call, _page_of_password, _colleagues, SHOWN_BEFORE)


@institution.get("/institution/account")
def account() -> ResponseReturnValue:
    """Show the account this institution is paid to, and what was proposed."""
    return _account()


@institution.post("/institution/account")
def propose_account() -> ResponseReturnValue:
    """Propose another account; the office confirms it."""

    def call(work: Work) -> Done:
        registry.propose_account(
            work,
            fields.text("institution", "机构", limit=30),
            fields.text("holder", "户名", limit=120),
            fields.text("bank", "开户行", limit=120),
            fields.text("account", "账号", limit=40),
            fields.text("evidence", "凭证", limit=200),
        )
        return Done("已提出，等本机构另一人确认，再由人社或财务人员核准", url_for("web.institution.account"))

    return submit(call, _account)


@institution.post("/institution/account/<int:account_id>/agreements")
def agree_account(account_id: int) -> ResponseReturnValue:
    """Agree to an account a colleague proposed; the office is next."""

    def call(work: Work) -> Done:
        registry.agree_account(work, account_id, fields.text("account", "账号", limit=40))
        return Done("已确认，等人社或财务人员核准；核准前仍付到原账户", url_for("web.institution.account"))

    return submit(call, _account)


@institution.post("/institution/account/<int:account_id>/disagreements")
def disagree_account(account_id: int) -> ResponseReturnValue:
    """Turn a colleague's proposal down."""

    def call(work: Work) -> Done:
        registry.disagree_account(work, account_id, fields.text("why", "不同意的理由", limit=200))
        return Done("已记下不同意，账户不变", url_for("web.institution.account"))

    return submit(call, _account)


def _page_of_password(shown: Opened) -> str:
    return render_template("institution/opened.html", **asdict(shown))


def _colleagues() -> str:
    houses = my_houses(ADMINISTRATORS)
    with the_door().read() as session:
        return render_template(
            "institution/colleagues.html",
            houses=[(each.id, each.name) for each in list_houses(session, ADMINISTRATORS)],
            people=staff.list_colleagues(session, houses, the_door().at),
            role_names=ROLE_NAMES,
            may_do=ROLE_NOTES,
            roles=[(str(role), ROLE_NOTES[role]) for role in COLLEAGUES[Role.INSTITUTION_ADMIN]],
        )


def _account() -> str:
    houses = my_houses(PAYEE_HANDS)
    with the_door().read() as session:
        return render_template(
            "institution/account.html",
            rows=registry.list_accounts(session, (), houses),
            houses=[(each.code, each.name) for each in list_houses(session, PAYEE_HANDS)],
        )
