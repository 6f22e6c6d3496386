"""命令行上是谁 (--as): whose hand it was is said in the trail and, where a code is bound to it, proven.

Whoever may run a command holds the keys and the database, so this proves nothing against them alone.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import passwords, second_factor
from voucher.registry.users import UserAccount
from voucher.rules.errors import Family, Refusal, reason

THING = "command"
RUNS = 2**53
SOURCE = "GB/T 22239-2019 8.1.4.1 身份鉴别、8.1.4.3 安全审计; 【设】命令行办理的，记下操作系统用户和所用账号"

CODE_NEEDED = reason(
    "terminal_code_needed",
    "账号 {login} 绑定了动态口令，在命令行以它办理也要输入",
    "请加上 --code 和手机上现在显示的六位动态口令",
    SOURCE,
    Family.FORBIDDEN,
)
PROOF_NEEDED = reason(
    "terminal_proof_needed",
    "这件事要说得出是谁办的，账号 {login} 是公用的或者没有绑定动态口令，命令行不能证明是本人",
    "请用 --as 指明本人的账号并加上 --code 动态口令；没有绑定的，先在网页上登录、绑定",
    SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Who sits at a command line, as the operating system says, at which command, and whether proven.

    `signed_in` is the account the session began with, which another one taken on later does not change.
    """

    os_user: str
    signed_in: str | None
    host: str
    command: str
    is_proven: bool = False


def prove_hand(work: Work, code: str | None, terminal: Terminal) -> UserAccount | Refusal:
    """Return the account acted as, whose code this is; one that has a code bound does not act without.

    A wrong code is returned as a refusal and counted as at the sign-in; the trail says at whose command line
    it was given, because enough of them close the account of somebody else. Raises Refused
    terminal_code_needed, totp_unenrolled, subject_erased, parameter_missing.
    """
    if not code:
        raise CODE_NEEDED.refused(login=work.actor.login)
    rules = passwords.read_sign_in_rules(work.session, work.today)
    accepted = second_factor.accept_code(work, work.actor.user_id, code, rules)
    if isinstance(accepted, Refusal):
        record_terminal(work, terminal)
    return accepted


def record_terminal(work: Work, terminal: Terminal) -> None:
    """Say in the trail, in the transaction of an act, at whose command line and by which account."""
    said = {**asdict(terminal), "login": work.actor.login}
    audit.record_first(work, [audit.Entry(THING, secrets.randbelow(RUNS), "run", said)])
