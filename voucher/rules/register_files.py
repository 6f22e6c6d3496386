"""The file for the national register (全国联网查询): its columns, and what is due of a certificate."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from voucher.rules.register import rule

SOURCE = "人社部 技能人才评价证书全国联网查询（DOMAIN C6）; 【设】接口未公布，按证书数据上报的通行栏目"
FOUNDED = date(2021, 10, 28)
COLUMNS = (
    *("操作类型", "姓名", "证件类型", "证件号码", "证书类型", "职业（工种）名称", "职业编码"),
    *("等级", "证书编号", "发证日期", "理论成绩", "技能成绩", "综合评审成绩", "评价机构名称"),
    *("评价机构统一社会信用代码", "机构备案号", "评价批次号", "取得方式", "证书状态"),
)
IDENTITY_CARD = "居民身份证"


class UploadAct(StrEnum):
    """What a line of the file asks of the register."""

    NEW = "new"
    CORRECT = "correct"
    REVOKE = "revoke"


UPLOAD_ACT_NAMES = {UploadAct.NEW: "新增", UploadAct.CORRECT: "更正", UploadAct.REVOKE: "撤销"}


@rule(number="NRF-01", stage="持证", source=SOURCE, since=FOUNDED)
def judge_upload(former: str | None, now: str, *, revoked: bool) -> UploadAct | None:
    """Return what is due of a certificate, given the digest sent last (None: never sent) and that of now.

    None where nothing is due: it was sent as it stands, or was revoked before it was ever sent.
    """
    if former is None:
        return None if revoked else UploadAct.NEW
    if former == now:
        return None
    return UploadAct.REVOKE if revoked else UploadAct.CORRECT
