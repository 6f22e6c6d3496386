"""The access matrix of drilling down and tracing: those who watch, in their own regions."""

from __future__ import annotations

from voucher.doors.auth.entries import WATCHERS, Access

WEB_SUPERVISOR: dict[str, Access] = {
    "web.supervisor.drill": Access(WATCHERS, "逐级穿透，从本辖区最高一级开始"),
    "web.supervisor.region": Access(WATCHERS, "一级地区的汇总"),
    "web.supervisor.house": Access(WATCHERS, "一家机构的班级汇总"),
    "web.supervisor.people": Access(WATCHERS, "一个班的券，人员脱敏"),
    "web.supervisor.statistics": Access(WATCHERS, "统计分析，从本辖区最高一级开始"),
    "web.supervisor.statistics_of": Access(WATCHERS, "一级地区或一家机构的统计和漏斗"),
    "web.supervisor.statistics_file": Access(WATCHERS, "统计导出为表格"),
    "web.supervisor.statistics_people": Access(WATCHERS, "一个班的券，人员脱敏，查看留痕"),
    "web.supervisor.trace": Access(WATCHERS, "凭券号找券"),
    "web.supervisor.voucher": Access(WATCHERS, "一张券的全链条，人员脱敏"),
    "web.supervisor.person": Access(WATCHERS, "一个人的券和证书，脱敏"),
}
