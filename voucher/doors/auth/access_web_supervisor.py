"""The access matrix of drilling down and tracing: those who watch, in their own regions."""

from __future__ import annotations

from voucher.doors.auth.entries import PAYEE_STAFF, WATCHERS, Access
from voucher.rules.actor import Role

HANDLERS = frozenset({Role.SUPERVISOR})

WEB_SUPERVISOR: dict[str, Access] = {
    "web.supervisor.drill": Access(WATCHERS, "逐级穿透，从本辖区最高一级开始"),
    "web.supervisor.region": Access(WATCHERS, "一级地区的汇总"),
    "web.supervisor.house": Access(WATCHERS, "一家机构的班级汇总"),
    "web.supervisor.people": Access(WATCHERS, "一个班的券，人员脱敏"),
    "web.supervisor.statistics": Access(WATCHERS, "统计分析，从本辖区最高一级开始"),
    "web.supervisor.statistics_of": Access(WATCHERS, "一级地区或一家机构的统计和漏斗"),
    "web.supervisor.statistics_file": Access(WATCHERS, "统计导出为表格"),
    "web.supervisor.statistics_people": Access(WATCHERS, "一个班的券，人员脱敏，查看留痕"),
    "web.supervisor.board": Access(WATCHERS, "监管大屏"),
    "web.supervisor.dashboard": Access(WATCHERS, "监管看板，与大屏同一组数字"),
    "web.supervisor.reports": Access(WATCHERS, "定期报告的列表"),
    "web.supervisor.freeze": Access(frozenset({Role.SUPERVISOR}), "定稿一份报告"),
    "web.supervisor.report": Access(WATCHERS, "一份报告和定稿后的变化"),
    "web.supervisor.report_xlsx": Access(WATCHERS, "报告的表格"),
    "web.supervisor.report_pdf": Access(WATCHERS, "报告的 PDF"),
    "web.supervisor.indicators": Access(WATCHERS, "目标指标"),
    "web.supervisor.new_indicator": Access(frozenset({Role.SUPERVISOR}), "登记自定指标"),
    "web.supervisor.looks": Access(WATCHERS, "谁看了个人信息"),
    "web.supervisor.look_at_person": Access(WATCHERS, "写明理由后不脱敏查看一次，留痕"),
    "web.supervisor.exports": Access(WATCHERS, "我的导出"),
    "web.supervisor.ask_for_export": Access(WATCHERS, "申请审计导出包，留痕"),
    "web.supervisor.export_file": Access(WATCHERS, "下载自己申请的导出包，查看留痕"),
    "web.supervisor.ask_for_statistics": Access(WATCHERS, "申请逐级导出统计，留痕"),
    "web.supervisor.statistics_workbook": Access(WATCHERS, "下载自己申请的统计导出 xlsx，留痕"),
    "web.supervisor.statistics_lines": Access(WATCHERS, "下载自己申请的统计导出 csv，留痕"),
    "web.supervisor.audit_lists": Access(WATCHERS, "审计名单"),
    "web.supervisor.bring_audit_list": Access(WATCHERS, "导入审计名单，留痕", uploads=True),
    "web.supervisor.joins": Access(WATCHERS, "审计比对"),
    "web.supervisor.put_join": Access(WATCHERS, "做一次审计比对，结果冻结，留痕"),
    "web.supervisor.join": Access(WATCHERS, "一次比对的结果，人员脱敏，查看留痕"),
    "web.supervisor.conclude_join_hits": Access(WATCHERS, "给比对结果下结论，留痕"),
    "web.supervisor.decide_join_hits": Access(WATCHERS, "由另一人确认或退回比对的结论"),
    "web.supervisor.join_file": Access(WATCHERS, "导出一次比对的结果，人员脱敏，留痕"),
    "web.supervisor.checkpoints": Access(WATCHERS, "全部检查点，交外单位留存"),
    "web.supervisor.verifier": Access(WATCHERS, "不依赖本系统的核验程序"),
    "web.supervisor.payment_proof": Access(WATCHERS, "一笔拨付的留痕证明，不含个人信息"),
    "web.supervisor.trace": Access(WATCHERS, "凭券号找券"),
    "web.supervisor.voucher": Access(WATCHERS, "一张券的全链条，人员脱敏"),
    "web.supervisor.risks": Access(WATCHERS, "风险线索，分数高的在前"),
    "web.supervisor.risk_rules": Access(WATCHERS, "风险规则、界限和准确率"),
    "web.supervisor.risk": Access(WATCHERS, "一条风险线索和依据的行，人员脱敏，查看留痕"),
    "web.supervisor.assign_risk": Access(HANDLERS, "分派风险线索"),
    "web.supervisor.ask_about_risk": Access(HANDLERS, "要求机构说明"),
    "web.supervisor.conclude_risk": Access(HANDLERS, "对风险线索下结论"),
    "web.institution.risks": Access(PAYEE_STAFF, "要求本机构说明的风险线索"),
    "web.institution.answer_risk": Access(PAYEE_STAFF, "对风险线索作出说明"),
    "web.supervisor.person": Access(WATCHERS, "一个人的券和证书，脱敏"),
}
