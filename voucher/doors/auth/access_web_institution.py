"""The access matrix of a training institution's pages: each shows what belongs to the own institution."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    INSTITUTION_COUNTER,
    INSTITUTION_DESK,
    INSTITUTION_ROOM,
    INSTITUTION_STAFF,
    OFFICERS,
    PAYEE_STAFF,
    PUBLIC,
    WORKERS,
    Access,
)
from voucher.rules.actor import Role

ADMINISTRATORS = frozenset({Role.INSTITUTION_ADMIN})
# whoever applies for an institution nobody administers yet does so as a person
APPLICANTS = ADMINISTRATORS | WORKERS

WEB_INSTITUTION: dict[str, Access] = {
    "web.institution.home": Access(INSTITUTION_STAFF, "机构工作台"),
    # 核销
    "web.institution.scan": Access(INSTITUTION_COUNTER, "扫码核销页"),
    "web.institution.scan_offline": Access(PUBLIC, "没有网络时的扫码页，不含个人信息"),
    "web.institution.scan_worker": Access(PUBLIC, "扫码页的离线程序"),
    "web.institution.check_code": Access(INSTITUTION_COUNTER, "看码，不消耗"),
    "web.institution.enrol_by_code": Access(INSTITUTION_COUNTER, "代报名"),
    "web.institution.challenge": Access(INSTITUTION_COUNTER, "机构验证码：手机时间不准时出示"),
    "web.institution.redeem": Access(INSTITUTION_COUNTER, "核销"),
    "web.institution.send_code": Access(INSTITUTION_COUNTER, "向持券人手机发短信码，机构看不到码"),
    # 班级
    "web.institution.classes": Access(INSTITUTION_STAFF, "本机构班级"),
    "web.institution.training_class": Access(INSTITUTION_STAFF, "班级与花名册（掩码）"),
    "web.institution.new_class": Access(INSTITUTION_DESK, "新建开班申请页"),
    "web.institution.draft_class": Access(INSTITUTION_DESK, "起草开班申请"),
    "web.institution.edit_class": Access(INSTITUTION_DESK, "修改开班申请页"),
    "web.institution.revise_class": Access(INSTITUTION_DESK, "修改开班申请"),
    "web.institution.subcontracts": Access(INSTITUTION_DESK, "分包：交给别人上的班、别人请本机构上的班"),
    "web.institution.agree_to_teach": Access(INSTITUTION_DESK, "承训机构同意承训，由另一人"),
    "web.institution.refuse_to_teach": Access(INSTITUTION_DESK, "承训机构不同意，写明理由"),
    "web.institution.file_class": Access(INSTITUTION_DESK, "提交开班申请"),
    "web.institution.cancel_class": Access(INSTITUTION_DESK, "开班前取消班级"),
    # 到课、结业
    "web.institution.sheet": Access(INSTITUTION_STAFF, "一次课的到课（掩码）"),
    "web.institution.attend": Access(INSTITUTION_ROOM, "登记到课"),
    "web.institution.correct_hours": Access(INSTITUTION_ROOM, "更正到课，可附凭据", uploads=True),
    "web.institution.make_up": Access(INSTITUTION_ROOM, "补登到课，附凭据", uploads=True),
    "web.institution.co_sign": Access(INSTITUTION_ROOM, "授课教师、教务、管理员会签到课名单"),
    "web.institution.proof": Access(INSTITUTION_STAFF, "看到课凭据，每次留痕"),
    "web.institution.lessons": Access(INSTITUTION_STAFF, "一次课的线上内容"),
    "web.institution.add_lesson": Access(INSTITUTION_ROOM, "添加线上课，可上传视频", uploads=True),
    "web.institution.lesson_video": Access(INSTITUTION_STAFF, "本机构班级的线上课视频"),
    "web.institution.class_code": Access(INSTITUTION_STAFF, "投影班级码"),
    "web.institution.marks": Access(INSTITUTION_STAFF, "一次课的签到（掩码）"),
    "web.institution.mark": Access(INSTITUTION_STAFF, "工作人员扫码或凭证件登记签到"),
    "web.institution.tally_marks": Access(INSTITUTION_ROOM, "按签到登记学时"),
    "web.institution.finishing": Access(INSTITUTION_DESK, "结业签字页（掩码）"),
    "web.institution.sign_off": Access(INSTITUTION_DESK, "结业签字"),
    "web.institution.issue_completions": Access(INSTITUTION_DESK, "制发培训合格证书"),
    # 撤销核销
    "web.institution.reversals": Access(INSTITUTION_COUNTER, "撤销核销"),
    "web.institution.ask_reversal": Access(INSTITUTION_COUNTER, "提出撤销核销"),
    "web.institution.reverse": Access(INSTITUTION_COUNTER, "另一人确认撤销核销"),
    # 名册
    "web.institution.rosters": Access(INSTITUTION_DESK, "报送名册页，本机构的名册"),
    "web.institution.file_roster": Access(INSTITUTION_DESK, "报送名册", uploads=True),
    "web.institution.roster": Access(INSTITUTION_DESK, "名册逐人结果（掩码）"),
    # 结算
    "web.institution.claims": Access(INSTITUTION_DESK, "可申领的券和本机构的申领（掩码）"),
    "web.institution.file_claims": Access(INSTITUTION_DESK, "逐人核对后申领培训补贴"),
    "web.institution.resubmit_claims": Access(INSTITUTION_DESK, "本机构的申领补正后重报"),
    "web.institution.save_claim_draft": Access(INSTITUTION_DESK, "把选好的券存为申领草稿"),
    "web.institution.claim_draft": Access(INSTITUTION_DESK, "取用申领草稿，按当日重新核对"),
    "web.institution.discard_claim_draft": Access(INSTITUTION_DESK, "删除申领草稿"),
    "web.institution.withdraw_claims": Access(INSTITUTION_DESK, "撤回本机构的申领"),
    "web.institution.claim": Access(INSTITUTION_DESK, "本机构的一条申领（掩码）"),
    "web.institution.clawback_case_letter": Access(PAYEE_STAFF, "本机构整班应退回的资金通知书"),
    "web.institution.clawback_letter": Access(PAYEE_STAFF, "付给本机构、应退回的资金通知书"),
    "web.institution.payments": Access(PAYEE_STAFF, "付给本机构的款"),
    "web.institution.account": Access(INSTITUTION_DESK, "本机构收款账户，账号只显示后四位"),
    "web.institution.propose_account": Access(ADMINISTRATORS, "提出收款账户"),
    "web.institution.agree_account": Access(INSTITUTION_DESK, "本机构另一人确认收款账户"),
    "web.institution.disagree_account": Access(INSTITUTION_DESK, "不同意提出的收款账户"),
    # 资质与备案
    "web.institution.filings": Access(APPLICANTS, "本人提出的和本机构的备案申请"),
    "web.institution.open_filing": Access(APPLICANTS, "起草备案申请"),
    "web.institution.change_filing": Access(ADMINISTRATORS, "起草备案变更"),
    "web.institution.leave_list": Access(ADMINISTRATORS, "机构自愿退出目录"),
    "web.institution.filing": Access(APPLICANTS, "一件备案申请"),
    "web.institution.fill_filing": Access(APPLICANTS, "填写备案申请"),
    "web.institution.add_filing_part": Access(APPLICANTS, "添加证照、范围、师资、场地", uploads=True),
    "web.institution.strike_filing_part": Access(APPLICANTS, "移除一项"),
    "web.institution.file_filing": Access(APPLICANTS, "提交备案申请"),
    "web.institution.withdraw_filing": Access(APPLICANTS, "撤回备案申请"),
    "web.institution.filing_paper": Access(APPLICANTS | OFFICERS, "证照原件照片，每看一次都留痕"),
    "web.institution.filing_photo": Access(APPLICANTS | OFFICERS, "场地照片，每看一次都留痕"),
    # 核销设备
    "web.institution.devices": Access(ADMINISTRATORS, "本机构的核销设备和扫码次数"),
    "web.institution.name_device": Access(INSTITUTION_COUNTER, "给正在用的设备起名登记"),
    "web.institution.approve_device": Access(ADMINISTRATORS, "批准核销设备"),
    "web.institution.strike_device": Access(ADMINISTRATORS, "停用核销设备，当即生效"),
    # 子账号
    "web.institution.colleagues": Access(ADMINISTRATORS, "本机构的账号"),
    "web.institution.open_account": Access(ADMINISTRATORS, "开本机构的账号"),
    "web.institution.suspend_colleague": Access(ADMINISTRATORS, "暂停同事在本机构的岗位"),
    "web.institution.resume_colleague": Access(ADMINISTRATORS, "恢复同事在本机构的岗位"),
    "web.institution.reset_colleague": Access(ADMINISTRATORS, "重置同事的密码和动态口令"),
    # 系统接入
    "web.institution.systems": Access(ADMINISTRATORS, "本机构的系统"),
    "web.institution.register_system": Access(ADMINISTRATORS, "登记系统，密钥只显示一次"),
    "web.institution.rotate_secret": Access(ADMINISTRATORS, "更换系统的密钥"),
    "web.institution.confirm_secret": Access(ADMINISTRATORS, "停用系统的旧密钥"),
    "web.institution.revoke_system": Access(ADMINISTRATORS, "停用系统"),
    "web.institution.webhook": Access(ADMINISTRATORS, "一个系统的事件通知和送达情况"),
    "web.institution.register_webhook": Access(ADMINISTRATORS, "登记接收地址，签名密钥只显示一次"),
    "web.institution.rotate_webhook": Access(ADMINISTRATORS, "更换签名密钥"),
    "web.institution.try_webhook": Access(ADMINISTRATORS, "试送一条通知"),
    "web.institution.resume_webhook": Access(ADMINISTRATORS, "恢复暂停的通知并补发"),
    "web.institution.end_webhook": Access(ADMINISTRATORS, "停止事件通知"),
    "web.institution.resend_delivery": Access(ADMINISTRATORS, "再送一次"),
}
