"""A process that works a roster off and says after each piece how far it is, so that it can be killed."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.stages.issue.carrying_on import carry_on
from voucher.stages.issue.running import Desk

PIECE_ROWS = 40


def main(url: str, keys: str, files: str, at: str, issue_id: str) -> None:
    """Carry a run on to its end."""
    moment = datetime.fromisoformat(at)
    keyring = Keyring.open(Path(keys), create=False)
    desk = Desk(
        Database(url), keyring, lambda: moment, FileStore(Path(files)), Limits(), piece_rows=PIECE_ROWS
    )
    say("ready")
    done = carry_on(desk, int(issue_id), lambda read, _total: say(read))
    say(done.phase)


def say(word: object) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
