"""What tests of the pages may ask for."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.doors.web.browser import Office
from tests.doors.world import World
from tests.scene import EV1, LI_SI, SUN_BA, ZHANG_SAN, Scene, on


@pytest.fixture
def office(scene: Scene, world: World) -> Office:
    """Return an office with proven certificates, one that needs a person, and a budget."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    made = Office(scene, world)
    scene.file_evaluator(EV1)
    scene.certify(
        scene.certificate(ZHANG_SAN, level="五级", issued="2023-10-11"),
        scene.certificate(LI_SI, level="四级", method="直接认定", issued="2023-10-12"),
        scene.certificate(SUN_BA, level="三级", issued="2023-10-13"),
    )
    scene.open_budget(10_000)
    return made
