"""What goes out of a row as it stands: told by itself where marshmallow would come to the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Moment


def _say_moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


# of each kind of field the values it tells as they are, or how
_OWN: dict[type[fields.Field[Any]], tuple[type, Callable[[Any], Any] | None]] = {
    fields.Integer: (int, None),
    fields.String: (str, None),
    Moment: (datetime, _say_moment),
}


class Told(Schema):
    """A row of whole numbers, words and moments under their own names; anything else is marshmallow's.

    Measured: marshmallow makes nine calls for each value of a row.
    """

    _plain: tuple[tuple[str, type, Callable[[Any], Any] | None], ...] = ()

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        found = [(name, each, _OWN.get(type(each))) for name, each in self.dump_fields.items()]
        plain = [(name, *own) for name, each, own in found if own and not (each.data_key or each.attribute)]
        if not more and not any(self._hooks.values()) and len(plain) == len(found):
            self._plain = tuple(plain)

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """Return what is told of a row."""
        told: dict[str, Any] = {}
        if many or isinstance(obj, dict | list | tuple):
            return super().dump(obj, many=many)
        for name, kind, say in self._plain:
            value = getattr(obj, name, self)
            if value is None:
                told[name] = None
            elif type(value) is kind:
                told[name] = value if say is None else say(value)
            else:
                return super().dump(obj, many=many)
        return told or super().dump(obj, many=many)
