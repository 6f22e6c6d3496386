"""Writing the file for the national register: what was never sent, and what changed since it was."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.card_numbers import open_numbers
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.registry.phones import read_keys
from voucher.rules.actor import ROLE_MISSING, Role, check_role
from voucher.rules.assessment import format_score
from voucher.rules.card_numbers import find_digest
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.register_files import (
    COLUMNS,
    IDENTITY_CARD,
    SOURCE,
    UPLOAD_ACT_NAMES,
    UploadAct,
    judge_upload,
)
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, METHOD_NAMES, CertificateKind, Method
from voucher.stages.certify.models import CERTIFICATE_NAME, Certificate
from voucher.stages.certify.models_uploads import RegisterUpload, RegisterUploadLine
from voucher.stages.certify.queries.archive import name_ordinal
from voucher.stages.certify.queries.register_uploads import find_closed, find_newest_lines

DIGEST = "register_upload"
REVIEWED = COLUMNS.index("综合评审成绩")
ACTING = ("=", "+", "-", "@", "\t")  # cells that would act in a spreadsheet

DAYS_REVERSED = reason(
    "register_upload_days_reversed", "发证日期止早于发证日期起", "请核对起止日期，首尾两日都包括", SOURCE
)
NOTHING_DUE = reason(
    "register_upload_nothing_due",
    "所选的证书都已生成过上传文件，没有新增、更正或撤销",
    "需要原文件的，请在下面的记录里重新下载，不要重复上传",
    SOURCE,
    Family.CONFLICT,
)
UPLOAD_MISSING = reason(
    "register_upload_missing",
    "没有找到这份上传文件",
    "请从本机构的联网上传记录重新选择",
    SOURCE,
    Family.MISSING,
)
NUMBERS_CLOSED = reason(
    "register_upload_numbers_closed",
    "所选的证书有 {count} 本不能写入上传文件：编号中的证件号码不是持证人现在或以前的",
    "请对照原件核对：持证人变更过证件号码的，请到经办机构办理身份更正；编号登记有误的，申请撤销后按原件重新登记",
    SOURCE,
    Family.CONFLICT,
)
UPLOAD_STALE = reason(
    "register_upload_stale",
    "有 {count} 本证书在文件生成以后有更正、撤销或身份更正，原文件不能再下载",
    "请生成一份新文件，其中含更正和撤销，再上传",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A file as it is sent: its number, and its rows under its columns."""

    upload: RegisterUpload
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def content(self) -> bytes:
        """Return the file as csv; its hash is the one kept."""
        return write_csv(self.columns, self.rows)


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as csv for a spreadsheet, in UTF-8 with its mark; no cell can act."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(columns)
    sheet.writerows([f"'{each}" if each.startswith(ACTING) else each for each in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def lay_out(
    rows: Sequence[tuple[str, ...]],
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the columns of a file and its rows under them.

    That of the comprehensive review stands there where somebody had one: files made before there was any are
    written again as they were.
    """
    if any(row[REVIEWED] for row in rows):
        return COLUMNS, tuple(rows)
    bare = [(*row[:REVIEWED], *row[REVIEWED + 1 :]) for row in (COLUMNS, *rows)]
    return bare[0], tuple(bare[1:])


def make_upload(work: Work, institution_id: int, since: date, until: date) -> RegisterUpload:
    """Write down a file of an evaluator's certificates issued in a period, as far as anything is due of them.

    Raises Refused role_missing, register_upload_days_reversed, register_upload_nothing_due,
    register_upload_numbers_closed, changed_meanwhile.
    """
    _check_admin(work, institution_id)
    if until < since:
        raise DAYS_REVERSED.refused()
    return _make(work, institution_id, Certificate.issued_on.between(since, until), since, until)


def make_batch_upload(work: Work, institution_id: int, batch: str) -> RegisterUpload:
    """Write down a file of the certificates of one exam, as far as anything is due of them.

    Raises Refused role_missing, register_upload_nothing_due (also for an unknown exam),
    register_upload_numbers_closed, changed_meanwhile.
    """
    _check_admin(work, institution_id)
    return _make(work, institution_id, Certificate.evaluation_batch == batch, batch=batch)


def _check_admin(work: Work, institution_id: int) -> None:
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    if not work.actor.serves(institution_id, Role.EVALUATOR_ADMIN):
        raise ROLE_MISSING.refused(needed="该评价机构管理员")


def _make(
    work: Work,
    institution_id: int,
    chosen: ColumnElement[bool],
    since: date | None = None,
    until: date | None = None,
    batch: str | None = None,
) -> RegisterUpload:
    """Write down a file of what is due of the chosen certificates; untold, its days are theirs."""
    found = work.session.scalars(
        select(Certificate)
        .where(
            Certificate.institution_id == institution_id,
            Certificate.kind != CertificateKind.TRAINING_COMPLETION,
            chosen,
        )
        .order_by(Certificate.id)
    ).all()
    due = _list_due(work.session, work.keyring, found)
    if not due:
        closed = find_closed(work.session, work.keyring, found)
        raise NUMBERS_CLOSED.refused(count=len(closed)) if closed else NOTHING_DUE.refused()
    rows = [(UPLOAD_ACT_NAMES[act], *told) for act, told, _, _ in due.values()]
    issued = [each.issued_on for each in found if each.id in due]
    made = RegisterUpload(
        institution_id=institution_id,
        since=since or min(issued),
        until=until or max(issued),
        rows=len(rows),
        sha256=hashlib.sha256(write_csv(*lay_out(rows))).hexdigest(),
        made_at=work.at,
        made_by_person_id=work.actor.person_id,
        evaluation_batch=batch,
    )
    work.session.add(made)
    work.session.flush()
    work.session.add_all(
        RegisterUploadLine(
            upload_id=made.id, certificate_id=certificate_id, revision=revision, act=act, digest=digest
        )
        for certificate_id, (act, _, digest, revision) in due.items()
    )
    work.session.flush()
    audit.record_one(work, "register_upload", made.id, "make", rows=made.rows, sha256=made.sha256)
    return made


def _list_due(
    session: Session, keyring: Keyring, certificates: Sequence[Certificate]
) -> dict[int, tuple[UploadAct, tuple[str, ...], str, int]]:
    """Return by certificate what is due of it, its line, the line's digest and the revision it would be."""
    told = tell(session, keyring, certificates)
    former = find_newest_lines(session, list(told))
    due = {}
    for each in certificates:
        if each.id not in told:
            continue
        revision, digest = former.get(each.id, (0, None))
        now = digest_of(keyring, told[each.id])
        act = judge_upload(digest, now, revoked=each.state == "revoked")
        if act is not None:
            due[each.id] = (act, told[each.id], now, revision + 1)
    return due


def open_upload(work: Work, upload_id: int) -> UploadFile:
    """Write a file again from its lines, for whom it was made; who opens it is kept.

    Raises Refused role_missing, register_upload_missing (also for a foreign one), register_upload_stale.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    made = work.session.get(RegisterUpload, upload_id)
    if made is None or not work.actor.serves(made.institution_id, Role.EVALUATOR_ADMIN):
        raise UPLOAD_MISSING.refused()
    lines = work.session.scalars(
        select(RegisterUploadLine)
        .where(RegisterUploadLine.upload_id == made.id)
        .order_by(RegisterUploadLine.certificate_id)
    ).all()
    found = work.session.scalars(
        select(Certificate).where(Certificate.id.in_([each.certificate_id for each in lines]))
    ).all()
    told = tell(work.session, work.keyring, found)
    stale = [
        each
        for each in lines
        if each.certificate_id not in told
        or digest_of(work.keyring, told[each.certificate_id]) != each.digest
    ]
    if stale:
        raise UPLOAD_STALE.refused(count=len(stale))
    audit.record_one(work, "register_upload", made.id, "open")
    rows = tuple((UPLOAD_ACT_NAMES[UploadAct(each.act)], *told[each.certificate_id]) for each in lines)
    return UploadFile(made, *lay_out(rows))


def digest_of(keyring: Keyring, told: Sequence[str]) -> str:
    """Return the keyed digest of a line; a comprehensive review nobody had is no part of it, as ever."""
    place = REVIEWED - 1  # what is done with a line stands before it
    kept = [each for here, each in enumerate(told) if here != place or each]
    return keyring.blind_index(DIGEST, canonical_json(kept))


def tell(
    session: Session, keyring: Keyring, certificates: Sequence[Certificate]
) -> dict[int, tuple[str, ...]]:
    """Return the line of each certificate without its act; holders who were erased are left out.

    So are numbers that cannot be put together: what is kept in their place is told to nobody.
    """
    persons = [each.person_id for each in certificates]
    named, keys = people.read_people(session, keyring, persons), read_keys(session, keyring, persons)
    whole = open_numbers(session, keyring, [(each.person_id, each.number) for each in certificates])
    trades = catalogue.name_trades(session, [each.trade_code for each in certificates])
    houses = {each.institution_id: session.get_one(Institution, each.institution_id) for each in certificates}
    filings = {
        each.filing_id: session.get_one(EvaluatorFiling, each.filing_id).filing_number
        for each in certificates
        if each.filing_id is not None
    }
    return {
        each.id: (
            keyring.unseal(keys[each.person_id], CERTIFICATE_NAME, each.name_sealed),
            IDENTITY_CARD,
            named[each.person_id].number or "",
            CERTIFICATE_KIND_NAMES[CertificateKind(each.kind)],
            trades.get(each.trade_code, each.trade_code),
            each.trade_code,
            name_ordinal(each.level),
            whole[each.person_id, each.number],
            each.issued_on.isoformat(),
            *(
                format_score(score) if score is not None else ""
                for score in (each.theory_hundredths, each.skill_hundredths, each.comprehensive_hundredths)
            ),
            houses[each.institution_id].name,
            houses[each.institution_id].code,
            filings.get(each.filing_id, "") if each.filing_id is not None else "",
            each.evaluation_batch or "",
            METHOD_NAMES[Method(each.method)],
            # whether the register has it yet is the register's to say; revoked is ours
            STATE_NAMES[Thing.CERTIFICATE]["revoked" if each.state == "revoked" else "valid"],
        )
        for each in certificates
        if each.person_id in named
        and each.person_id in keys
        and find_digest(whole[each.person_id, each.number]) is None
    }
