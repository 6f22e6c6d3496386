"""密钥保管员在命令行：查看、换用、停用；信任根放在另一台机器上签署。"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.desk import Desk


@pytest.mark.long
def test_the_root_moves_to_a_machine_of_its_own_and_signs_there(tmp_path: Path) -> None:
    here, away = Desk(tmp_path / "here"), Desk(tmp_path / "away")
    assert here.told("init")["added"]["signing_keys"] == 3
    signers = here.folder / "data" / "signers"
    assert len(list(signers.glob("*.pem"))) == 3
    told = here.told("keys", "list")
    assert {each["state"] for each in told["keys"]} == {"signing"}
    assert not told["trust_list_stale"]
    # nobody else keeps keys, the operator of the command line least of all
    assert here.told("keys", "publish-trust", "--as", "operator", code=2)["error"]["code"] == "role_missing"
    assert here.told("keys", "rotate", "--purpose", "issuer", code=2)["error"]["code"] == "key_next_missing"
    made = here.told("keys", "next", "--purpose", "issuer")
    assert here.told("keys", "rotate", "--purpose", "issuer", code=2)["error"]["code"] == "key_too_fresh"

    away.folder.mkdir()
    (away.folder / "passphrase").write_text("sixteen letters and more\n")
    secret = ("--folder", str(away.folder / "root"), "--passphrase-file", str(away.folder / "passphrase"))
    root = json.loads(away.run("keys", "new-root", *secret).stdout)
    assert "d" not in root
    jwk = away.folder / "root.jwk"
    jwk.write_text(json.dumps(root))
    assert here.told("keys", "trust-root", "--jwk", str(jwk))["root"] == root["kid"]
    assert here.told("keys", "publish-trust", code=2)["error"]["code"] == "trust_root_elsewhere"
    drafted = away.folder / "draft.json"
    drafted.write_text(here.run("keys", "draft-trust").stdout)
    signing = away.run("keys", "sign-trust", *secret, "--jwk", str(jwk), str(drafted))
    assert made["kid"] in signing.stderr  # whoever signs sees what for
    signed = away.folder / "trust.jws"
    signed.write_text(signing.stdout)
    assert here.told("keys", "publish-trust", "--signed", str(signed))["root"] == root["kid"]
    assert not here.told("keys", "list")["trust_list_stale"]
    again = here.told("keys", "publish-trust", "--signed", str(signed), code=2)
    assert again["error"]["code"] == "trust_list_older"
    removed = here.told("keys", "withdraw", "--kid", made["kid"], "--why", "疑似泄露")
    assert removed["kid"] == made["kid"]
    told = here.told("keys", "list")
    assert (told["trust_list_stale"], told["root"]) == (True, root["kid"])
