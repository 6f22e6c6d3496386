"""Pages, by who stands there: anyone, the office, finance, supervisors; server-rendered, Chinese first."""

from __future__ import annotations

from flask import Blueprint, Flask

from voucher.doors.web.navigation import frame
from voucher.doors.web.showing import FILTERS, WORDS


def install(app: Flask) -> None:
    """Open the pages."""
    # read late: the rooms need this package to be there already
    from voucher.doors.web.entrance import entrance
    from voucher.doors.web.finance import finance
    from voucher.doors.web.office import office
    from voucher.doors.web.public import public
    from voucher.doors.web.supervisor import supervisor

    web = Blueprint("web", __name__)
    for side in (public, entrance, office, finance, supervisor):
        web.register_blueprint(side)
    app.register_blueprint(web)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(WORDS)
    app.context_processor(frame)
