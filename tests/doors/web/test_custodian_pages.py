"""The key custodian at the pages: what there is, what is due, and what to do when a key has leaked."""

from __future__ import annotations

from tests.doors.web.browser import Browser
from tests.doors.web.test_looks import find_doubled_ids, find_unlabelled
from tests.doors.world import FOUNDER, PROVINCE, World
from voucher.ledger.credentials import rotating
from voucher.ledger.credentials.keys import SigningKey, list_keys
from voucher.ledger.credentials.trust import draft_payload, sign_payload
from voucher.plumbing.signing import FileSigner
from voucher.plumbing.unit_of_work import perform
from voucher.rules.actor import Role
from voucher.rules.keys import KeyState


def test_the_custodian_sees_turns_and_withdraws_keys(world: World) -> None:
    world.staff("密钥保管员", Role.KEY_CUSTODIAN, region=PROVINCE)
    world.staff("复核员", Role.OFFICER_CITY, region=PROVINCE)
    officer = Browser(world.sign_in("复核员").http)
    assert officer.go("/keys").text.count("密钥保管员") == 1  # whose account is needed, and nothing else
    assert officer.answer.status_code == 403
    custodian = Browser(world.sign_in("密钥保管员").http)
    assert "/keys" in custodian.go("/desk").links
    page = custodian.go("/keys")
    assert page.text.count("签发中") == 3 + 3  # three keys, and each of them in the choice below
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []
    # founded half a year ago and never turned since
    page = custodian.press("生成下一把：签发凭证")
    assert "公布期满（2024-04-03）后可以启用" in page.text
    assert "可信名单与现有密钥不一致" not in page.text
    page = custodian.press("启用下一把：签发凭证")
    assert custodian.answer.status_code == 409
    assert "公布未满 30 天" in page.text
    world.later(days=30)
    custodian = Browser(world.sign_in("密钥保管员").http)
    custodian.go("/keys")
    page = custodian.press("启用下一把：签发凭证")
    assert "已启用下一把密钥" in page.text
    assert "只验证" in page.text
    with world.database.read() as session:
        signing = next(
            each for each in list_keys(session)
            if each.stands is KeyState.SIGNING and each.purpose == "issuer"
        )  # fmt: skip
    page = custodian.press("立即停用", kid=signing.kid, why="")
    assert "没有填写" in page.text
    page = custodian.press("立即停用", kid=signing.kid, why="服务器被入侵，已报网信办")
    assert "已停用" in page.text
    assert "服务器被入侵，已报网信办" in page.text
    page = custodian.press("立即停用", kid=signing.kid, why="再停一次")
    assert "这把密钥已经移除" in page.text
    assert "可信名单已发布" in custodian.press("重新签署并发布").text
    with world.database.read() as session:
        kinds = [str(each.stands) for each in list_keys(session) if each.purpose == "issuer"]
    assert sorted(kinds) == ["removed", "signing", "verify_only"]


def test_where_the_root_is_kept_elsewhere_the_page_says_how(world: World) -> None:
    away = FileSigner(world.folder / "away", b"sixteen letters and more")
    root = away.make()
    perform(world.database, world.keyring, FOUNDER, world.at, lambda work: rotating.replace_root(work, root))
    world.staff("密钥保管员", Role.KEY_CUSTODIAN, region=PROVINCE)
    custodian = Browser(world.sign_in("密钥保管员").http)
    page = custodian.go("/keys")
    assert "voucher keys draft-trust" in page.text
    assert root.kid in page.text
    page = custodian.press("发布", signed="not.a.list")
    assert "可信名单不可信" in page.text
    with world.database.read() as session:
        payload = draft_payload(session, world.at)
    signed = sign_payload(payload, SigningKey(root.kid, root.alg, away), root)
    page = custodian.press("发布", signed=signed)
    assert "可信名单已发布" in page.text
    assert "不一致" not in page.text
