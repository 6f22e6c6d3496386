"""64 clients at the served house, each with a session, a code and a key of its own: one voucher is used once.

The codes are 64 different ones that the holder's phone signed within one second, so that nothing but the
voucher itself decides between them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tests import town_train
from tests.doors.world import World
from tests.scene import ZHANG_SAN, Scene
from tests.storms.gale import CLIENTS, results, rush, surprises
from tests.storms.served import Answer, Program, environment_of, serving
from tests.town_enrolled import enrolled_phone
from voucher.plumbing.db import Model
from voucher.rules.actor import Role
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.train.models.places import Redemption, Scan

pytestmark = pytest.mark.storm

PATH = "/api/v1/redemptions"
# the voucher is used, or the phone has already shown a later number than this one
TOLD = {"redeemed_already", "code_used", "code_expired"}


def judge(answers: Sequence[Answer]) -> Counter[str]:
    """Return how many were refused with which code; whatever is not one 201 among refusals is an error."""
    statuses = Counter(each.status for each in answers)
    assert statuses[201] == 1, f"{statuses[201]} were told that they redeemed it: {statuses}"
    refused = [each for each in answers if each.status != 201]
    assert all(400 <= each.status < 500 for each in refused), f"not a refusal: {statuses}"
    assert {each.kind for each in refused} == {"application/problem+json"}
    told = [json.loads(each.content) for each in refused]
    assert all(each["title"] and each["detail"] for each in told), "refused without a sentence"
    return Counter(str(each["code"]) for each in told)


def open_sessions(scene: Scene, class_id: int) -> list[dict[str, str]]:
    """Return the cookies and form tokens of 64 people of the class's institution, all signed in."""
    world = World(scene.database, scene.keyring, scene.folder, at=scene.at)
    house = town_train.a_class(scene, class_id).institution_id
    signed_in = []
    for number in range(CLIENTS):
        login = f"scan-{number}"
        world.colleague(login, house, Role.SCANNER)
        client = world.sign_in(login)
        world.at = scene.at
        cookies = {name: client.http.get_cookie(name) for name in ("voucher", "voucher_form")}
        sent = "; ".join(f"{name}={each.value}" for name, each in cookies.items() if each is not None)
        signed_in.append({"Cookie": sent, "X-CSRFToken": client.token})
    return signed_in


def count(scene: Scene, model: type[Model]) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_64_clients_on_one_voucher_are_one_201_and_63_refusals(scene: Scene) -> None:
    voucher_id, class_id, mine = enrolled_phone(scene)
    signed_in = open_sessions(scene, class_id)
    behind = int((datetime.now(UTC) - scene.at).total_seconds())
    environment = environment_of(scene.database, scene.keyring, scene.folder)
    environment["STORM_BEHIND_SECONDS"] = str(behind)
    with serving("tests.storms.moved:app", environment, scene.folder, "--preload") as served:
        scene.at = datetime.now(UTC) - timedelta(seconds=behind)
        acts = [
            {
                "digits": mine.show(voucher_id),
                "class_id": class_id,
                "last4": ZHANG_SAN[1][-4:],
                "device": town_train.DEVICE,
                "nonce": f"nonce {number}",
            }
            for number in range(CLIENTS)
        ]
        assert len({each["digits"] for each in acts}) == CLIENTS
        programs = [Program(served.port, headers) for headers in signed_in]
        outcomes = rush(lambda number: programs[number].ask("POST", PATH, acts[number], str(uuid4())))
    assert surprises(outcomes) == []
    refused = judge(results(outcomes))
    assert refused.total() == CLIENTS - 1
    assert set(refused) <= TOLD
    # whoever came too late is on record as well
    assert (count(scene, Redemption), count(scene, Scan)) == (1, CLIENTS)
    assert town_train.voucher(scene, voucher_id).state == "training"
    with scene.database.read() as session:
        assert find_violations(session) == []


def refusing(status: int = 409, kind: str = "application/problem+json", **changes: str) -> Answer:
    """Return one answer of a refusal, or of what only looks like one."""
    told = {"code": "redeemed_already", "title": "已核销", "detail": "无需办理", **changes}
    return Answer(status, kind, json.dumps(told).encode())


def test_the_count_sees_a_second_redemption_a_mistake_of_ours_and_a_silent_refusal() -> None:
    """The control: lists of answers that a house with a hole would give."""
    good, rest = Answer(201, "application/json", b"{}"), [refusing()] * (CLIENTS - 2)
    assert judge([good, *rest, refusing()]) == {"redeemed_already": CLIENTS - 1}
    for bad, said in (
        (good, "2 were told"),
        (refusing(500), "not a refusal"),
        (Answer(200, "application/json", b"{}"), "not a refusal"),
        (refusing(kind="text/html"), "text/html"),
        (refusing(detail=""), "without a sentence"),
    ):
        with pytest.raises(AssertionError, match=said):
            judge([good, *rest, bad])
    with pytest.raises(AssertionError, match="0 were told"):
        judge([refusing()] * CLIENTS)
