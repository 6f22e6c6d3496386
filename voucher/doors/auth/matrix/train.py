"""The access matrix of the API for training: institutions, classes, places in them, scans."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    DESK,
    EVALUATOR_STAFF,
    INSTITUTION_COUNTER,
    INSTITUTION_DESK,
    INSTITUTION_ROOM,
    INSTITUTION_STAFF,
    OFFICERS,
    SIGNED_IN,
    WORKERS,
    Access,
)
from voucher.rules.actor import Role

_SEE_INSTITUTIONS = DESK | INSTITUTION_STAFF | EVALUATOR_STAFF
_SEE_CLASSES = DESK | INSTITUTION_STAFF | WORKERS

TRAIN: dict[str, Access] = {
    "dictionaries.show_dictionary": Access(SIGNED_IN, "查看字典"),
    "institutions.list_institutions": Access(_SEE_INSTITUTIONS, "查看机构"),
    "institutions.show_institution": Access(_SEE_INSTITUTIONS, "查看机构"),
    "institutions.sanction_institution": Access(
        OFFICERS | {Role.SUPERVISOR}, "提出处置；移出目录、黑名单、移送和恢复由人社部门提出"
    ),
    "exits.show": Access(INSTITUTION_DESK, "退出目录的后果和等确认的退出申请"),
    "exits.ask": Access(frozenset({Role.INSTITUTION_ADMIN}), "提出退出目录"),
    "exits.confirm": Access(INSTITUTION_DESK, "本机构另一人确认退出目录"),
    "exits.withdraw": Access(INSTITUTION_DESK, "撤回退出申请"),
    "classes.list_classes": Access(_SEE_CLASSES, "查看班级"),
    "classes.draft_class": Access(INSTITUTION_DESK, "起草开班申请"),
    "classes.show_class": Access(_SEE_CLASSES, "查看班级"),
    "classes.revise_class": Access(INSTITUTION_DESK, "修改开班申请"),
    "classes.file_class": Access(INSTITUTION_DESK, "提交开班申请"),
    "classes.review_class": Access(OFFICERS, "审核开班申请"),
    "classes.cancel_class": Access(INSTITUTION_DESK | OFFICERS, "取消班级；开班后只由人社部门办理"),
    "intakes.show_intake": Access(DESK | INSTITUTION_STAFF, "开班名册（掩码）"),
    "intakes.add_people": Access(INSTITUTION_DESK, "把学员列入开班名册"),
    "intakes.remove_person": Access(INSTITUTION_DESK, "从开班名册去掉"),
    "classes.list_class_sessions": Access(_SEE_CLASSES, "查看课次表"),
    "classes.list_class_roster": Access(DESK | INSTITUTION_STAFF, "查看花名册（掩码）"),
    "places.check_code": Access(INSTITUTION_COUNTER, "看码，不消耗"),
    "devices.ask_challenge": Access(INSTITUTION_COUNTER, "验证码，给时间不准的手机"),
    "devices.list_beacon_keys": Access(INSTITUTION_COUNTER, "取时段密钥，供离线核对"),
    "places.enrol_voucher": Access(WORKERS | INSTITUTION_COUNTER, "锁定班级"),
    "places.depart": Access(WORKERS | INSTITUTION_DESK, "退出班级、退训"),
    "places.choose_anew": Access(WORKERS, "机构退出后另选班级或申请新券"),
    "places.transfer_vouchers": Access(OFFICERS, "转班"),
    "places.redeem_voucher": Access(INSTITUTION_COUNTER, "核销"),
    "offline.show_offline_pack": Access(INSTITUTION_COUNTER, "取班级离线名单（掩码）"),
    "offline.send_offline_scans": Access(INSTITUTION_COUNTER, "上传离线登记"),
    "offline.list_offline_scans": Access(DESK | INSTITUTION_STAFF, "查看离线登记"),
    "offline.list_offline_cases": Access(DESK, "查看离线登记待核查"),
    "offline.close_offline_case": Access(OFFICERS, "写明离线登记的核查结论"),
    "places.reverse_redemption": Access(INSTITUTION_COUNTER, "撤销核销，由两人办理"),
    "places.list_scans": Access(DESK | INSTITUTION_STAFF, "查看扫码记录"),
    "lessons.add_lesson": Access(INSTITUTION_ROOM, "添加线上课"),
    "lessons.add_film": Access(INSTITUTION_ROOM, "添加一节上传的视频课", uploads=True),
    "lessons.begin": Access(WORKERS, "开始学一段线上课"),
    "lessons.tell_focus": Access(WORKERS, "学习页面报告是否在眼前、有没有操作"),
    "lessons.end": Access(WORKERS, "学完一段线上课，手机签名"),
    "marks.show_code": Access(INSTITUTION_STAFF, "教室屏幕上的班级码"),
    "marks.sign_by_phone": Access(WORKERS, "本人手机签到、签退"),
    "marks.sign_at_counter": Access(INSTITUTION_STAFF, "工作人员扫码或凭证件登记签到、签退"),
    "marks.list_marks": Access(INSTITUTION_STAFF, "查看一次课的签到"),
    "marks.tally_session": Access(INSTITUTION_ROOM, "按签到登记学时"),
    "marks.co_sign_session": Access(INSTITUTION_ROOM, "授课教师、教务、管理员会签到课名单"),
    "marks.list_attendance_cases": Access(DESK, "查看到课核查"),
    "marks.close_case": Access(OFFICERS, "办结到课核查"),
    "teaching.note_attendance": Access(INSTITUTION_ROOM, "登记考勤"),
    "teaching.correct_hours": Access(INSTITUTION_ROOM, "更正考勤"),
    "teaching.complete_class": Access(INSTITUTION_DESK, "结业签字"),
}
