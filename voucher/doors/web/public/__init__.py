"""Pages of anyone, without a login."""

from __future__ import annotations

from voucher.doors.web.public import (
    archives,
    checks,
    classes,
    directory,
    evaluators,
    figures,
    joining,
    levels,
    notices,
    objections,
    pages,
    standards,
)
from voucher.doors.web.public.blueprint import public

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "archives",
    "checks",
    "classes",
    "directory",
    "evaluators",
    "figures",
    "joining",
    "levels",
    "notices",
    "objections",
    "pages",
    "public",
    "standards",
]
