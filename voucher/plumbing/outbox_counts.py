"""How the letters of the outbox stand: waiting, sent or given up, by what they were refused with last."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.outbox import Letter
from voucher.rules.errors import list_reasons


@dataclass(frozen=True, slots=True)
class Count:
    """How many letters of a topic stand alike, and what they were refused with last."""

    topic: str
    standing: str
    error_code: str | None
    count: int

    @property
    def sentence(self) -> str:
        """Return the last refusal's title, empty where there was none."""
        titles = {each.code: each.title for each in list_reasons()}
        return titles.get(self.error_code or "", self.error_code or "")


def count_letters(session: Session) -> list[Count]:
    """Return how many letters wait (待送), are sent (已送) or given up (放弃), by topic and last refusal."""
    standing = case(
        (Letter.sent_at.is_not(None), "已送"), (Letter.given_up_at.is_not(None), "放弃"), else_="待送"
    )
    rows = session.execute(
        select(Letter.topic, standing, Letter.error_code, func.count())
        .group_by(Letter.topic, standing, Letter.error_code)
        .order_by(Letter.topic, standing, Letter.error_code)
    )
    return [Count(*row) for row in rows]
