"""Templates of everything that is printed, one file each, written for typst."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PAPER_VOUCHER = FOLDER / "paper_voucher.typ"
COMPLETION = FOLDER / "completion.typ"
SLIPS = FOLDER / "slips.typ"
DOOR_LIST = FOLDER / "door_list.typ"
CERTIFICATE = FOLDER / "certificate.typ"
ARCHIVE = FOLDER / "archive.typ"
SHEET = FOLDER / "sheet.typ"
NOTICE = FOLDER / "notice.typ"
CLAWBACK_LETTER = FOLDER / "clawback_letter.typ"
REPORT = FOLDER / "report.typ"
MEASURE = FOLDER / "measure.typ"
OWN_DATA = FOLDER / "own_data.typ"
