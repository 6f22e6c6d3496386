"""Which lists a filter can be saved of, by which fields, and what of it the acting account keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import url_for

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.registry.access.saved_filters import SavedFilter, list_filters
from voucher.rules.card_numbers import find_identity

LONGEST_VALUE = 50  # what `fields.asked` reads of a filter

# endpoint of the list → its name, the fields of its filter
SAVABLE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "web.office.batches": ("结算批次", ("tab", "state", "line", "region")),
    "web.office.vouchers": ("培训券", ("state", "number", "programme", "region")),
    "web.office.certificates": ("证书", ("state", "half", "region")),
    "web.finance.budgets": ("预算", ("area", "fund", "of", "left")),
    "web.finance.files": ("拨付文件", ("state", "region")),
    "web.finance.ledger": ("账本", ("budget", "act", "month", "voucher")),
    "web.finance.clawbacks": ("追回", ("state", "payee", "region")),
    "web.institution.claims": ("结算申请", ("state",)),
    "web.institution.classes": ("班级", ("state", "trade")),
    "web.evaluator.claims": ("评价补贴申领", ("state",)),
    "web.institution.payments": ("到账", ("outcome",)),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One saved filter as a page shows it: its name, where it leads."""

    id: int
    place_name: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Saving:
    """What a list shows of saved filters: those kept, and the present filter where there is one to save."""

    place: str
    kept: list[Kept]
    query: str


def saving_of(place: str, chosen: Mapping[str, object]) -> Saving:
    """Return what the page of a list shows, with the filter it is filtered by now."""
    with the_door().read() as session:
        rows = list_filters(session, current_actor().user_id, place)
    return Saving(place, tell(rows), spell(place, {name: str(value or "") for name, value in chosen.items()}))


def tell(rows: Sequence[SavedFilter]) -> list[Kept]:
    """Return saved filters as pages show them; lists and fields that are gone are left out.

    One of which nothing is left would open the whole list under its name.
    """
    return [
        Kept(row.id, SAVABLE[row.place][0], row.name, f"{url_for(row.place)}?{asked}")
        for row in rows
        if row.place in SAVABLE and (asked := read(row.place, row.query))
    ]


def spell(place: str, given: Mapping[str, str]) -> str:
    """Return a filter as an address writes it: only fields of this list, in their order, none empty.

    What names somebody by identity number is looked for once, and kept in no filter.
    """
    _, names = SAVABLE[place]
    typed = [(name, given.get(name, "").strip()[:LONGEST_VALUE]) for name in names]
    return urlencode([(name, value) for name, value in typed if value and find_identity(value) is None])


def read(place: str, query: str) -> str:
    """Return the filter a form sent, with whatever does not belong to the list left out."""
    return spell(place, dict(parse_qsl(query)))
