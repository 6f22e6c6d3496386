"""The statements a session sends: how many there are is what a list may cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def watched(session: Session) -> Iterator[list[str]]:
    """Yield the statements a session sends meanwhile."""
    sent: list[str] = []

    def note(_c: object, _u: object, statement: str, _p: object, _x: object, _m: object) -> None:
        sent.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
