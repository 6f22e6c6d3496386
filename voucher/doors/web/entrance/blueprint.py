"""The blueprint the pages of this room hang on."""

from __future__ import annotations

from flask import Blueprint

entrance = Blueprint("entrance", __name__)
