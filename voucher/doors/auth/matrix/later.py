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
_APPLICANTS = frozenset({Role.INSTITUTION_ADMIN, Role.EVALUATOR_ADMIN})
_READERS = DESK | EVALUATOR_STAFF | INSTITUTION_STAFF | WORKERS
_OFFICE = OFFICERS | {Role.SUPERVISOR}

LATER: dict[str, Access] = {
    "examiners.list_examiners": Access(EVALUATOR_STAFF, "本机构考评员（掩码）"),
    "examiners.file_examiner": Access(_EVALUATORS, "登记考评员"),
    "examiners.end_examiner": Access(_EVALUATORS, "停用考评员"),
    "examiners.assign_examiners": Access(_EVALUATORS, "指派考评员"),
    "exam_sites.list_exam_sites": Access(EVALUATOR_STAFF, "本机构考点和考场"),
    "exam_sites.file_exam_site": Access(_EVALUATORS, "登记考点"),
    "exam_sites.add_exam_room": Access(_EVALUATORS, "登记考场或车间"),
    "exam_sites.end_exam_room": Access(_EVALUATORS, "停用考场"),
    "exam_sites.choose_exam_rooms": Access(_EVALUATORS, "选考场、排座位"),
    "exam_sites.list_seats": Access(DESK | EVALUATOR_STAFF, "座位表，姓名掩码"),
    "exam_sites.print_slips": Access(EVALUATOR_STAFF, "准考证，含姓名，留痕"),
    "employments.list_employments": Access(_EVALUATORS, "用人单位的本单位职工（掩码）"),
    "employments.state_employment": Access(_EVALUATORS, "登记本单位职工"),
    "employments.end_employment": Access(_EVALUATORS, "登记职工离职"),
    "employments.check_insurance": Access(_EVALUATORS, "提交社会保险核对"),
    "register_uploads.list_register_uploads": Access(_EVALUATORS, "联网上传文件的记录"),
    "register_uploads.make_register_upload": Access(_EVALUATORS, "生成联网上传文件"),
    "register_uploads.open_register_upload": Access(_EVALUATORS, "领取上传文件，含证件号码，留痕"),
    "exams.list_exam_batches": Access(DESK | EVALUATOR_STAFF, "查看评价批次"),
    "exams.plan_exam": Access(_EVALUATORS, "评价计划"),
    "exams.show_exam_batch": Access(DESK | EVALUATOR_STAFF, "查看评价批次"),
    "exams.list_candidates": Access(DESK | EVALUATOR_STAFF, "查看考生名单（掩码）"),
    "exams.add_candidates": Access(_EVALUATORS, "增加考生"),
    "exams.cancel_exam": Access(_EVALUATORS, "取消评价批次"),
    "exams.publish_results": Access(_EVALUATORS, "公布成绩；须另一人录入"),
    "exams.admit_candidate": Access(_EXAMINERS, "入场核对"),
    "exam_arrivals.list_arrivals": Access(DESK | EVALUATOR_STAFF, "考场入场记录，姓名掩码"),
    "exam_arrivals.arrive": Access(_EXAMINERS, "凭出示码或准考证入场核对，不符的留痕"),
    "exams.enter_scores": Access(EVALUATOR_STAFF, "录入成绩"),
    "exams.enter_second": Access(EVALUATOR_STAFF, "技能成绩第二遍录入，与第一遍不同的人"),
    "exams.correct_result": Access(EVALUATOR_STAFF, "更正成绩；由评价机构管理员中另一人确认"),
    "exams.fail_voucher": Access(_EVALUATORS, "最终不合格"),
    "certificates.list_certificates": Access(_READERS, "查看证书（掩码）"),
    "certificates.show_certificate": Access(_READERS, "查看证书（掩码）"),
    "certificates.record": Access(OPERATORS | _EVALUATORS, "登记证书"),
    "certificates.verify_again": Access(OPERATORS | OFFICERS | _EVALUATORS, "再次核验证书"),
    "certificates.verify_by_hand": Access(OFFICERS, "人工核验证书，两人各自录入"),
    "certificates.revoke_certificate": Access(OFFICERS, "撤销证书"),
    "number_ranges.list_number_ranges": Access(DESK | EVALUATOR_STAFF, "查看证书编号号段"),
    "number_ranges.give_numbers": Access(OFFICERS, "分配证书编号号段"),
    "mass_revocations.list_mass_revocations": Access(OFFICERS | {Role.SUPERVISOR, Role.AUDITOR}, "批量撤销"),
    "mass_revocations.show_mass_revocation": Access(
        OFFICERS | {Role.SUPERVISOR, Role.AUDITOR}, "一次批量撤销的后果"
    ),
    "mass_revocations.preview_mass_revocation": Access(OFFICERS, "预览批量撤销的后果"),
    "mass_revocations.ask_mass_revocation": Access(OFFICERS, "提出批量撤销"),
    "mass_revocations.confirm_mass_revocation": Access(OFFICERS, "另一人确认批量撤销"),
    "mass_revocations.drop_mass_revocation": Access(OFFICERS, "作废批量撤销的提出"),
    "certificates.reinstate_certificate": Access(OFFICERS, "申诉成立恢复证书，两人办理"),
    "certificates.issue_completion": Access(INSTITUTION_DESK, "制发培训合格证书"),
    "certificates.check_certificate": Access(PUBLIC, "公开查验证书"),
    "claims.file_voucher_claims": Access(OPERATORS | PAYEE_STAFF, "凭券申领"),
    "bonuses.list_standards": Access(DESK | PAYEE_STAFF, "奖补标准"),
    "bonuses.apply_for": Access(OPERATORS | _APPLICANTS, "奖补申报"),
    "claim_drafts.list_claim_drafts": Access(PAYEE_STAFF, "本机构的申领草稿"),
    "claim_drafts.show_claim_draft": Access(PAYEE_STAFF, "取用申领草稿"),
    "claim_drafts.save_claim_draft": Access(PAYEE_STAFF, "存为申领草稿"),
    "claim_drafts.replace_claim_draft": Access(PAYEE_STAFF, "改选申领草稿"),
    "claim_drafts.drop_claim_draft": Access(PAYEE_STAFF, "删除申领草稿"),
    "claim_drafts.submit_claim_draft": Access(PAYEE_STAFF, "提交申领草稿"),
    "claims.preview_voucher_claims": Access(OPERATORS | PAYEE_STAFF, "申领前逐人核对，什么也不留下"),
    "endings.decertify_voucher": Access(_OFFICE, "查实造假"),
    "endings.release_entitlement": Access(OFFICERS, "放行追回后的享受资格，两人办理"),
    "endings.reinstate_voucher": Access(OFFICERS, "申诉成立恢复，两人办理"),
    "holds.list_holds": Access(DESK, "查看待处置事项"),
    "holds.open_hold": Access(OFFICERS, "待处置"),
    "holds.close_hold": Access(OFFICERS, "结束待处置"),
}
