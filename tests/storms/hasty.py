"""A server that answers before it has stored anything: what the storm must be able to catch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

DELAY_SECONDS = 0.25


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer 201 at once and write the act down a quarter of a second later."""
    if environ["REQUEST_METHOD"] == "POST":
        kept = Path(os.environ["HASTY_FOLDER"]) / str(environ["PATH_INFO"]).strip("/")
        threading.Timer(DELAY_SECONDS, kept.touch).start()
    start_response("201 Created", [("Content-Type", "text/plain")])
    return [b"done"]
