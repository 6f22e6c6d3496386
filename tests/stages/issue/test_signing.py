"""While nothing can be signed a holder goes on with a T code; the sweeps, in portions and by indexes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from tests.plans import plans_of
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_issue import act, eligible, issue_to, programme, publisher, voucher
from tests.town_phone import Phone, phone
from voucher.app import DUE_ACTS, IN_PORTIONS
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.status import StatusPlace
from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.plumbing.signing.signers import SIGNER_KEY_MISSING, SIGNER_UNAVAILABLE, FileSigner
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Reason, Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.issue import ending, holding, signing
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


@pytest.mark.new_copy
def test_the_sweeps_find_their_rows_by_index_and_go_on_until_none_is_left(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "SWEPT", 1)
    scene.at = on("2024-03-01")
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    eligible(scene, *people)
    issued = issue_to(scene, programme(scene, scene.open_budget(1_000_000)), *people)
    for voucher_id, person in zip(issued, people, strict=True):
        scene.do(phone(scene, person).login, act(holding.accept, voucher_id))

    def swept(act: Callable[[Work], int]) -> list[int]:
        return [scene.do("clock", act) for _ in range(4)]

    officer = publisher(scene)
    holds = [scene.do(officer, act(open_hold, Thing.VOUCHER, each, "核查")).id for each in issued]
    assert swept(signing.mark_held_credentials) == [1, 1, 1, 0]

    def let_go(work: Work) -> None:
        for each in holds:
            close_hold(work, work.session.get_one(Hold, each), "查无实据")

    scene.do(officer, let_go)
    assert swept(signing.mark_held_credentials) == [1, 1, 1, 0]
    scene.do(officer, lambda work: ending.revoke(work, issued, "查实不符"))
    assert swept(signing.end_due_credentials) == [1, 1, 1, 0]
    assert {"end_credentials", "freeze_credentials"} <= IN_PORTIONS <= {name for name, _ in DUE_ACTS}

    thawed = plans_of(
        scene.database, "status_place.value = 2", lambda: scene.do("clock", signing.mark_held_credentials)
    )
    assert ["ix_status_place_frozen" in each for each in thawed] == [True]
    late = plans_of(scene.database, "expires_at <=", lambda: scene.do("clock", signing.end_due_credentials))
    assert ["ix_credential_live_until" in each for each in late] == [True]
