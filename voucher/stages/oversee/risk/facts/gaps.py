"""What no reader of the database fills (未接入): the columns and kinds a rule knows and is silent about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """What one rule does not get, in words and as table.column (or table.column=kind); `is_whole` if all."""

    words: str
    columns: tuple[str, ...]
    is_whole: bool = False


def _gap(words: str, columns: str, *, is_whole: bool = False) -> Gap:
    return Gap(words, tuple(columns.split()), is_whole)


GAPS: dict[str, Gap] = {
    "R01": _gap("其他系统的评价补贴发放记录", "history.kind=evaluation"),
    "R02": _gap("羁押服刑、在职参保名单和以前的证书",
                "outside.kind=custody outside.kind=employed history.kind=certificate"),
    "R04": _gap("签到的经纬度（两班同时仍查）", "marks.latitude_e6 marks.longitude_e6"),
    "R07": _gap("签到的经纬度、设备报告的模拟定位（到教室的距离和误差仍查）",
                "marks.latitude_e6 marks.longitude_e6 marks.is_mocked"),
    "R09": _gap("逐题答卷、考试和机构的网络地址", "results.answers results.network institutions.network",
                is_whole=True),
    "R10": _gap("学习时的页面操作次数（用时和连续时数仍查）", "studies.focus_events"),
    "R11": _gap("机构备案范围（人数和教师一天的时长仍查）", "classes.is_in_scope"),
    # the timetable holds a name typed by the institution: one filed with the office is a person
    "R12": _gap("没有备案的教师：只有机构填写的姓名，两家之间认不出是同一人（备案的教师已按本人核对）",
                "sessions.teacher=person"),
    "R15": _gap("个人收款账户、住址、紧急联系人（手机号仍查）",
                "links.kind=account links.kind=address links.kind=contact"),
    "R16": _gap("学员付给机构、招生人的资金流水", "backflows", is_whole=True),
    "R17": _gap("领取时的设备和网络地址（代领人仍查）", "vouchers.accept_device vouchers.accept_network"),
    "R18": _gap("领取时的设备（领取到核销的时间仍查）", "vouchers.accept_device"),
    "R21": _gap("全国联网登记、重查次数、照片（发证日期和人数仍查）",
                "certificates.is_registered certificates.tries certificates.photo"),
    "R23": _gap("打开申领的时间（夜间签署和占比仍查）", "approvals.opened_at"),
    "R26": _gap("个人收款账户、紧急联系人、教师（手机号和设备仍查）",
                "links.kind=account links.kind=contact links.kind=teacher"),
    "R27": _gap("培训期间是否打开过手机端，联系不上的都按没有打开计", "contacts.has_opened_app"),
    "R28": _gap("脱敏页面的查看（不脱敏查看、看电话仍查）", "look_ups.is_on_duty"),
}  # fmt: skip
