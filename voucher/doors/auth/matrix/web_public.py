"""The access matrix of what anybody may look at without a login."""

from __future__ import annotations

from voucher.doors.auth.entries import PUBLIC, Access

WEB_PUBLIC: dict[str, Access] = {
    "web.public.guide": Access(PUBLIC, "办事指南与名词解释"),
    "web.public.institutions": Access(PUBLIC, "机构目录，含被移出的和原因"),
    "web.public.evaluators": Access(PUBLIC, "评价目录清单：今日谁可以评价什么"),
    "web.public.joining": Access(PUBLIC, "机构入驻：要准备什么，怎么办"),
    "web.public.institution": Access(PUBLIC, "一家机构：目录年度、评价范围、正在招生的班级"),
    "web.public.classes": Access(PUBLIC, "正在招生的班级"),
    "web.public.training_class": Access(PUBLIC, "一个已公开的班级，不含学员"),
    "web.public.check": Access(PUBLIC, "查验页"),
    "web.public.check_certificate": Access(PUBLIC, "凭编号、姓名和证件号码后四位查证书，限频，不留痕"),
    "web.public.check_voucher": Access(PUBLIC, "凭券号查培训券状态，不含持券人，限频"),
    "web.public.figures": Access(PUBLIC, "数据公开，只有合计，限频"),
    "web.public.standards_file": Access(PUBLIC, "全部补贴标准，数据文件"),
    "web.public.dictionary": Access(PUBLIC, "数据字典和使用许可"),
    "web.public.dictionary_file": Access(PUBLIC, "数据字典，数据文件"),
    "web.public.robots": Access(PUBLIC, "告诉搜索引擎收录什么"),
    "web.public.sitemap": Access(PUBLIC, "公众网页的地址"),
    "web.public.figures_file": Access(PUBLIC, "数据公开下载，限频"),
}
