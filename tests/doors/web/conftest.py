"""What tests of the pages may ask for."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tests.doors.web.browser import Office
from tests.doors.world import World
from tests.scene import EV1, LI_SI, SUN_BA, ZHANG_SAN, Scene, on

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look at pages over PostgreSQL by `make long`: every act behind them is asked of both each time."""
    for item in items:
        if HERE in item.path.parents and "postgres" in item.name:
            item.add_marker(pytest.mark.long)


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
