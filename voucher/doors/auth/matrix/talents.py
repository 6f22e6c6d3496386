"""The access matrix of what follows from certificates: figures, the list of 高技能人才, the dated tables."""

from __future__ import annotations

from voucher.doors.auth.entries import DESK, PUBLIC, WORKERS, Access
from voucher.rules.actor import Role

# whoever may enter what people won, as their importers say
AWARDERS = frozenset({Role.OPERATOR, Role.OFFICER_PROVINCE})

API_TALENTS: dict[str, Access] = {
    "talents.list_talents": Access(DESK, "本辖区的高技能人才库（掩码），任一日"),
    "talents.show_figures": Access(DESK, "本辖区的持证统计，任一日"),
    "talents.list_next_steps": Access(WORKERS, "本人的等级台阶"),
    "talents.show_levels": Access(PUBLIC, "等级台阶、竞赛名次对照、学历职称比照"),
    "talents.ask_equivalences": Access(PUBLIC, "学历职称比照的查询"),
    "talents.ask_place": Access(PUBLIC, "一个竞赛名次对应什么等级"),
    "talents.list_region_streets": Access(PUBLIC, "一个县区的乡镇街道"),
    "talents.show_occupation": Access(PUBLIC, "职业编码的沿革"),
    "awards.list_results": Access(AWARDERS, "本辖区登记的竞赛成绩（掩码）"),
    "awards.list_honours": Access(AWARDERS, "本辖区登记的荣誉（掩码）"),
    "awards.list_award_files": Access(AWARDERS, "本辖区的登记文件"),
    "awards.list_award_lines": Access(AWARDERS, "一份登记文件的各行（掩码）"),
    "awards.send_award_file": Access(AWARDERS, "提交竞赛成绩或荣誉"),
    "awards.decide_award_file": Access(AWARDERS, "另一人确认或退回登记文件"),
}

WEB_TALENTS: dict[str, Access] = {
    "web.office.talents": Access(DESK, "高技能人才库与持证统计（掩码）"),
    "web.office.coverage": Access(DESK, "评价覆盖：没有评价机构的职业"),
    "web.office.coverage_xlsx": Access(DESK, "没有评价机构的职业，导出为表格"),
    "web.office.talents_xlsx": Access(DESK, "高技能人才库导出（掩码）"),
    "web.office.awards": Access(AWARDERS, "竞赛成绩与荣誉的登记（掩码）"),
    "web.office.awards_sheet": Access(AWARDERS, "竞赛成绩、荣誉的空表"),
    "web.office.search_awards": Access(AWARDERS, "一个人已登记的竞赛成绩与荣誉（掩码）"),
    "web.office.upload_awards": Access(AWARDERS, "上传竞赛成绩或荣誉的登记文件", uploads=True),
    "web.office.award_file": Access(AWARDERS, "一份登记文件（掩码）"),
    "web.office.confirm_awards": Access(AWARDERS, "另一人确认登记文件"),
    "web.office.decline_awards": Access(AWARDERS, "退回登记文件"),
    "web.public.levels": Access(PUBLIC, "等级台阶、比照、竞赛名次、荣誉、职业编码沿革"),
}
