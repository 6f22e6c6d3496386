"""The one command `voucher` and its verbs: options everywhere alike, answers on stdout, the rest on stderr.

A verb lives in a file of its own and is read only when it is asked for, so that `voucher` starts at once.
Exit codes: 0 done, 1 unexpected, 2 refused or misspelt, 3 checked and found broken.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click

from voucher.cli.answering import Answering
from voucher.rules.errors import Refused


class Verb(NamedTuple):
    """Where a command lives (module and name in it), and its line in the list of commands."""

    module: str
    name: str
    summary: str


VERBS: dict[str, Verb] = {
    "init": Verb("voucher.cli.founding", "init", "建立或升级数据库，载入基础数据"),
    "import": Verb("voucher.cli.importing", "import_file", "导入人员、机构、证书、登记等表格"),
    "outside": Verb("voucher.cli.outside", "outside", "接入其他部门的系统，由谁答复哪一事项"),
    "budget": Verb("voucher.cli.budget", "budget", "下达和查看预算"),
    "issue": Verb("voucher.cli.issuing", "issue", "按名册批量发券，中断后继续"),
    "settle": Verb("voucher.cli.settling", "settle", "按发证日期结算：核验、计价、申报"),
    "check": Verb("voucher.cli.check", "check", "逐项检查不变量，有一行不符即非零退出"),
    "audit": Verb("voucher.cli.audit", "audit", "核验留痕是否完整、未被改动"),
    "risk": Verb("voucher.cli.risk", "risk", "在导出的数据集上运行风险规则"),
    "statistics": Verb("voucher.cli.statistics", "statistics", "更新、重算、核对统计汇总"),
    "user": Verb("voucher.cli.staff", "user", "开立、授权、重置和停用工作人员账号"),
    "keys": Verb("voucher.cli.keys", "keys", "查看、换用、停用签名密钥，签署可信名单"),
    "code": Verb("voucher.cli.codes", "code", "读出示码，不连网判定离线码"),
    "letters": Verb("voucher.cli.letters", "letters", "短信等消息送到了没有"),
    "rules": Verb("voucher.cli.rules", "rules", "列出每条规则的编号、依据和起始日"),
    "serve": Verb("voucher.cli.serve", "command", "启动网页和接口"),
    "worker": Verb("voucher.cli.work", "command", "办理后台任务"),
    "demo": Verb("voucher.cli.playing", "demo", "演示：结算济源一个季度并打开网页"),
}


class OfficerGroup(click.Group):
    """A group whose verbs are read when asked for; each takes --json, --as and --code as well."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all verbs, in the order of the work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command = getattr(importlib.import_module(verb.module), verb.name)
        assert isinstance(command, click.Command)  # noqa: S101 — the table above is ours
        return share_options(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without reading them."""
        with formatter.section("命令"):
            formatter.write_dl([(name, verb.summary) for name, verb in VERBS.items()])

    def main(self, args: Sequence[str] | None = None, *_rest: Any, **extra: Any) -> Any:
        """Run a command line and leave with its exit code; whatever goes wrong is said once."""
        given = list(sys.argv[1:] if args is None else args)
        answering = Answering(json="--json" in given)
        extra["standalone_mode"] = False
        try:
            code = super().main(given, "voucher", obj=answering, **extra)
        except Refused as refused:
            code = answering.refuse(refused)
        except click.Abort:
            code = answering.stop()
        except click.ClickException as error:
            code = answering.misspelt(error)
        except Exception as error:  # noqa: BLE001 — the last place where somebody can still be told
            code = answering.fail(error)
        sys.exit(code if isinstance(code, int) else 0)


def share_options(command: click.Command) -> click.Command:
    """Give a command, and every command below it, the options that all commands share."""
    if not any(parameter.name == "json_wanted" for parameter in command.params):
        command.params += [
            click.Option(
                ["--json", "json_wanted"],
                is_flag=True,
                expose_value=False,
                callback=_note("json"),
                help="标准输出只有一个 JSON 对象",
            ),
            click.Option(
                ["--as", "login_wanted"],
                metavar="LOGIN",
                expose_value=False,
                callback=_note("login"),
                help="以哪个账号办理（默认 operator）",
            ),
            click.Option(
                ["--code", "code_wanted"],
                metavar="CODE",
                expose_value=False,
                callback=_note("code"),
                help="该账号现在的动态口令（绑定了的必须给）",
            ),
        ]
    if isinstance(command, click.Group) and not isinstance(command, OfficerGroup):
        for below in command.commands.values():
            share_options(below)
    return command


def _note(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def note(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        # The option may stand before or behind the verb; where it is absent it takes nothing back.
        if value:
            setattr(ctx.find_object(Answering), name, value)

    return note


@click.group(cls=OfficerGroup, help="职业技能电子培训券：办事人员的命令行。")
def officers() -> None:
    """Stand for the group; its verbs do the work."""


share_options(officers)


def main() -> None:
    """Run the command line of this process."""
    if not os.environ.get("HOME"):
        # An empty HOME would put the data folder under the root; without one the account's own is used.
        os.environ.pop("HOME", None)
    officers.main()
