"""The blueprint the pages of this room hang on."""

from __future__ import annotations

from flask import Blueprint

custodian = Blueprint("custodian", __name__)
