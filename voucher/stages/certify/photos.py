"""The photograph on a certificate (照片): a keyed digest of its file, so that one used for two is seen.

The picture itself never comes here: who issued it says the SHA-256 of its file beside the certificate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.bulk import among, next_ids, write_many
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import reason
from voucher.stages.certify.models_photos import CertificatePhoto, CertificatePhotoRestated

DOMAIN = "certificate photo"
DIGEST = re.compile(r"[0-9a-f]{64}")
NOTHING = sha256().hexdigest()

PHOTO_MALFORMED = reason(
    "certificate_photo_malformed",
    "照片摘要应是照片文件的 SHA-256，64 位十六进制",
    "请用照片原文件计算 SHA-256 后填写；没有照片的留空",
    "【设】风险规则 R21 照片重复使用；FIPS 180-4",
)

PHOTO_EMPTY = reason(
    "certificate_photo_empty",
    "照片摘要是空文件的 SHA-256，不是照片的",
    "没有照片的留空；有照片的，请用照片原文件重新计算",
    "【设】风险规则 R21 照片重复使用；FIPS 180-4",
)


def read_digest(text: str) -> str:
    """Return the SHA-256 a cell states, in small letters.

    Raises Refused certificate_photo_malformed, certificate_photo_empty.
    """
    found = text.strip().lower()
    if DIGEST.fullmatch(found) is None:
        raise PHOTO_MALFORMED.refused()
    if found == NOTHING:
        raise PHOTO_EMPTY.refused()
    return found


def keep_photos(work: Work, stated: Mapping[int, str]) -> None:
    """Keep the digests of photographs by certificate, keyed: no list of pictures finds whose they are."""
    rows = [(each, work.keyring.blind_index(DOMAIN, digest)) for each, digest in sorted(stated.items())]
    write_many(work.session, CertificatePhoto, ("certificate_id", "photo_index"), rows, {})


def note_later(restated: dict[int, str], before: dict[str, Any], photo: str | None) -> None:
    """Note the digest a row states of a certificate recorded before, or further up in the same file."""
    if photo and "id" in before:
        restated[before["id"]] = photo
    elif photo:
        before["photo"] = photo


def restate_photos(work: Work, stated: Mapping[int, str]) -> int:
    """Keep the digests stated later where they are other ones, beside the former, and return how many."""
    if not stated:
        return 0
    wanted = sorted(stated)
    first = work.session.execute(
        select(CertificatePhoto.certificate_id, CertificatePhoto.photo_index).where(
            among(work.session, CertificatePhoto.certificate_id, wanted)
        )
    )
    later = work.session.execute(
        select(CertificatePhotoRestated.certificate_id, CertificatePhotoRestated.photo_index)
        .where(among(work.session, CertificatePhotoRestated.certificate_id, wanted))
        .order_by(CertificatePhotoRestated.id)
    )
    known = {certificate_id: index for rows in (first, later) for certificate_id, index in rows}
    indexes = {each: work.keyring.blind_index(DOMAIN, stated[each]) for each in wanted}
    fresh = {each: index for each, index in indexes.items() if known.get(each) != index}
    made = next_ids(work.session, CertificatePhotoRestated, len(fresh))
    same = {"stated_at": work.at, "stated_by_person_id": work.actor.person_id}
    found = [(i, *each) for i, each in zip(made, fresh.items(), strict=True)]
    write_many(work.session, CertificatePhotoRestated, ("id", "certificate_id", "photo_index"), found, same)
    audit.record(
        work,
        [audit.Entry("certificate", each, "restate_photo", {"first": each not in known}) for each in fresh],
    )
    return len(fresh)
