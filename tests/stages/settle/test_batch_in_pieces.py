"""一批再长也分段核对、分段写入：结果与一次写完相同，要么整批写入，要么一条不写。"""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.loop.telling import claims_of, ready
from tests.scene import ELECTRICIAN, LI_SI, ZHANG_SAN, Scene
from voucher.ledger import entitlements, states
from voucher.ledger.entitlements import Entitlement
from voucher.ledger.holds import open_hold
from voucher.ledger.postings import Transfer
from voucher.ledger.states import StateEvent
from voucher.plumbing.unit_of_work import Work
from voucher.rules.duplicates import entitlement_key
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import CertificateKind, SubsidyKind
from voucher.stages.certify.models import Certificate
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.settle import draft, filing, queries
from voucher.stages.settle.filing import Settled
from voucher.stages.settle.models.claims import Claim, SettlementBatch, SettlementLine
from voucher.stages.settle.models.sums import BatchSum


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every line be a piece of its own."""
    for room in (draft, filing):
        monkeypatch.setattr(room, "PIECE", 1)


def four_lines(scene: Scene) -> int:
    """Certify three claims and one that stands behind another, issued after it and read before it."""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(
        scene.certificate(ZHANG_SAN, issued="2023-12-20"),
        scene.certificate(LI_SI, issued="2023-11-20"),
        scene.certificate(ZHANG_SAN, ELECTRICIAN, issued="2023-11-25"),
        scene.certificate(ZHANG_SAN, issued="2023-11-15"),
    )
    return budget


def told(scene: Scene, settled: Settled) -> list[tuple[int, str, int, str, list[dict[str, str]], bool]]:
    """Return the kept lines in their order."""
    with scene.database.read() as session:
        lines = session.scalars(
            select(SettlementLine)
            .where(SettlementLine.batch_id == settled.batch_id)
            .order_by(SettlementLine.position)
        )
        return [
            (e.position, e.outcome, e.amount_fen, e.explanation, e.findings, e.claim_id is None)
            for e in lines
        ]


@pytest.mark.usefixtures("one_by_one")
def test_lines_in_pieces_keep_their_order_and_name_the_claim_that_went_before(scene: Scene) -> None:
    budget = four_lines(scene)
    settled = scene.settle(budget)
    lines = told(scene, settled)
    assert [line[0] for line in lines] == [1, 2, 3, 4]
    assert [line[1] for line in lines] == ["payable", "payable", "payable", "refused"]
    claims = {each.id: each for each in claims_of(scene)}
    assert {(each.state, each.seq) for each in claims.values()} == {("submitted", 2)}
    first = settled.verdicts[0].claim_id
    assert first is not None
    number = claims[first].number
    assert number in lines[3][3]
    # what is said of one line is said of no other, though its words began alike
    assert all(number not in str(line[4]) for line in lines[:3])
    assert number in str(lines[3][4])
    assert scene.budget(budget).reserved_fen == sum(line[2] for line in lines) > 0
    with scene.database.read() as session:
        assert find_violations(session) == []
        steps = session.execute(
            select(StateEvent.object_id, StateEvent.event)
            .where(StateEvent.thing == str(Thing.CLAIM))
            .order_by(StateEvent.object_id, StateEvent.seq)
        ).all()
    assert [tuple(each) for each in steps] == [(i, e) for i in sorted(claims) for e in ("draft", "submit")]


@pytest.mark.plants_violation
@pytest.mark.usefixtures("one_by_one")
def test_what_is_refused_in_the_last_piece_leaves_nothing_of_the_pieces_before(scene: Scene) -> None:
    budget = four_lines(scene)
    with scene.database.read() as session:
        last = session.scalars(select(Certificate).where(Certificate.trade_code == ELECTRICIAN)).one()
    key = entitlement_key(
        SubsidyKind.EVALUATION,
        last.person_id,
        certificate_kind=CertificateKind(last.kind),
        occupation_code=last.trade_code,
        level=Level(last.level),
        item_code=None,
        aliases={},
    )
    # as a claim does that is committed meanwhile
    held = {"key": key, "kind": "evaluation", "person_id": last.person_id, "trade_code": key, "level": None}
    scene.do("operator", lambda work: entitlements.take(work, [held]))
    with pytest.raises(Refused) as caught:
        scene.settle(budget)
    assert caught.value.refusal.code == "entitlement_taken"
    with scene.database.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(model))
            for model in (SettlementBatch, SettlementLine, Claim, BatchSum)
        ]
        assert counts == [0, 0, 0, 0]
        assert session.scalar(select(func.count()).select_from(Entitlement)) == 1
        assert session.scalar(select(func.count()).where(Transfer.claim_id.is_not(None))) == 0
    assert scene.budget(budget).reserved_fen == 0


def test_a_batch_opens_with_the_sums_its_lines_come_to(scene: Scene) -> None:
    budget = four_lines(scene)
    settled = scene.settle(budget)
    with scene.database.read() as session:
        told_now = queries.summarise(session, settled.batch_id)
        payees = set(session.scalars(select(Claim.institution_id)))
        added_up = queries.summarise(session, settled.batch_id, payees)
        names = queries.list_payees_of(session, settled.batch_id)
    assert told_now == added_up
    assert (told_now.outcomes, told_now.people) == ({"payable": 3, "refused": 1}, 2)
    assert told_now.payable_fen == settled.total_fen
    assert len(names) == len(payees) == 1


@pytest.mark.parametrize("sin", ["UPDATE batch_sum SET lines = lines + 1", "DELETE FROM batch_sum"])
def test_a_kept_sum_stays_as_it_is(scene: Scene, sin: str) -> None:
    budget = four_lines(scene)
    scene.settle(budget)
    with pytest.raises(DBAPIError, match=r"append only|never deleted"):
        scene.do("operator", lambda work: work.session.execute(text(sin)))


def test_what_is_stopped_is_not_submitted_on_the_day_it_is_drafted(scene: Scene) -> None:
    ready(scene)

    def act(work: Work) -> None:
        open_hold(work, Thing.CLAIM, 7, "核查中")
        states.begin_through(work, Thing.CLAIM, [6, 7], "draft", "submit")

    with pytest.raises(Refused) as caught:
        scene.do("operator", act)
    assert caught.value.refusal.code == "on_hold"
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).where(StateEvent.thing == str(Thing.CLAIM))) == 0
