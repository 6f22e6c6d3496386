"""The application as production serves it, on another day: its own clock, so many seconds behind.

Nothing is opened before the first request, so that gunicorn may load it once and fork.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from voucher.app import create_app
from voucher.config import read_config
from voucher.plumbing.clock import clock_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring

_config = read_config(os.environ)
_database = Database(_config.database_url)
_own = clock_of(_database.engine)
_behind = timedelta(seconds=int(os.environ["STORM_BEHIND_SECONDS"]))


def _clock() -> datetime:
    return _own() - _behind


app = create_app(_config, _database, Keyring.open(_config.key_file, create=False), _clock)
