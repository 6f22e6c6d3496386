"""Standards and parameters as of a day: what is paid for which trade and level, since when, on whose word."""

from __future__ import annotations

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.doors.web.public.open_data import STANDARD_COLUMNS, answer_csv
from voucher.registry.catalogue import name_regions
from voucher.registry.rates import (
    FOUND_MOST,
    Rates,
    list_parameters,
    list_rates,
    list_regions_apart,
    list_versions,
    search_rates,
)
from voucher.registry.standards import StandardRow
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.citations import readable_words
from voucher.rules.errors import Refused
from voucher.rules.levels import LEVEL_NAMES, Level
from voucher.rules.money import format_yuan

CONFIDENCE_NAMES = {"document": "文件明文", "gov": "政府网站", "news": "媒体转述", "default": "默认值"}
EVIDENCE_NAMES = {
    "document+gov": "文件明文",
    "document": "文件明文",
    "gov": "政府网站",
    "news": "媒体转述",
    "weak": "来源单一",
}
FORM_NAMES = {
    "level_certificate": "职业资格证书、职业技能等级证书",
    "special_skill": "专项职业能力证书",
    "training_completion": "培训合格证书（上限）",
    "training_completion_hour": "培训合格证书（每学时）",
    "special_operation": "特种作业操作证",
    "special_equipment": "特种设备作业人员证",
    "pre_job": "企业新录用人员岗前培训",
    "senior_upgrade": "高级技师技能提升培训",
    "card_renewal": "特种作业操作证复审换证",
}
PARAMETER_NAMES = {
    "notice_workdays": "公示天数",
    "notice_first_day_counts": "公示首日是否计入",
    "objection_workdays": "异议处理期限",
    "payment_workdays": "拨付期限",
    "review_workdays": "审核期限",
    "pass_mark": "各科及格线",
    "pass_mark_theory": "理论单独的及格线（不填的按各科）",
    "pass_mark_skill": "技能单独的及格线（不填的按各科）",
    "pass_mark_comprehensive": "综合评审单独的及格线（不填的按各科）",
    "comprehensive_level_least": "从哪一级起还要综合评审（5 为技师，不填的都不要）",
    "exam_apart_from_training": "考培分离（培训机构不评价自己的学员）",
    "exam_plan_days": "评价计划提前报送",
    "examiners_per_exam": "每场考试考评员人数",
    "entry_level_secondary": "中职毕业可直接申报的等级",
    "entry_level_higher": "高职、应用型本科毕业可直接申报的等级",
    "exam_room_minutes": "同一考场两场考试的间隔",
    "exam_arrival_needed": "没有核对入场不得录成绩",
    "reader_file_days": "考试后几日内可上传读卡入场记录",
    "skill_entries": "技能成绩录入遍数",
    "exam_retakes": "补考次数上限",
    "subject_kept_months": "单科合格成绩保留期",
    "age_minimum": "最低年龄",
    "age_maximum": "最高年龄",
    "age_maximum_female": "女性最高年龄（不填的与男性相同）",
    "yearly_cap_evaluation": "评价补贴每人每年次数",
    "yearly_cap_training": "培训补贴每人每年次数",
    "open_vouchers_most": "每人同时持有的未用完的券",
    "outside_fresh_days": "部门数据核实有效期",
    "insured_months_minimum": "失业保险累计参保月数",
    "suspicious_days": "评价可疑提示看最近多少天",
    "suspicious_pass_percent": "合格率达到多少提示可疑",
    "suspicious_people_least": "多少人以上的考试才看合格率",
    "suspicious_people_a_day": "一天考试超过多少人提示可疑",
    "suspicious_same_scores": "多少人成绩相同提示可疑",
    "employer_own_staff": "用人单位只评价本单位职工",
    "employer_staff_insured": "用人单位职工按社会保险核对",
    "employer_staff_fresh_days": "用人单位职工社会保险核对有效期",
    "employer_insurance_checks_daily": "用人单位每天可核对社会保险的人次",
    "school_majors_required": "院校评价的职业须由专业对应",
    "register_fresh_days": "付款时登记答复的有效天数",
    "register_rest_minutes": "登记没有答复时再问的间隔",
    "register_rest_minutes_most": "登记没有答复时再问的最长间隔",
    "student_bars": "全日制在校学生不享受",
    "application_workdays": "领券申请办理期限",
    "clarification_workdays": "补充说明答复期限",
    "higher_bars_lower": "已享受高等级后不再享受低等级",
    "attendance_minimum": "最低到课率",
    "completion_hours_minimum": "培训合格证书最少学时",
    "pre_job_hours_minimum": "岗前培训最少学时",
    "senior_upgrade_days_minimum": "高级技师技能提升培训最少天数",
    "class_size": "每班人数上限",
    "class_intake_replaced_share": "准予开班后名册可换的人",
    "filing_lead_workdays": "开班申请提前",
    "change_notice_hours": "课程变更报备提前",
    "change_review_workdays": "课程变更审核期限",
    "voucher_validity_days": "券有效期",
    "certify_months": "结业后取证期限",
    "certify_register_days": "取证截止后再等登记答复",
    "card_renewal_months": "特种作业操作证复审换证最少相隔",
    "claim_window_months_listed": "清单内评价机构申领期限",
    "claim_window_months_other": "其他申领期限",
    "phone_check_share": "每班电话抽查比例",
    "apprentice_prepay": "学徒制预支上限",
}


@public.get("/standards")
def standards() -> ResponseReturnValue:
    """Show what counted on a day, what a trade at a level came to on it, and where it is written."""
    given, words = request.args.get("on", "").strip()[:10], fields.asked("q")
    level = fields.asked("level", {str(int(each)) for each in Level})
    try:
        on, unread = (date.fromisoformat(given) if given else the_door().today), False
    except ValueError:
        on, unread = the_door().today, True
    with the_door().read() as session:
        apart = list_regions_apart(session)
        region = fields.asked("region", apart)
        refusal, rates = None, Rates([], [], 0)
        try:
            rates = list_rates(session, on)
        except Refused as refused:
            refusal = refused.refusal
        # how the house guards its own doors is nobody's policy
        parameters = list_parameters(session, on, set(PARAMETER_NAMES))
        places = [each.region_code for each in rates.modifiers] + [each.region_code for each in parameters]
        named = {each for each in places if each}
        return render_template(
            "public/standards.html",
            on=on,
            unread=unread,
            refusal=refusal,
            asked={"q": words, "level": level, "region": region},
            levels=[(int(each), name) for each, name in LEVEL_NAMES.items()],
            regions=sorted(name_regions(session, apart).items()),
            versions=list_versions(session),
            found=search_rates(session, on, words, Level(int(level)) if level else None, region)
            if words and refusal is None
            else None,
            found_most=FOUND_MOST,
            rows=rates.standards,
            modifiers=rates.modifiers,
            others=rates.others,
            parameters=parameters,
            area_names=name_regions(session, sorted(named)),
            confidence_names=CONFIDENCE_NAMES,
            evidence_names=EVIDENCE_NAMES,
            form_names=FORM_NAMES,
            parameter_names=PARAMETER_NAMES,
        )


@public.get("/standards.csv")
def standards_file() -> ResponseReturnValue:
    """Return every dated standard there is or was, as a file any spreadsheet program opens."""
    with the_door().read() as session:
        rows = session.scalars(select(StandardRow).order_by(StandardRow.code)).all()
        return answer_csv(
            "standards.csv",
            [name for name, _, _ in STANDARD_COLUMNS],
            [
                [
                    each.code,
                    name_claim_kind(each.kind),
                    FORM_NAMES.get(each.form, each.form),
                    each.occupation_code or "",
                    LEVEL_NAMES[Level(each.level)] if each.level else "",
                    each.region_code or "",
                    format_yuan(each.amount_fen).replace(",", ""),
                    each.since.isoformat(),
                    each.until.isoformat() if each.until else "",
                    readable_words(each.document),
                    EVIDENCE_NAMES.get(each.evidence, each.evidence),
                ]
                for each in rows
            ],
        )
