"""Settings read once from the environment; nothing below the doors reads it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

# where `make demo` serves
LOCAL_HOST = "127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class SignOn:
    """The single sign-on (OIDC) of the province: where it is, who we are there, what it calls a person."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    number_claim: str


@dataclass(frozen=True, slots=True)
class Config:
    """Where this installation keeps its data and its keys, and how much it accepts at once.

    `public_host` (with its port where it has one) is what records are signed for: what a visitor says in the
    Host header signs nothing.
    """

    database_url: str
    data_folder: Path
    key_file: Path
    anchor_file: Path
    reference_folder: Path | None
    max_xlsx_rows: int
    max_upload_bytes: int
    demo: bool
    secret_cookies: bool
    anchor_mail_to: str | None = None
    sms_url: str | None = None
    sms_token: str = field(default="", repr=False)
    outside_token: str = field(default="", repr=False)
    sign_on: SignOn | None = None
    public_host: str = LOCAL_HOST

    @property
    def has_sms(self) -> bool:
        """Return whether short messages go anywhere: to a provider, or to the demonstration's mailbox."""
        return self.demo or self.sms_url is not None

    @property
    def exports_folder(self) -> Path:
        """Return the folder of packages that auditors have asked for."""
        return self.data_folder / "exports"

    @property
    def mail_folder(self) -> Path:
        """Return the folder of letters that the machine's own mail system takes."""
        return self.data_folder / "mail"

    @property
    def rosters_folder(self) -> Path:
        """Return the folder of rosters that are being issued; a roster leaves it when it is done."""
        return self.data_folder / "rosters"


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
        anchor_mail_to=environment.get("VOUCHER_ANCHOR_MAIL_TO") or None,
        sms_url=environment.get("VOUCHER_SMS_URL") or None,
        sms_token=_read_secret(environment, "VOUCHER_SMS_TOKEN_FILE"),
        outside_token=_read_secret(environment, "VOUCHER_OUTSIDE_TOKEN_FILE"),
        sign_on=_read_sign_on(environment),
        public_host=environment.get("VOUCHER_PUBLIC_HOST") or LOCAL_HOST,
    )


def _read_sign_on(environment: Mapping[str, str]) -> SignOn | None:
    issuer = environment.get("VOUCHER_OIDC_ISSUER")
    if not issuer:
        return None
    return SignOn(
        issuer=issuer.rstrip("/"),
        client_id=environment.get("VOUCHER_OIDC_CLIENT_ID") or "voucher",
        client_secret=_read_secret(environment, "VOUCHER_OIDC_SECRET_FILE"),
        name=environment.get("VOUCHER_OIDC_NAME") or "统一身份认证",
        number_claim=environment.get("VOUCHER_OIDC_NUMBER_CLAIM") or "identity_number",
    )


def _read_secret(environment: Mapping[str, str], name: str) -> str:
    """Return what a file holds; secrets are named in the environment and never stand in it."""
    path = environment.get(name)
    return Path(path).read_text("utf-8").strip() if path else ""
