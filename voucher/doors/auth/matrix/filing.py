"""The access matrix of the API for filings of institutions and what hangs on them."""

from __future__ import annotations

from voucher.doors.auth.entries import DESK, OFFICERS, PAYEE_HANDS, WORKERS, Access
from voucher.rules.actor import Role

APPLICANTS = WORKERS | {Role.INSTITUTION_ADMIN}


FILING: dict[str, Access] = {
    "payees.agree_account": Access(PAYEE_HANDS, "本机构另一人确认提出的收款账户"),
    "institution_filings.list_institution_filings": Access(DESK | APPLICANTS, "查看机构备案申请"),
    "institution_filings.show_institution_filing": Access(DESK | APPLICANTS, "查看机构备案申请"),
    "institution_filings.open_institution_filing": Access(APPLICANTS, "起草机构备案申请"),
    "institution_filings.add_filing_licence": Access(APPLICANTS, "添加证照及其照片", uploads=True),
    "institution_filings.add_filing_scope": Access(APPLICANTS, "添加申请培训的职业和等级"),
    "institution_filings.add_filing_teacher": Access(APPLICANTS, "添加教师"),
    "institution_filings.add_filing_room": Access(APPLICANTS, "添加场地"),
    "institution_filings.add_filing_photo": Access(APPLICANTS, "添加场地照片", uploads=True),
    "institution_filings.strike_filing_part": Access(APPLICANTS, "移除备案申请中的一项"),
    "institution_filings.file_institution_filing": Access(APPLICANTS, "提交机构备案申请"),
    "institution_filings.withdraw_institution_filing": Access(APPLICANTS, "撤回机构备案申请"),
    "institution_filings.review_institution_filing": Access(OFFICERS, "审核机构备案；不由申请人办理"),
}
