"""Pages, by who stands there: anyone, the office, finance, supervisors; server-rendered, Chinese first."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask

from voucher.doors.web import assets, caching, packing
from voucher.doors.web.navigation import frame
from voucher.doors.web.showing import FILTERS, WORDS


def install(app: Flask, frontend: Path) -> None:
    """Open the pages, with the styles and scripts built in a folder. Raises Refused frontend_missing."""
    # read late: the rooms need this package to be there already
    from voucher.doors.web.custodian import custodian
    from voucher.doors.web.entrance import entrance
    from voucher.doors.web.evaluator import evaluator
    from voucher.doors.web.finance import finance
    from voucher.doors.web.institution import institution
    from voucher.doors.web.office import office
    from voucher.doors.web.public import public
    from voucher.doors.web.supervisor import supervisor
    from voucher.doors.web.worker import worker

    web = Blueprint("web", __name__)
    for side in (public, entrance, worker, institution, evaluator, office, finance, supervisor, custodian):
        web.register_blueprint(side)
    app.register_blueprint(web)
    assets.install(app, frontend)
    packing.install(app)
    caching.install(app)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(WORDS)
    app.context_processor(frame)
