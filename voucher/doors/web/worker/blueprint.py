"""The blueprint the pages of this room hang on."""

from __future__ import annotations

from flask import Blueprint

worker = Blueprint("worker", __name__)
