"""A process that has read the whole house once and splits a new one off for every command line it is told.

Reading it takes two seconds, and a test sends twenty commands. What a command does is done in a process of
its own all the same: its own environment, folder, output and exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import NoReturn

from voucher.cli import main
from voucher.cli.group import VERBS
from voucher.plumbing.db import load_models


def serve() -> None:
    """Answer each line of JSON (words, environment, files to write to) with an exit code."""
    load_models()
    for verb in VERBS.values():
        importlib.import_module(verb.module)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _be(told: dict[str, str | list[str] | dict[str, str]]) -> NoReturn:
    code: object = 1
    try:
        words, environment = told["words"], told["environment"]
        assert isinstance(words, list)
        assert isinstance(environment, dict)
        os.environ.clear()
        os.environ.update(environment)
        for number, name in ((0, os.devnull), (1, str(told["out"])), (2, str(told["err"]))):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
        sys.argv = ["voucher", *words]
        main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    serve()
