"""The application for any WSGI server: `gunicorn wsgi:app`, with `voucher worker` beside it."""

from __future__ import annotations

import os

from voucher.app import open_app
from voucher.plumbing.logs import configure_logs

configure_logs()
app = open_app(os.environ)
