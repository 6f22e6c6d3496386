"""Pages of anyone, without a login."""

from __future__ import annotations

from voucher.doors.web.public import (
    archives,
    checks,
    classes,
    complaints,
    directory,
    evaluators,
    exposures,
    figures,
    finding,
    joining,
    levels,
    notices,
    objections,
    open_data,
    pages,
    standards,
    stars,
)
from voucher.doors.web.public.blueprint import public

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "archives",
    "checks",
    "classes",
    "complaints",
    "directory",
    "evaluators",
    "exposures",
    "figures",
    "finding",
    "joining",
    "levels",
    "notices",
    "objections",
    "open_data",
    "pages",
    "public",
    "standards",
    "stars",
]
