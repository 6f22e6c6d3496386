"""The access matrix of the evaluator's pages: everything is narrowed to the own evaluator behind it."""

from __future__ import annotations

from voucher.doors.auth.entries import EVALUATOR_STAFF, Access
from voucher.rules.actor import Role

ADMINS = frozenset({Role.EVALUATOR_ADMIN})
EXAM_DOOR = ADMINS | {Role.EXAMINER}

WEB_EVALUATOR: dict[str, Access] = {
    "web.evaluator.home": Access(EVALUATOR_STAFF, "评价机构工作台"),
    "web.evaluator.scope": Access(EVALUATOR_STAFF, "本机构备案范围"),
    "web.evaluator.statistics": Access(EVALUATOR_STAFF, "本机构评价统计"),
    "web.evaluator.batches": Access(EVALUATOR_STAFF, "本机构评价批次"),
    "web.evaluator.batch": Access(EVALUATOR_STAFF, "评价批次，考生脱敏"),
    "web.evaluator.new_batch": Access(ADMINS, "安排考试页"),
    "web.evaluator.plan": Access(ADMINS, "安排考试"),
    "web.evaluator.add": Access(ADMINS, "增加考生"),
    "web.evaluator.add_direct": Access(ADMINS, "增加不用券的考生，写明申报条件"),
    "web.evaluator.cancel": Access(ADMINS, "取消考试"),
    "web.evaluator.examiners": Access(ADMINS, "本机构考评员"),
    "web.evaluator.file_examiner": Access(ADMINS, "登记考评员"),
    "web.evaluator.end_examiner": Access(ADMINS, "停用考评员"),
    "web.evaluator.assign_examiners": Access(ADMINS, "指派考评员"),
    "web.evaluator.sites": Access(ADMINS, "本机构考点、考场和车间"),
    "web.evaluator.file_site": Access(ADMINS, "登记考点"),
    "web.evaluator.add_room": Access(ADMINS, "登记考场或车间和座位数"),
    "web.evaluator.end_room": Access(ADMINS, "停用考场"),
    "web.evaluator.choose_rooms": Access(ADMINS, "选考场、排座位"),
    "web.evaluator.print_slips": Access(EVALUATOR_STAFF, "打印准考证，含姓名，留痕"),
    "web.evaluator.print_door_list": Access(EVALUATOR_STAFF, "打印门上的座位表，含姓名，留痕"),
    "web.evaluator.door": Access(EXAM_DOOR, "考场入场核对页"),
    "web.evaluator.look_at_door": Access(EXAM_DOOR, "扫出示码或准考证，看是谁、坐哪里"),
    "web.evaluator.arrive": Access(EXAM_DOOR, "输入证件后四位，核对入场；不符的留痕"),
    "web.evaluator.reader_file": Access(EXAM_DOOR, "读卡记录导入页"),
    "web.evaluator.reader_sheet": Access(EXAM_DOOR, "读卡记录样表，姓名脱敏"),
    "web.evaluator.hand_in_reader_file": Access(
        EXAM_DOOR, "检查或导入读卡记录，不是本人的留痕", uploads=True
    ),
    "web.evaluator.admit": Access(EXAM_DOOR, "核对证件入场；不是本人的留痕"),
    "web.evaluator.enter": Access(EVALUATOR_STAFF, "录入成绩"),
    "web.evaluator.enter_second": Access(EVALUATOR_STAFF, "技能成绩第二遍录入，与第一遍不同的人"),
    "web.evaluator.score_sheet": Access(EVALUATOR_STAFF, "成绩登记表，姓名脱敏"),
    "web.evaluator.upload_scores": Access(EVALUATOR_STAFF, "上传成绩文件", uploads=True),
    "web.evaluator.publish": Access(ADMINS, "公布成绩，与录入人不同"),
    "web.evaluator.correction": Access(EVALUATOR_STAFF, "成绩更正页"),
    "web.evaluator.ask_correction": Access(EVALUATOR_STAFF, "提出成绩更正"),
    "web.evaluator.confirm_correction": Access(ADMINS, "确认他人提出的更正"),
    "web.evaluator.fail": Access(ADMINS, "最终不合格"),
    "web.evaluator.appeals": Access(EXAM_DOOR, "对本机构的复核申请，申请人脱敏"),
    "web.evaluator.appeal": Access(EXAM_DOOR, "一件复核申请"),
    "web.evaluator.accept_appeal": Access(EXAM_DOOR, "受理复核申请"),
    "web.evaluator.answer_appeal": Access(EXAM_DOOR, "作出复核决定，与评分、录入、公布的人不同"),
    "web.evaluator.settle_appeal": Access(EXAM_DOOR, "另行安排考试后办结复核申请"),
    "web.evaluator.certificates": Access(ADMINS, "本机构证书和核验结果"),
    "web.evaluator.certificate_paper": Access(ADMINS, "本机构有效证书，PDF"),
    "web.evaluator.new_certificate": Access(ADMINS, "登记证书页"),
    "web.evaluator.record": Access(ADMINS, "登记证书"),
    "web.evaluator.upload": Access(ADMINS, "上传证书文件", uploads=True),
    "web.evaluator.verify": Access(ADMINS, "再次核验证书"),
    "web.evaluator.uploads": Access(ADMINS, "全国联网查询上传文件的记录"),
    "web.evaluator.make_register_upload": Access(ADMINS, "生成全国联网查询上传文件"),
    "web.evaluator.make_batch_register_upload": Access(ADMINS, "按评价批次生成上传文件"),
    "web.evaluator.open_register_upload": Access(ADMINS, "下载上传文件，含证件号码，留痕"),
    "web.evaluator.claims": Access(ADMINS, "本机构评价补贴申领"),
    "web.evaluator.file": Access(ADMINS, "逐人核对后申领评价补贴"),
    "web.evaluator.resubmit_claims": Access(ADMINS, "本机构的申领补正后重报"),
    "web.evaluator.withdraw_claims": Access(ADMINS, "撤回本机构的申领"),
    "web.evaluator.claim": Access(ADMINS, "本机构一条申领"),
}
