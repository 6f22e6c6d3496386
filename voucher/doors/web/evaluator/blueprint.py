"""The blueprint the pages of this room hang on."""

from __future__ import annotations

from flask import Blueprint

evaluator = Blueprint("evaluator", __name__)
