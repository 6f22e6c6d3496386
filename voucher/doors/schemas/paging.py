"""Lists by cursor: opaque text that says where the next page begins; a total is never counted."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Count, Words
from voucher.rules.errors import reason
from voucher.rules.money import LARGEST_FEN as LARGEST_ID

Row = TypeVar("Row")
ROWS, ROWS_MAX = 50, 200

CURSOR_INVALID = reason(
    "cursor_invalid",
    "翻页标记无效",
    "请原样使用上一页返回的 next_cursor，或不带 cursor 从第一页开始",
    "DESIGN §8",
)


class Paging(Schema):
    """Where a page begins and how many rows it holds."""

    cursor = Words(
        most=100, load_default=None, allow_none=True, metadata={"description": "上一页的 next_cursor"}
    )
    limit = Count(least=1, most=ROWS_MAX, load_default=ROWS, metadata={"description": "每页条数"})


def page_of(items: Schema, name: str) -> type[Schema]:
    """Return the schema of one page of these items."""
    page: type[Schema] = Schema.from_dict(
        {
            "items": fields.List(fields.Nested(items)),
            "next_cursor": fields.String(
                allow_none=True, metadata={"description": "下一页的标记；没有下一页时为 null"}
            ),
        },
        name=name,
    )
    return page


def place(asked: dict[str, Any]) -> int | None:
    """Return the id or position after which the asked page begins. Raises Refused cursor_invalid."""
    given = asked.get("cursor")
    if given is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        number = json.loads(raw)["after"]
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        raise CURSOR_INVALID.refused() from None
    # b64decode takes junk: only what we would have written ourselves is a cursor of ours
    if isinstance(number, bool) or not isinstance(number, int) or write_cursor(number) != given:
        raise CURSOR_INVALID.refused()
    if not 0 <= number <= LARGEST_ID:
        raise CURSOR_INVALID.refused()
    return number


def write_cursor(number: int) -> str:
    """Return the cursor that goes on after an id or a position."""
    return base64.urlsafe_b64encode(json.dumps({"after": number}).encode()).decode().rstrip("=")


def paged(
    asked: dict[str, Any], read: Callable[[int | None, int], Sequence[Row]], where: Callable[[Row], int]
) -> dict[str, Any]:
    """Read one page and one row more, to know whether another follows. Raises Refused cursor_invalid."""
    limit = asked["limit"]
    rows = list(read(place(asked), limit + 1))
    more = len(rows) > limit
    items = rows[:limit]
    return {"items": items, "next_cursor": write_cursor(where(items[-1])) if more else None}
