"""Credentials: signed for one voucher in one phone, ended as soon as either changes.

What is written down is sealed under the holder's own key, since it carries a masked name and four digits; its
digest, which includes the signature, is all a counter needs.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.ledger.credentials.keys import ALGORITHMS, SigningKey, get_signing_key
from voucher.ledger.credentials.reserving import read_reserved
from voucher.ledger.credentials.status import Place, Status, set_status, take_places
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model, insert_rows
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import Credential, credential_message, encode_body, fit_name
from voucher.rules.lifecycle import Thing

VID_DOMAIN, CONTENT = "credential_vid", "credential.content"
VID_DIGITS = 16
REISSUED = "reissued"
LOOKUP_CHUNK = 500
LIVE = text("ended_at IS NULL")


class IssuedCredential(Model):
    """A credential as it was signed: for which voucher and phone, reserved to which institution, until when.

    `vid` is the voucher's name in codes, in hex, the same in every credential of it. `kid` is the whole
    thumbprint of the issuer's key. One is live per voucher.
    """

    __tablename__ = "credential"
    __table_args__ = (
        UniqueConstraint("voucher_id", "revision"),
        # two vouchers of one name would be an accident of 2^-64, and is refused
        UniqueConstraint("vid", "revision"),
        UniqueConstraint("digest"),
        UniqueConstraint("status_list", "status_place"),
        CheckConstraint("length(vid) = 16 AND length(digest) = 64", name="lengths"),
        CheckConstraint("expires_at > not_before", name="dates"),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended_why"),
        Index("uq_credential_live", "voucher_id", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_credential_device", "device_id"),
        Index("ix_credential_live_until", "expires_at", sqlite_where=LIVE, postgresql_where=LIVE),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_credential_holder",
        ),
        ForeignKeyConstraint(
            ["device_id", "person_id"], ["device.id", "device.person_id"], name="fk_credential_device"
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    device_id: Mapped[int] = mapped_column(Int64, nullable=False)
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    vid: Mapped[str] = mapped_column(Text, nullable=False)
    kid: Mapped[str] = mapped_column(Text, nullable=False)
    status_list: Mapped[int] = mapped_column(Int64, nullable=False)
    status_place: Mapped[int] = mapped_column(Int64, nullable=False)
    not_before: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    digest: Mapped[str] = mapped_column(Text, nullable=False)
    content_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    issued_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_why: Mapped[str | None] = mapped_column(Text)


sealed_of_person(
    IssuedCredential.content_sealed, CONTENT, lambda person_id: IssuedCredential.person_id == person_id
)
translate("uq_credential_live", "credential.voucher_id", CHANGED_MEANWHILE)
translate(
    "uq_credential_voucher_id_revision", "credential.voucher_id, credential.revision", CHANGED_MEANWHILE
)
translate("uq_credential_vid_revision", "credential.vid, credential.revision", CHANGED_MEANWHILE)
translate("uq_credential_digest", "credential.digest", CHANGED_MEANWHILE)
translate(
    "uq_credential_status_list_status_place",
    "credential.status_list, credential.status_place",
    CHANGED_MEANWHILE,
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a credential says of its holder, and the key its copy is sealed under."""

    masked_name: str
    last_four: str
    subject_key: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """One voucher to be signed for, the phone it goes into by its key, and until when."""

    voucher: Voucher
    device_id: int
    holder_key: bytes
    expires_at: datetime


def vid_of(keyring: Keyring, voucher_id: int) -> str:
    """Return a voucher's name in codes: the same for ever, and no serial number."""
    return keyring.blind_index(VID_DOMAIN, str(voucher_id))[:VID_DIGITS]


def issue_credentials(work: Work, asked: Sequence[Asked], bearers: Mapping[int, Bearer]) -> int:
    """Sign a credential for each locked voucher, end the one before it, and return how many.

    Raises Refused signing_key_missing, signer_unavailable.
    """
    if not asked:
        return 0
    key = get_signing_key(work)
    voucher_ids = [each.voucher.id for each in asked]
    revisions = _end_former(work, voucher_ids)
    reserved = read_reserved(work.session, voucher_ids)
    rows = [
        _sign(
            work,
            key,
            each,
            bearers[each.voucher.holder_person_id],
            place,
            institution_id=reserved.get(each.voucher.id),
        )
        | {"revision": revisions.get(each.voucher.id, 0) + 1}
        for each, place in zip(asked, take_places(work, len(asked)), strict=True)
    ]
    insert_rows(work.session, IssuedCredential, rows)
    _record(work, rows)
    return len(rows)


def _sign(
    work: Work, key: SigningKey, asked: Asked, bearer: Bearer, place: Place, *, institution_id: int | None
) -> dict[str, object]:
    """Return the row of one credential, signed."""
    voucher, vid = asked.voucher, vid_of(work.keyring, asked.voucher.id)
    not_before, expires_at = work.at.replace(microsecond=0), asked.expires_at.replace(microsecond=0)
    body = encode_body(
        Credential(
            algorithm=ALGORITHMS[key.alg],
            kid=key.kid4,
            vid=bytes.fromhex(vid),
            status_list=place.sl,
            status_place=place.si,
            not_before=int(not_before.timestamp()),
            expires=int(expires_at.timestamp()),
            region=voucher.region_code,
            programme=voucher.programme_id,
            amount_fen=voucher.cap_fen,
            institution=institution_id or 0,
            # an offline counter takes only what is reserved to it
            offline_allowed=institution_id is not None,
            card_required=True,
            photo_required=False,
            last_four=bearer.last_four,
            holder_key=asked.holder_key,
            masked_name=fit_name(bearer.masked_name),
        )
    )
    content = body + key.sign(credential_message(body))
    return {
        "voucher_id": voucher.id,
        "person_id": voucher.holder_person_id,
        "device_id": asked.device_id,
        "institution_id": institution_id,
        "vid": vid,
        "kid": key.kid,
        "status_list": place.sl,
        "status_place": place.si,
        "not_before": not_before,
        "expires_at": expires_at,
        "digest": hashlib.sha256(content).hexdigest(),
        "content_sealed": work.keyring.seal(bearer.subject_key, CONTENT, base64.b64encode(content).decode()),
        "issued_at": work.at,
    }


def _end_former(work: Work, voucher_ids: Sequence[int]) -> dict[int, int]:
    """End what was signed for these vouchers before, and return the newest revision of each that has one."""
    found: dict[int, int] = {}
    for start in range(0, len(voucher_ids), LOOKUP_CHUNK):
        chunk = voucher_ids[start : start + LOOKUP_CHUNK]
        rows = work.session.execute(
            select(IssuedCredential.voucher_id, func.max(IssuedCredential.revision))
            .where(IssuedCredential.voucher_id.in_(chunk))
            .group_by(IssuedCredential.voucher_id)
        )
        found.update(rows.all())
    if found:
        end_vouchers_credentials(work, found, REISSUED)
    return found


def _record(work: Work, rows: Iterable[Mapping[str, object]]) -> None:
    audit.record(
        work,
        [
            audit.Entry(
                str(Thing.VOUCHER),
                int(str(row["voucher_id"])),
                "sign",
                {"revision": row["revision"], "device": row["device_id"], "kid": row["kid"]},
            )
            for row in rows
        ],
    )


def end_vouchers_credentials(work: Work, voucher_ids: Iterable[int], why: str) -> int:
    """End the live credentials of vouchers and return how many: what was shown with them is refused."""
    ordered = sorted(set(voucher_ids))
    return sum(
        end_credentials(work, IssuedCredential.voucher_id.in_(ordered[start : start + LOOKUP_CHUNK]), why)
        for start in range(0, len(ordered), LOOKUP_CHUNK)
    )


def of_device(device_id: int) -> ColumnElement[bool]:
    """Return the condition for the credentials in a phone."""
    return IssuedCredential.device_id == device_id


def end_credentials(work: Work, condition: ColumnElement[bool], why: str) -> int:
    """End live credentials for good, their places in the status lists with them, and return how many."""
    ended = work.session.execute(
        update(IssuedCredential)
        .where(condition, IssuedCredential.ended_at.is_(None))
        .values(ended_at=work.at, ended_why=why)
        .returning(IssuedCredential.status_list, IssuedCredential.status_place)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        set_status(work, [Place(sl, si) for sl, si in ended], Status.ENDED)
    return len(ended)


def list_live(session: Session, device_id: int) -> list[IssuedCredential]:
    """Return the live credentials in a phone, the oldest voucher first."""
    return list(
        session.scalars(
            select(IssuedCredential)
            .where(of_device(device_id), IssuedCredential.ended_at.is_(None))
            .order_by(IssuedCredential.voucher_id)
        )
    )


def open_content(keyring: Keyring, subject_key: bytes, found: IssuedCredential) -> bytes:
    """Return the credential as it was signed, for its holder's phone. Raises Refused secret_unreadable."""
    return base64.b64decode(keyring.unseal(subject_key, CONTENT, found.content_sealed))
