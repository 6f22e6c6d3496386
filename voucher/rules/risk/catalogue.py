"""All risk rules: names, thresholds by parameter, tables, weight, and whether they stop a payment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk import (
    clusters,
    counters,
    exams,
    gatherings,
    handing_over,
    money,
    offices,
    people,
    presence,
    studying,
    teaching,
)
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.findings import Find, Finding, RiskRule, Thresholds

SINCE = date(2021, 10, 28)
SOURCE = "【设】风险规则目录 R01–R28，R29 为本系统所加"


def _line(
    code: str,
    name: str,
    find: Find,
    tables: str,
    weight: int,
    thresholds: str,
    *,
    is_blocking: bool = False,
    is_daily: bool = False,
) -> RiskRule:
    return RiskRule(
        code, name, find, tuple(thresholds.split()), tuple(tables.split()), weight, is_blocking, is_daily
    )


RULES: tuple[RiskRule, ...] = (
    _line("R01", "重复享受", people.find_paid_before, "claims history", 90,
          "risk_paid_before", is_blocking=True),
    _line("R02", "当日不符合条件", people.find_ineligible, "claims outside history", 90,
          "risk_ineligible_days", is_blocking=True),
    _line("R03", "一机多人签到", presence.find_shared_devices, "marks links", 50,
          "risk_device_people", is_daily=True),
    _line("R04", "分身两地、两班同时", presence.find_impossible_travel, "marks sessions classes", 70,
          "risk_travel_kmh", is_blocking=True, is_daily=True),
    _line("R05", "打拍子式签到", presence.find_metronomes, "marks", 60,
          "risk_metronome_scans risk_metronome_cs risk_quick_scan_seconds", is_daily=True),
    _line("R06", "全班秒签、课外签到", gatherings.find_block_sign_ins, "marks sessions", 50,
          "risk_block_seconds risk_block_share_bp risk_block_people risk_timetable_minutes "
          "risk_odd_marks", is_daily=True),
    _line("R07", "签到位置不实", gatherings.find_false_places, "marks", 50,
          "risk_fence_metres risk_false_places risk_same_accuracy_marks risk_point_accuracy_metres",
          is_daily=True),
    _line("R08", "完美班级", teaching.find_perfect_classes, "classes places results", 60,
          "risk_perfect_people risk_perfect_spread_hundredths"),
    _line("R09", "答卷雷同", exams.find_copied_answers, "results institutions", 70,
          "risk_copy_index_bp risk_wrong_answers"),
    _line("R10", "刷课", studying.find_clicked_through, "studies classes", 40,
          "risk_clicked_sections risk_streak_hours"),
    _line("R11", "人多于位", teaching.find_overfull, "classes places sessions", 70,
          "risk_seats_bp risk_teacher_day_minutes", is_blocking=True),
    _line("R12", "教师分身", teaching.find_doubled_teachers, "sessions classes", 70,
          "risk_teacher_overlap_minutes", is_blocking=True),
    _line("R13", "新机构猛增", money.find_ramps, "claims institutions", 50,
          "risk_ramp_days risk_ramp_bp risk_ramp_claims"),
    _line("R14", "突击申领", money.find_bursts, "claims", 40,
          "risk_burst_sigma_hundredths risk_budget_end_share_bp risk_budget_end_bp "
          "risk_burst_claims"),
    _line("R15", "多人共用账户电话住址", people.find_shared_links, "links", 60,
          "risk_shared_account_people risk_shared_phone_people risk_shared_address_people "
          "risk_shared_contact_people"),
    _line("R16", "补贴回流", people.find_money_back, "backflows", 90,
          "risk_money_back"),
    _line("R17", "招生人集中代领", counters.find_recruiters, "vouchers", 50,
          "risk_recruiter_bp risk_recruiter_vouchers"),
    _line("R18", "自领自核", counters.find_self_served, "vouchers", 60,
          "risk_instant_seconds"),
    _line("R19", "课上完了才核销", counters.find_late_redemptions, "vouchers classes sessions", 40,
          "risk_late_bp"),
    _line("R20", "撒网式查人", offices.find_hunting, "look_ups", 60,
          "risk_look_up_misses risk_look_up_hit_bp risk_look_ups"),
    _line("R21", "证书不实", exams.find_false_certificates, "certificates results", 90,
          "risk_register_tries risk_photo_people risk_certificate_burst_bp risk_certificate_burst",
          is_blocking=True),
    _line("R22", "考评员与机构搭配", exams.find_lenient_pairs, "results", 60,
          "risk_pair_z_hundredths risk_pair_people"),
    _line("R23", "审核人与机构搭配", offices.find_close_officers, "approvals", 60,
          "risk_signing_seconds risk_officer_share_bp risk_pair_z_hundredths risk_officer_claims "
          "risk_unopened_bp risk_unopened_claims"),
    _line("R24", "拆分避审", money.find_splitting, "claims", 60,
          "risk_split_band_bp risk_split_times_bp risk_split_claims"),
    _line("R25", "付款前换账户", money.find_changed_payees, "payee_changes", 80,
          "risk_payee_days", is_blocking=True),
    _line("R26", "团伙关系圈", clusters.find_clusters, "links", 70,
          "risk_cluster_people risk_cluster_kinds"),
    _line("R27", "学员失联、否认参加", teaching.find_silent_classes, "contacts classes", 80,
          "risk_denials risk_silent_bp risk_silent_people", is_blocking=True),
    _line("R28", "内部人员先查后用", offices.find_insiders, "look_ups vouchers institutions", 80,
          "risk_insider_people risk_insider_days risk_insider_opened_people "
          "risk_insider_opened_share_bp risk_pair_z_hundredths"),
    _line("R29", "未申报的分包、转包", handing_over.find_handed_over, "outsiders classes", 80,
          "risk_outsider_kinds risk_outsider_kinds_hold", is_blocking=True),
)  # fmt: skip
BY_CODE: dict[str, RiskRule] = {each.code: each for each in RULES}
THRESHOLDS: tuple[str, ...] = tuple(sorted({name for each in RULES for name in each.thresholds}))


@rule(number="RSK-44", stage="监管", source=SOURCE, since=SINCE)
def run_rules(facts: Facts, most: Thresholds, codes: Collection[str] = ()) -> Iterator[Finding]:
    """Yield what the rules find, in the order of the rules; the same facts and thresholds find the same."""
    for each in RULES:
        if not codes or each.code in codes:
            yield from each.find(facts, most)
