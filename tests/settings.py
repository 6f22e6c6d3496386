"""The settings of an installation that a test serves: nothing from the environment, all in one folder."""

from __future__ import annotations

from pathlib import Path

from voucher.config import Config

UPLOAD_BYTES = 4 * 1024 * 1024


def config_of(
    folder: Path,
    *,
    demo: bool = False,
    secret_cookies: bool = False,
    anchor_file: Path | None = None,
    max_xlsx_rows: int = 1000,
) -> Config:
    """Return settings over a folder; the database is handed to the application beside them."""
    return Config(
        database_url="",
        data_folder=folder,
        key_file=folder / "keys.json",
        anchor_file=anchor_file or folder / "anchors.jsonl",
        reference_folder=None,
        max_xlsx_rows=max_xlsx_rows,
        max_upload_bytes=UPLOAD_BYTES,
        demo=demo,
        secret_cookies=secret_cookies,
    )
