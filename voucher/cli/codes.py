"""`voucher code`: what a code says, and whether it is good, without the network and without the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voucher.rules.errors import reason

if TYPE_CHECKING:
    from voucher.ledger.credentials.offline import Judged
    from voucher.ledger.credentials.pocket import FieldLimits
    from voucher.rules.code_format import Credential

RED = 3
COLOURS = {"green": "绿：可以办理", "amber": "黄：看过身份证原件才能办理", "red": "红：不能办理"}
LABELS = {
    "kind": "种类", "vid": "券标识", "shown_at": "出示时间", "counter": "计数", "challenge": "验证码编号",
    "beacon_age": "时段校验数年龄（刻钟，15 为没有）", "pin_entered": "输过本机密码", "credential": "券凭证",
    "institution": "机构编号", "asked_at": "提问时间", "masked_name": "姓名", "region": "地区",
    "programme": "券种", "amount_fen": "面额上限（分）", "not_before": "生效", "expires": "失效",
    "card_required": "必看身份证", "photo_required": "必拍照",
}  # fmt: skip
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

BEACON_KEYS_UNREADABLE = reason(
    "beacon_keys_unreadable",
    "时段密钥文件无法读取",
    "请用 /api/v1/beacon-keys 的答复原样保存后再试",
    "【设】券凭证 TV1",
)


@click.group(name="code", help="读出示码，不连网判定离线码。")
def code() -> None:
    """Stand for the group; its verbs do the work."""


@code.command(name="read", help="读出示码的种类和内容；不判定真假。")
@click.argument("digits")
@click.pass_context
def read(ctx: click.Context, digits: str) -> None:
    """Tell what stands in a code; nothing of it is believed."""
    from voucher.cli.office import answering_of
    from voucher.rules.code_format import (
        Kind,
        parse_challenge,
        parse_code,
        parse_credential,
        parse_presentation,
    )

    kind = parse_code(digits)
    told: dict[str, object] = {"kind": str(kind)}
    if kind is Kind.C:
        asked = parse_challenge(digits)
        told |= {
            "institution": asked.institution,
            "challenge": asked.challenge,
            "asked_at": _moment(asked.asked_at),
        }
    elif kind is not Kind.T:
        shown = parse_presentation(digits)
        told |= {
            "vid": shown.vid.hex(),
            "shown_at": _moment(shown.shown_at),
            "counter": shown.counter,
            "beacon_age": shown.beacon_age,
            "pin_entered": shown.pin_entered,
            "challenge": shown.challenge if shown.challenged else None,
        }
        if shown.credential:
            told["credential"] = _described(parse_credential(shown.credential)[0])
    answering_of(ctx).answer(told, _lines(told))


@code.command(name="judge", help="不连网，用取回的名单判定一个离线码：绿、黄、红和理由；红的以 3 退出。")
@click.argument("digits")
@click.option("--trust", required=True, type=FILE, help="取自 /.well-known/tv/trust.jws")
@click.option("--root", required=True, help="预置的信任根指纹")
@click.option(
    "--status", "statuses", multiple=True, type=FILE, help="取自 /.well-known/tv/status/编号，可多份"
)
@click.option("--beacons", type=FILE, help="取自 /api/v1/beacon-keys；没有的只认不带时段校验数的码")
@click.option("--institution", required=True, type=click.IntRange(min=1), help="本机构编号")
@click.option("--challenge", type=click.IntRange(min=1), help="本机构验证码的编号，给了就不看时间")
@click.option("--last", type=click.IntRange(min=0), help="这部手机上次扫到的计数")
@click.option("--at", "moment", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="以哪一刻判定，默认现在")
@click.option(
    "--window", default=120, show_default=True, type=click.IntRange(min=1), help="时间窗，前后各多少秒"
)
@click.option("--fresh", default=24, show_default=True, type=click.IntRange(min=1), help="名单多少小时内为绿")
@click.option(
    "--usable", default=72, show_default=True, type=click.IntRange(min=1), help="名单多少小时内为黄"
)
@click.pass_context
def judge(
    ctx: click.Context,
    digits: str,
    trust: Path,
    root: str,
    statuses: tuple[Path, ...],
    beacons: Path | None,
    institution: int,
    challenge: int | None,
    last: int | None,
    moment: datetime | None,
    window: int,
    fresh: int,
    usable: int,
) -> None:
    """Judge a code as a scanner in the field does, and leave with 3 where it is red."""
    from voucher.cli.office import answering_of
    from voucher.ledger.credentials.offline import judge_offline
    from voucher.ledger.credentials.pocket import Fetched, build_scanner
    from voucher.plumbing.clock import now

    at = moment or now()
    fetched = Fetched(
        trust_list=trust.read_text().strip(),
        status_tokens=tuple(each.read_text().strip() for each in statuses),
        day_keys={} if beacons is None else _read_day_keys(beacons.read_text()),
    )
    scanner = build_scanner(
        fetched,
        root,
        institution,
        _limits(window, fresh, usable),
        at,
        last_counter=lambda _: last,
        challenge=challenge,
    )
    judged = judge_offline(digits, scanner, at)
    answering_of(ctx).answer(*_tell(judged))
    if judged.colour == "red":
        ctx.exit(RED)


def _limits(window: int, fresh: int, usable: int) -> FieldLimits:
    from voucher.ledger.credentials.pocket import FieldLimits
    from voucher.rules.code_format import Window

    side = timedelta(seconds=window)
    return FieldLimits(
        # five windows away it is no longer a slow hand, but a wrong clock
        window=Window(side, side, side * 5),
        fresh_list=timedelta(hours=fresh),
        usable_list=timedelta(hours=usable),
        fresh_beacon_age=4,
    )


def _read_day_keys(text: str) -> dict[date, bytes]:
    from voucher.plumbing.signing import from_base64url

    try:
        return {
            date.fromisoformat(each["day"]): from_base64url(each["key"]) for each in json.loads(text)["keys"]
        }
    except (ValueError, KeyError, TypeError):
        raise BEACON_KEYS_UNREADABLE.refused() from None


def _tell(judged: Judged) -> tuple[dict[str, object], list[str]]:
    why = judged.reason
    told: dict[str, object] = {
        "colour": str(judged.colour),
        "code": None if why is None else why.code,
        "title": None if why is None else why.title,
        "detail": None if why is None else why.next_step,
        "card_required": judged.card_required,
        "credential": None if judged.credential is None else _described(judged.credential),
    }
    lines = [COLOURS[judged.colour]]
    if why is not None:
        lines.append(f"{why.sentence}（{why.code}）")
    if judged.credential is not None:
        lines += _lines(_described(judged.credential))
    if judged.card_required:
        lines.append("必须核对身份证原件")
    return told, lines


def _described(credential: Credential) -> dict[str, object]:
    # never the last four: whoever stands at the counter types them from the card
    return {
        "masked_name": credential.masked_name,
        "vid": credential.vid.hex(),
        "region": credential.region,
        "programme": credential.programme,
        "amount_fen": credential.amount_fen,
        "institution": credential.institution,
        "not_before": _moment(credential.not_before),
        "expires": _moment(credential.expires),
        "card_required": credential.card_required,
        "photo_required": credential.photo_required,
    }


def _lines(told: Mapping[str, object]) -> list[str]:
    lines = []
    for name, value in told.items():
        if isinstance(value, Mapping):
            lines += [f"{LABELS[name]}："] + ["  " + line for line in _lines(value)]
        else:
            lines.append(f"{LABELS[name]}：{_word(value)}")
    return lines


def _word(value: object) -> object:
    if value is None:
        return "无"
    return value if not isinstance(value, bool) else "是" if value else "否"


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()
