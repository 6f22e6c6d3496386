"""While nothing can be signed a holder accepts, binds a phone and shows a T code all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.scene import ZHANG_SAN, Scene, on
from tests.town_issue import act, eligible, issue_to, programme, voucher
from tests.town_phone import Phone, phone
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.status import StatusPlace
from voucher.plumbing.signing.signers import SIGNER_KEY_MISSING, SIGNER_UNAVAILABLE, FileSigner
from voucher.rules.errors import Reason, Refused
from voucher.stages.issue import holding
from voucher.stages.issue.devices import bind_device


def counted(scene: Scene) -> tuple[int, int]:
    """Return how many credentials and places in the status lists there are."""
    with scene.database.read() as session:
        return (
            session.scalar(select(func.count()).select_from(IssuedCredential)) or 0,
            session.scalar(select(func.count()).select_from(StatusPlace)) or 0,
        )


@pytest.mark.parametrize("why", [SIGNER_UNAVAILABLE, SIGNER_KEY_MISSING], ids=lambda why: why.code)
def test_a_signer_that_is_away_keeps_nobody_from_accepting_or_binding(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, why: Reason
) -> None:
    scene.at = on("2024-03-01")
    eligible(scene, ZHANG_SAN)
    budget = scene.open_budget(1_000_000)
    first = issue_to(scene, programme(scene, budget), ZHANG_SAN)[0]
    mine = phone(scene, ZHANG_SAN)

    def away(*_: object) -> bytes:
        raise why.refused(kid="k", detail="拔出")

    with monkeypatch.context() as patched:
        patched.setattr(FileSigner, "sign", away)
        before = counted(scene)
        scene.do(mine.login, act(holding.accept, first))
        assert voucher(scene, first).state == "accepted"
        assert len(scene.do(mine.login, act(holding.show, first)).digits) == 22
        other = Phone(scene, person=ZHANG_SAN)
        wanted = other.wanted(replaces=True)
        other.device_id = scene.do(mine.login, lambda work: bind_device(work, wanted)).id
        assert counted(scene) == before, "nothing half signed stays"
        with pytest.raises(Refused) as told:
            other.fetch()
        assert told.value.refusal.code == why.code
    assert list(other.fetch().held) == [first]
