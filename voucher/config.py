"""Settings read once from the environment; nothing below the doors reads it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True, slots=True)
class Config:
    """Where this installation keeps its data and its keys, and how much it accepts at once."""

    database_url: str
    data_folder: Path
    key_file: Path
    anchor_file: Path
    reference_folder: Path | None
    max_xlsx_rows: int
    max_upload_bytes: int
    demo: bool
    secret_cookies: bool

    @property
    def files_folder(self) -> Path:
        """Return the folder of stored files."""
        return self.data_folder / "files"


def read_config(environment: Mapping[str, str]) -> Config:
    """Return the settings an environment asks for; every one of them has a working default."""
    folder = Path(environment.get("VOUCHER_DATA_DIR") or user_data_path("voucher", appauthor=False))
    reference = environment.get("VOUCHER_REFERENCE_DIR")
    return Config(
        database_url=environment.get("VOUCHER_DATABASE_URL") or f"sqlite:///{folder / 'voucher.db'}",
        data_folder=folder,
        key_file=Path(environment.get("VOUCHER_KEY_FILE") or folder / "keys.json"),
        anchor_file=Path(environment.get("VOUCHER_ANCHOR_FILE") or folder / "anchors.jsonl"),
        reference_folder=Path(reference) if reference else None,
        max_xlsx_rows=int(environment.get("VOUCHER_MAX_XLSX_ROWS") or 100_000),
        max_upload_bytes=int(environment.get("VOUCHER_MAX_UPLOAD_BYTES") or 64 * 1024 * 1024),
        demo=environment.get("VOUCHER_DEMO") == "1",
        secret_cookies=environment.get("VOUCHER_HTTPS") == "1",
    )
