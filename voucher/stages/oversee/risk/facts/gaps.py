"""What no reader of the database fills (未接入): the columns and kinds a rule knows and is silent about.

What a list brought along fills is no gap: whether there is one is told by `risk.coverage`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """What one rule does not get, in words and as table.column (or table.column=kind)."""

    words: str
    columns: tuple[str, ...]


def _gap(words: str, columns: str) -> Gap:
    return Gap(words, tuple(columns.split()))


GAPS: dict[str, Gap] = {
    "R04": _gap("签到的经纬度（两班同时仍查）", "marks.latitude_e6 marks.longitude_e6"),
    "R07": _gap("签到的经纬度、设备报告的模拟定位（到教室的距离和误差仍查）",
                "marks.latitude_e6 marks.longitude_e6 marks.is_mocked"),
    "R09": _gap("考试和机构的网络地址（逐题答卷按导入的名单查）", "results.network institutions.network"),
    "R10": _gap("学习时的页面操作次数（用时和连续时数仍查）", "studies.focus_events"),
    "R11": _gap("机构备案范围：开班批准时已逐项核对，这里不再查（人数和教师一天的时长仍查）",
                "classes.is_in_scope"),
    # the timetable holds a name typed by the institution: one filed with the office is a person
    "R12": _gap("没有备案的教师：只有机构填写的姓名，两家之间认不出是同一人（备案的教师已按本人核对）",
                "sessions.teacher=person"),
    "R17": _gap("领取时的设备和网络地址（代领人仍查）", "vouchers.accept_device vouchers.accept_network"),
    "R18": _gap("领取时的设备（领取到核销的时间仍查）", "vouchers.accept_device"),
    "R21": _gap("证书照片（登记、重查次数、发证日期和人数仍查）", "certificates.photo"),
    "R23": _gap("打开申领的时间（夜间签署和占比仍查）", "approvals.opened_at"),
    "R26": _gap("教师与学员的联系（账户、电话、紧急联系人、设备仍查）", "links.kind=teacher"),
    "R28": _gap("脱敏页面的查看（不脱敏查看、看电话仍查）", "look_ups.is_on_duty"),
}  # fmt: skip
