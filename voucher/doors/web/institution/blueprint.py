"""The blueprint the pages of this room hang on."""

from __future__ import annotations

from flask import Blueprint

institution = Blueprint("institution", __name__)
