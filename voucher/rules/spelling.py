"""One spelling for numbers and codes, whatever keyboard or spreadsheet they come from."""

from __future__ import annotations

import unicodedata
from datetime import date

from voucher.rules.register import rule


@rule(number="SPL-01", stage="通用", source="S2-15i; AC-B3【设】", since=date(2021, 10, 28))
def fold_spelling(text: str) -> str:
    """Return the text in compatibility form (NFKC) without spaces and invisible characters."""
    if text.isascii() and text.isalnum():
        return text  # what most files hold is folded already
    folded = unicodedata.normalize("NFKC", text)
    return "".join(
        letter
        for letter in folded
        if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Cc")
    )
