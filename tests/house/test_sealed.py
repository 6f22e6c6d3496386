"""Every sealed column is a person's, who takes it along to a new number, or another's, by name."""

from __future__ import annotations

from voucher.plumbing.db import Model, load_models
from voucher.plumbing.sealed_columns import list_declared
from voucher.plumbing.types import Bytes

# sealed under another key than a person's own, and so not a person's to take along
OF_ANOTHER = {
    "register_entry.name_sealed": "the number the register named, whoever has it",
    "payee_account.account_sealed": "an organisation",
    "filing.legal_name_sealed": "an organisation",
    "filing.contact_name_sealed": "an organisation",
    "filing.contact_mobile_sealed": "an organisation",
    "filing_paper.content_sealed": "an organisation",
    "objection.contact_sealed": "the objection itself",
    "complaint.words_sealed": "the complaint itself",
    "complaint.contact_sealed": "the complaint itself",
    "outbox.sealed": "a telephone",
    "mailbox_letter.sealed": "a telephone",
    "login_code.mobile_sealed": "a telephone",
    "inspection_photo.content_sealed": "the inspection itself",
}


def list_sealed() -> set[str]:
    """Return every column that holds something closed under a key."""
    load_models()
    return {
        f"{table.name}.{column.name}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Bytes) and column.name.endswith("sealed")
    }


def test_of_every_sealed_column_it_is_said_whose_it_is() -> None:
    assert list_sealed() == set(list_declared()) | set(OF_ANOTHER)
    assert set(list_declared()).isdisjoint(OF_ANOTHER)
    assert len(list_declared()) == len(set(list_declared()))


def test_one_nobody_declared_would_be_seen() -> None:
    assert list_sealed() != (set(list_declared()) | set(OF_ANOTHER)) - {"person.name_sealed"}
