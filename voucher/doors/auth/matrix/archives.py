"""The access matrix of records and appeals: a worker's own, what others answer, what a code shows."""

from __future__ import annotations

from voucher.doors.auth.entries import OFFICERS, OPERATORS, PUBLIC, WATCHERS, WORKERS, Access
from voucher.rules.actor import Role

_READERS = OPERATORS | OFFICERS | WATCHERS
_ANSWERERS = frozenset({Role.EVALUATOR_ADMIN, Role.EXAMINER})

API_ARCHIVES: dict[str, Access] = {
    "archives.show_archive": Access(WORKERS, "本人的电子档案"),
    "archives.list_objections": Access(_READERS | WORKERS, "档案异议：本人的、本辖区的"),
    "archives.object_to": Access(WORKERS, "对本人档案的一条提出异议"),
    "archives.answer_objection": Access(OFFICERS, "答复本辖区的档案异议，写明理由"),
    "archives.list_own_shares": Access(WORKERS, "本人出示过的档案和查看记录"),
    "archives.share": Access(WORKERS, "出示本人档案，限期"),
    "archives.end_share": Access(WORKERS, "停止出示，立即生效"),
    "archives.look": Access(PUBLIC, "凭出示码查看档案，限频，留痕"),
    "archives.sign": Access(WORKERS, "本人档案的签名文件"),
    "archives.list_own_signed": Access(WORKERS, "本人下载过的签名文件"),
    "archives.recall_signed": Access(WORKERS, "收回本人的一份签名文件"),
    "appeals.list_subjects": Access(WORKERS, "本人可以申请复核的事项"),
    "appeals.list_appeals": Access(_READERS | WORKERS | _ANSWERERS, "复核申请：本人的、对本机构的、本辖区的"),
    "appeals.show_appeal": Access(_READERS | WORKERS | _ANSWERERS, "一件复核申请，申请人脱敏"),
    "appeals.file_appeal": Access(WORKERS, "对本人的成绩、入场、报名申请复核"),
    "appeals.withdraw_appeal": Access(WORKERS, "撤回本人的复核申请"),
    "appeals.escalate_appeal": Access(WORKERS, "提请人社部门复查"),
    "appeals.accept_appeal": Access(_ANSWERERS, "受理复核申请"),
    "appeals.answer_appeal": Access(_ANSWERERS, "答复复核申请，与评分、录入、公布的人不同"),
    "appeals.settle_appeal": Access(_ANSWERERS, "另行安排考试后办结复核申请"),
    "appeals.decide_appeal": Access(OFFICERS, "复查决定，与评价机构的经办人不同"),
    "appeals.end_appeal": Access(OFFICERS, "终结评价机构逾期没有更正的复核申请"),
}

WEB_ARCHIVES: dict[str, Access] = {
    "web.worker.archive": Access(WORKERS, "我的电子档案"),
    "web.worker.archive_paper": Access(WORKERS, "电子档案打印件，不缓存"),
    "web.worker.object_to_entry": Access(WORKERS, "对一条提出异议"),
    "web.worker.recall_archive": Access(WORKERS, "收回本人的档案签名文件"),
    "web.worker.signed_archive": Access(WORKERS, "电子档案签名文件，不留存"),
    "web.worker.shares": Access(WORKERS, "出示档案：出示码、范围、期限、谁看过"),
    "web.worker.share_archive": Access(WORKERS, "出示档案"),
    "web.worker.end_share": Access(WORKERS, "停止出示"),
    "web.public.look_at_archive": Access(PUBLIC, "凭出示码查看档案页"),
    "web.public.show_archive": Access(PUBLIC, "凭出示码查看档案，限频，留痕"),
    "web.office.appeals": Access(_READERS, "本辖区的复核申请，申请人脱敏"),
    "web.office.appeal": Access(_READERS, "一件复核申请"),
    "web.office.decide_appeal": Access(OFFICERS, "复查决定，与评价机构的经办人不同"),
    "web.office.end_appeal": Access(OFFICERS, "终结评价机构逾期没有更正的复核申请"),
    "web.office.archive_objections": Access(_READERS, "本辖区的档案异议"),
    "web.office.archive_objection": Access(_READERS, "一件档案异议，本人掩码"),
    "web.office.answer_archive_objection": Access(OFFICERS, "答复档案异议"),
    "well_known.did": Access(PUBLIC, "did:web 文档：签发凭证的公钥"),
    "well_known.archive_words": Access(PUBLIC, "档案签名文件的用词"),
}
