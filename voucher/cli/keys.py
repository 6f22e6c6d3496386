"""`voucher keys`: signing keys, by their custodian; two verbs are for the trust root's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.cli.office import Office
    from voucher.ledger.credentials.trust import TrustRow
    from voucher.plumbing.signing import FileSigner
    from voucher.plumbing.unit_of_work import Work

PURPOSES = click.Choice(["issuer", "status"])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(help="签名密钥：查看、换用、停用，签署可信名单（以 custodian 办理）。")
def keys() -> None:
    """Stand for the verbs below."""


def _office(ctx: click.Context) -> Office:
    """Return the office of the custodian, unless another account was named."""
    from voucher.cli.office import answering_of, open_office
    from voucher.registry.users import CUSTODIAN_LOGIN

    answering = answering_of(ctx)
    answering.login = answering.login or CUSTODIAN_LOGIN
    return open_office(ctx)


@keys.command(name="list", help="列出密钥、状态和下一步期限；私钥从不显示。")
@click.pass_context
def list_all(ctx: click.Context) -> None:
    """List every key with what is due."""
    from voucher.cli.office import answering_of
    from voucher.plumbing.clock import SHANGHAI
    from voucher.plumbing.signing.opening import KEY_PLACE_NAMES, KeyPlace
    from voucher.rules.keys import KEY_STATE_NAMES, PURPOSE_NAMES, Purpose
    from voucher.stages.oversee.keys import read_book

    office = _office(ctx)
    with office.look() as session:
        book = read_book(session, office.now(), office.today)
    told = [
        {
            "kid": each.row.kid,
            "purpose": each.row.purpose,
            "state": str(each.state),
            "place": each.row.place,
            "due_at": each.due_at.isoformat() if each.due_at else None,
        }
        for each in book.lines
    ]
    lines = [
        f"{each.row.kid}  {PURPOSE_NAMES[Purpose(each.row.purpose)]}  {KEY_STATE_NAMES[each.state]}"
        f"  {KEY_PLACE_NAMES[KeyPlace(each.row.place)]}"
        + (f"  {each.due} {each.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if each.due_at else "")
        for each in book.lines
    ]
    root = book.root.kid if book.root else None
    lines.append(f"信任根指纹：{root or '无'}；可信名单{'须重新签署' if book.is_stale else '与密钥一致'}")
    answering_of(ctx).answer({"keys": told, "root": root, "trust_list_stale": book.is_stale}, lines)


@keys.command(name="next", help="生成下一把密钥；公布期满后才能启用。")
@click.option("--purpose", required=True, type=PURPOSES, help="issuer 凭证，status 状态列表")
@click.option("--place", type=click.Choice(["file", "pkcs11"]), help="私钥放在哪里（默认与现用的相同）")
@click.pass_context
def make_next(ctx: click.Context, purpose: str, place: str | None) -> None:
    """Make the key that signs next."""
    from voucher.cli.office import answering_of
    from voucher.plumbing.signing import KeyPlace
    from voucher.rules.keys import Purpose
    from voucher.stages.oversee.keys import make_next_key

    where = None if place is None else KeyPlace(place)
    made = _office(ctx).act(lambda work: make_next_key(work, Purpose(purpose), where))
    told = {"kid": made.kid, "purpose": made.purpose, "place": made.place}
    answering_of(ctx).answer(told, [f"已生成下一把密钥 {made.kid}"])


@keys.command(help="启用下一把密钥；原密钥改为只验证。")
@click.option("--purpose", required=True, type=PURPOSES, help="issuer 凭证，status 状态列表")
@click.pass_context
def rotate(ctx: click.Context, purpose: str) -> None:
    """Let the next key sign."""
    from voucher.cli.office import answering_of
    from voucher.rules.keys import Purpose
    from voucher.stages.oversee.keys import rotate_key

    begun = _office(ctx).act(lambda work: rotate_key(work, Purpose(purpose)))
    answering_of(ctx).answer({"kid": begun.kid, "purpose": begun.purpose}, [f"已启用 {begun.kid}"])


@keys.command(help="立即停用疑似泄露的密钥；用它签发的凭证不再被承认。")
@click.option("--kid", required=True, help="密钥编号（voucher keys list）")
@click.option("--why", required=True, help="停用原因")
@click.pass_context
def withdraw(ctx: click.Context, kid: str, why: str) -> None:
    """Remove a key at once."""
    from voucher.cli.office import answering_of
    from voucher.stages.oversee.keys import withdraw_key

    removed = _office(ctx).act(lambda work: withdraw_key(work, kid, why))
    answering_of(ctx).answer({"kid": removed.kid, "why": removed.removed_why}, [f"已停用 {removed.kid}"])


@keys.command(name="publish-trust", help="发布可信名单：在本机签署，或导入离线签署好的。")
@click.option("--signed", type=FILE, help="voucher keys sign-trust 的输出")
@click.pass_context
def publish(ctx: click.Context, signed: Path | None) -> None:
    """Publish the keys as they stand."""
    from voucher.cli.office import answering_of
    from voucher.stages.oversee.keys import publish_trust

    text = None if signed is None else signed.read_text(encoding="utf-8", errors="replace")

    def act(work: Work) -> TrustRow:
        return publish_trust(work, text)

    row = _office(ctx).act(act)
    told = {"root": row.root, "issued_at": row.issued_at.isoformat()}
    answering_of(ctx).answer(told, [f"可信名单已发布，信任根 {row.root}"])


@keys.command(name="draft-trust", help="输出待信任根签署的名单，供离线签署。")
@click.pass_context
def draft(ctx: click.Context) -> None:
    """Print what the root is asked to sign."""
    import json

    from voucher.ledger.credentials.trust import draft_payload

    office = _office(ctx)
    with office.look() as session:
        click.echo(json.dumps(draft_payload(session, office.now()), ensure_ascii=False, sort_keys=True))


@keys.command(name="trust-root", help="登记离线保管的信任根（只含公开部分）；扫码设备须改为预置它的指纹。")
@click.option("--jwk", required=True, type=FILE, help="voucher keys new-root 输出的公钥")
@click.pass_context
def enter_root(ctx: click.Context, jwk: Path) -> None:
    """Enter the root kept on a machine of its own."""
    from voucher.cli.office import answering_of
    from voucher.stages.oversee.keys import replace_trust_root

    given = _read_json(jwk)
    row = _office(ctx).act(lambda work: replace_trust_root(work, given))
    answering_of(ctx).answer(
        {"root": row.kid}, [f"信任根 {row.kid} 已登记；请导出名单、离线签署后用 publish-trust 发布"]
    )


@keys.command(name="new-root", help="在保管信任根的机器上运行：生成信任根，输出公钥。不需要数据库。")
@click.option("--folder", required=True, type=FOLDER, help="私钥文件放在哪里")
@click.option("--passphrase-file", required=True, type=FILE, help="口令文件，至少 16 个字符")
@click.pass_context
def new_root(ctx: click.Context, folder: Path, passphrase_file: Path) -> None:
    """Make a root and print its public half."""
    import json

    made = _away(folder, passphrase_file).make()
    jwk = {**made.jwk, "kid": made.kid, "alg": str(made.alg)}
    click.echo(json.dumps(jwk, sort_keys=True))
    _remark(ctx, f"信任根已生成，指纹 {made.kid}；私钥 {folder / made.kid}.pem，请离线备份")


@keys.command(name="sign-trust", help="在保管信任根的机器上运行：核对并签署名单，输出一行。不需要数据库。")
@click.option("--folder", required=True, type=FOLDER, help="私钥文件所在")
@click.option("--passphrase-file", required=True, type=FILE, help="口令文件")
@click.option("--jwk", required=True, type=FILE, help="信任根的公钥")
@click.argument("drafted", type=FILE)
@click.pass_context
def sign(ctx: click.Context, folder: Path, passphrase_file: Path, jwk: Path, drafted: Path) -> None:
    """Sign a draft, having shown which keys it names."""
    from voucher.ledger.credentials.keys import SigningKey
    from voucher.ledger.credentials.trust import read_trust, sign_payload
    from voucher.plumbing.signing import trusted_key
    from voucher.rules.keys import KEY_STATE_NAMES, PURPOSE_NAMES

    root = trusted_key(_read_json(jwk))
    payload = _read_json(drafted)
    signed = sign_payload(payload, SigningKey(root.kid, root.alg, _away(folder, passphrase_file)), root)
    # what cannot be read as a list is not handed out signed
    for each in read_trust(signed, root.kid).listed:
        _remark(ctx, f"{each.key.kid}  {PURPOSE_NAMES[each.purpose]}  {KEY_STATE_NAMES[each.state]}")
    click.echo(signed)


def _away(folder: Path, passphrase_file: Path) -> FileSigner:
    from voucher.plumbing.signing import FileSigner

    return FileSigner(folder, passphrase_file.read_bytes().strip())


def _read_json(path: Path) -> dict[str, object]:
    import json

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise click.BadParameter(f"{path.name} 不是 JSON 对象")
    return found


def _remark(ctx: click.Context, sentence: str) -> None:
    from voucher.cli.office import answering_of

    answering_of(ctx).remark(sentence)
