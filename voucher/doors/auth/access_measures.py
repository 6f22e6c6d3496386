"""The access matrix of measures, exposures, complaints and appeals."""

from __future__ import annotations

from voucher.doors.auth.entries import DESK, OFFICERS, PAYEE_STAFF, PUBLIC, WATCHERS, Access
from voucher.rules.actor import Role

_ACTORS = OFFICERS | {Role.SUPERVISOR}
_READERS = _ACTORS | {Role.AUDITOR}
_ADMINS = frozenset({Role.INSTITUTION_ADMIN, Role.EVALUATOR_ADMIN})

MEASURES: dict[str, Access] = {
    "web.office.measures": Access(DESK, "对机构的处置"),
    "web.office.measure": Access(DESK, "一项处置：依据、后果、陈述、申诉、曝光"),
    "web.office.measure_paper": Access(DESK, "处置告知书、决定书、移送书"),
    "web.office.new_measure": Access(_ACTORS, "提出处置：列出后果；监管只到停业整顿"),
    "web.office.propose_measure": Access(_ACTORS, "提出处置，确认前一切不变"),
    "web.office.confirm_measure": Access(_ACTORS, "由另一人确认处置或恢复"),
    "web.office.drop_measure": Access(_ACTORS, "作废提出的处置"),
    "web.office.draft_exposure": Access(OFFICERS, "填写曝光内容，另一人发布前不公开"),
    "web.office.release_exposure": Access(OFFICERS, "发布另一人填写的曝光内容"),
    "web.office.decline_exposure": Access(OFFICERS, "退回待发布的曝光内容"),
    "web.office.take_down_exposure": Access(OFFICERS, "从曝光页撤下"),
    "web.institution.measures": Access(PAYEE_STAFF, "对本机构的处置，整改和申诉"),
    "web.institution.measure_paper": Access(PAYEE_STAFF, "对本机构的告知书、决定书"),
    "web.institution.state_measure": Access(_ADMINS, "对拟作出的处置陈述申辩"),
    "web.institution.prove_measure": Access(_ADMINS, "提交整改证明"),
    "web.institution.appeal_measure": Access(_ADMINS, "对处置申诉"),
    "web.public.exposures": Access(PUBLIC, "曝光页：已确定的处置，期满自动撤下"),
    "web.public.new_complaint": Access(PUBLIC, "投诉举报，可以不登录"),
    "web.public.lodge_complaint": Access(PUBLIC, "提交投诉举报，给受理号，限频"),
    "web.public.find_complaint": Access(PUBLIC, "凭受理号查进度，限频"),
    "web.public.complaint": Access(PUBLIC, "一件投诉的进度，不含内容和联系方式，限频"),
    "web.public.withdraw_complaint": Access(PUBLIC, "凭受理号撤回，限频"),
    "web.office.complaints": Access(_READERS, "投诉举报、申诉，逾期的标出"),
    "web.office.complaint": Access(_READERS, "一件投诉或申诉的原话，每次留痕"),
    "web.office.accept_complaint": Access(_ACTORS, "受理，由受理人办理"),
    "web.office.refuse_complaint": Access(_ACTORS, "不予受理，写明去向"),
    "web.office.ask_about_complaint": Access(_ACTORS, "要求机构说明"),
    "web.office.conclude_complaint": Access(_ACTORS, "对投诉、申诉下结论；不由该机构和原办理人办理"),
    "web.institution.complaints": Access(PAYEE_STAFF, "要求本机构说明的投诉，不含投诉人"),
    "web.institution.answer_complaint": Access(PAYEE_STAFF, "对投诉作出说明"),
    "web.supervisor.quality": Access(WATCHERS, "质量评估：各机构和同类中位数"),
    "web.supervisor.quality_of": Access(WATCHERS, "一家机构的各班质量和星级"),
    "web.supervisor.evaluator_quality": Access(WATCHERS, "质量评估：各评价机构和同类中位数"),
    "web.supervisor.evaluator_quality_of": Access(WATCHERS, "一家评价机构的各场考试和考评员"),
    "web.supervisor.examiner_quality": Access(WATCHERS, "质量评估：考评员和其他考试的差距"),
    "web.supervisor.give_stars": Access(frozenset({Role.SUPERVISOR}), "评定上年星级"),
    "web.office.star_objections": Access(_READERS, "待答复的星级异议"),
    "web.office.star_objection": Access(_READERS, "一个星级异议，按原公式重算的对照"),
    "web.office.answer_star_objection": Access(_ACTORS, "答复星级异议，由没有评定的人"),
    "web.institution.stars": Access(PAYEE_STAFF, "本机构的星级和每一分的来历"),
    "web.institution.object_to_stars": Access(_ADMINS, "对星级提出异议"),
    "web.public.stars": Access(PUBLIC, "星级的公式和名单"),
    "institutions.preview_sanction": Access(_ACTORS, "处置的后果，提出和确认前看"),
    "measures.list_measures": Access(DESK, "对机构的处置"),
    "measures.show_measure": Access(DESK, "一项处置"),
    "measures.confirm_measure": Access(_ACTORS, "由另一人确认处置或恢复"),
    "measures.drop_measure": Access(_ACTORS, "作废提出的处置"),
}
