"""The access matrix of checks on training: phone checks, ratings, certificates on paper, class changes."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    INSTITUTION_DESK,
    OFFICERS,
    OPERATORS,
    PUBLIC,
    SIGNED_IN,
    WATCHERS,
    WORKERS,
    Access,
)
from voucher.rules.actor import Role

_READERS = OPERATORS | OFFICERS | WATCHERS
_INSPECTORS = OFFICERS | {Role.SUPERVISOR}

API_CHECKS: dict[str, Access] = {
    "phone_checks.list_draws": Access(_READERS, "本辖区的电话抽查"),
    "phone_checks.show_draw": Access(_READERS, "一个班的电话抽查（掩码）；手机号只给正在拨打的人"),
    "phone_checks.draw_class": Access(OFFICERS, "补抽名单，限结业签字时没有抽取的班"),
    "phone_checks.begin_call": Access(OFFICERS, "开始拨打，留痕；与机构无关的人"),
    "phone_checks.tell_result": Access(OFFICERS, "登记拨打结果，限拨打的人"),
    "class_changes.ask_split": Access(INSTITUTION_DESK, "申请拆班"),
    "class_changes.ask_merger": Access(INSTITUTION_DESK, "申请并班"),
    "class_changes.list_moves": Access(_READERS, "本辖区的拆班、并班"),
    "class_changes.review_move": Access(OFFICERS, "审核拆班、并班"),
    "class_changes.list_corrections": Access(_READERS | INSTITUTION_DESK, "一个班级的结业更正"),
    "class_changes.ask_correction": Access(INSTITUTION_DESK, "提出结业更正"),
    "class_changes.decide_correction": Access(INSTITUTION_DESK, "另一人确认或退回结业更正"),
    "timetables.ask_change": Access(INSTITUTION_DESK, "变更还没有上的课"),
    "timetables.list_class_changes": Access(_READERS | INSTITUTION_DESK, "一个班级的课程变更"),
    "timetables.list_changes": Access(_READERS, "本辖区的课程变更"),
    "timetables.review_change": Access(OFFICERS, "审核课程变更"),
    "joins.list_audit_joins": Access(WATCHERS, "做过的审计比对"),
    "joins.list_audit_hits": Access(WATCHERS, "一次比对查出的各条，人员脱敏，查看留痕"),
    "inspections.list_inspections": Access(_READERS | INSTITUTION_DESK, "现场检查"),
    "inspections.show_inspection": Access(_READERS | INSTITUTION_DESK, "一次现场检查"),
    "inspections.open_inspection": Access(_INSPECTORS, "指定班级检查，写明理由"),
    "inspections.draw_inspections": Access(_INSPECTORS, "随机抽取班级检查，种子留存"),
    "inspections.list_inspection_seeds": Access(PUBLIC, "随机抽取的种子摘要；检查完后的种子和名单"),
    "inspections.commit_seed": Access(_INSPECTORS, "公布一个地区下一次抽取的种子摘要"),
    "inspections.conclude": Access(_INSPECTORS, "填写检查结果"),
    "inspections.answer": Access(INSTITUTION_DESK, "机构说明"),
    "inspections.close": Access(_INSPECTORS, "办结检查"),
    "inspections.add_photo": Access(_INSPECTORS, "上传现场照片", uploads=True),
    "ratings.rate_class": Access(WORKERS, "评价自己结业的班级"),
    "ratings.show_rating": Access(SIGNED_IN, "一个班级的平均评价，人数不足不显示"),
}

WEB_CHECKS: dict[str, Access] = {
    "web.office.phone_draws": Access(_READERS, "电话抽查，各班办到哪里"),
    "web.office.phone_draw": Access(_READERS, "一个班的电话抽查（掩码），种子和复算"),
    "web.office.draw_class": Access(OFFICERS, "补抽名单"),
    "web.office.begin_call": Access(OFFICERS, "开始拨打，限时看到手机号，留痕"),
    "web.office.tell_result": Access(OFFICERS, "登记拨打结果"),
    "web.institution.changes": Access(INSTITUTION_DESK, "班级变更：拆班、并班、结业更正"),
    "web.institution.ask_move": Access(INSTITUTION_DESK, "申请拆班、并班"),
    "web.institution.ask_correction": Access(INSTITUTION_DESK, "提出结业更正"),
    "web.institution.decide_correction": Access(INSTITUTION_DESK, "另一人确认或退回结业更正"),
    "web.institution.timetable": Access(INSTITUTION_DESK, "课程变更：还没有上的课"),
    "web.institution.change_timetable": Access(INSTITUTION_DESK, "提交课程变更"),
    "web.office.timetable_changes": Access(_READERS, "课程变更"),
    "web.office.decide_timetable": Access(OFFICERS, "审核课程变更"),
    "web.office.class_moves": Access(_READERS, "拆班、并班申请"),
    "web.office.decide_move": Access(OFFICERS, "审核拆班、并班"),
    "web.office.inspections": Access(_READERS, "现场检查"),
    "web.office.inspection": Access(_READERS, "一次现场检查"),
    "web.office.open_inspection": Access(_INSPECTORS, "指定班级检查"),
    "web.office.draw_inspections": Access(_INSPECTORS, "随机抽取班级检查"),
    "web.office.commit_inspection_seed": Access(_INSPECTORS, "公布一个地区下一次抽取的种子摘要"),
    "web.public.inspection_draws": Access(PUBLIC, "随机抽取的种子摘要；检查完后的种子和名单"),
    "web.office.conclude_inspection": Access(_INSPECTORS, "填写检查结果"),
    "web.office.add_inspection_photo": Access(_INSPECTORS, "上传现场照片", uploads=True),
    "web.office.inspection_photo": Access(_INSPECTORS | {Role.AUDITOR}, "看现场照片，留痕"),
    "web.office.close_inspection": Access(_INSPECTORS, "办结检查"),
    "web.institution.inspections": Access(INSTITUTION_DESK, "本机构的现场检查"),
    "web.institution.answer_inspection": Access(INSTITUTION_DESK, "对检查发现的问题作出说明"),
    "web.worker.rate_class": Access(WORKERS, "评价自己结业的班级"),
    "web.worker.completion_paper": Access(WORKERS, "本人的培训合格证书，PDF"),
    "web.institution.completion_paper": Access(INSTITUTION_DESK, "本机构制发的培训合格证书，PDF"),
}
