"""Every route is in the access matrix, and the matrix names no route that is not there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask


def find_undeclared_routes(app: Flask, matrix: Mapping[str, object]) -> list[str]:
    """Return the endpoints that nobody has said who may reach."""
    return sorted({rule.endpoint for rule in app.url_map.iter_rules()} - set(matrix))


def find_stale_declarations(app: Flask, matrix: Mapping[str, object]) -> list[str]:
    """Return the endpoints of the matrix that no route leads to."""
    return sorted(set(matrix) - {rule.endpoint for rule in app.url_map.iter_rules()})


@pytest.fixture
def app() -> Flask:
    tiny = Flask("tiny", static_folder=None)
    tiny.add_url_rule("/batches", endpoint="web.batches", view_func=lambda: "")
    tiny.add_url_rule("/batches/<int:batch>", endpoint="web.batch", view_func=str)
    return tiny


def test_a_route_without_a_row_is_caught(app: Flask) -> None:
    assert find_undeclared_routes(app, {"web.batches": "officer"}) == ["web.batch"]


def test_a_row_without_a_route_is_caught(app: Flask) -> None:
    matrix = {"web.batches": "officer", "web.batch": "officer", "web.gone": "officer"}
    assert find_stale_declarations(app, matrix) == ["web.gone"]


def test_a_full_matrix_is_clean(app: Flask) -> None:
    matrix = {"web.batches": "officer", "web.batch": "officer"}
    assert find_undeclared_routes(app, matrix) == []
    assert find_stale_declarations(app, matrix) == []
