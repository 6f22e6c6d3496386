"""The access matrix of the API for the later stages: exams, certificates, claims by voucher, holds."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    DESK,
    EVALUATOR_STAFF,
    INSTITUTION_DESK,
    INSTITUTION_STAFF,
    OFFICERS,
    OPERATORS,
    PAYEE_STAFF,
    PUBLIC,
    WORKERS,
    Access,
)
from voucher.rules.actor import Role

_EXAMINERS = frozenset({Role.EVALUATOR_ADMIN, Role.EXAMINER})
_EVALUATORS = frozenset({Role.EVALUATOR_ADMIN})
_READERS = DESK | EVALUATOR_STAFF | INSTITUTION_STAFF | WORKERS
_OFFICE = OFFICERS | {Role.SUPERVISOR}

LATER: dict[str, Access] = {
    "exams.list_exam_batches": Access(DESK | EVALUATOR_STAFF, "查看评价批次"),
    "exams.plan_exam": Access(_EVALUATORS, "评价计划"),
    "exams.show_exam_batch": Access(DESK | EVALUATOR_STAFF, "查看评价批次"),
    "exams.list_candidates": Access(DESK | EVALUATOR_STAFF, "查看考生名单（掩码）"),
    "exams.add_candidates": Access(_EVALUATORS, "增加考生"),
    "exams.cancel_exam": Access(_EVALUATORS, "取消评价批次"),
    "exams.publish_results": Access(_EVALUATORS, "公布成绩；须另一人录入"),
    "exams.admit_candidate": Access(_EXAMINERS, "入场核对"),
    "exams.enter_scores": Access(EVALUATOR_STAFF, "录入成绩"),
    "exams.correct_result": Access(EVALUATOR_STAFF, "更正成绩；由评价机构管理员中另一人确认"),
    "exams.fail_voucher": Access(_EVALUATORS, "最终不合格"),
    "certificates.list_certificates": Access(_READERS, "查看证书（掩码）"),
    "certificates.show_certificate": Access(_READERS, "查看证书（掩码）"),
    "certificates.record": Access(OPERATORS | _EVALUATORS, "登记证书"),
    "certificates.verify_again": Access(OPERATORS | OFFICERS | _EVALUATORS, "再次核验证书"),
    "certificates.revoke_certificate": Access(OFFICERS, "撤销证书"),
    "certificates.reinstate_certificate": Access(OFFICERS, "申诉成立恢复证书，两人办理"),
    "certificates.issue_completion": Access(INSTITUTION_DESK, "制发培训合格证书"),
    "certificates.check_certificate": Access(PUBLIC, "公开查验证书"),
    "claims.file_voucher_claims": Access(OPERATORS | PAYEE_STAFF, "凭券申领"),
    "endings.decertify_voucher": Access(_OFFICE, "查实造假"),
    "endings.reinstate_voucher": Access(OFFICERS, "申诉成立恢复，两人办理"),
    "holds.list_holds": Access(DESK, "查看待处置事项"),
    "holds.open_hold": Access(OFFICERS, "待处置"),
    "holds.close_hold": Access(OFFICERS, "结束待处置"),
}
