"""What a package says of itself: how to check it, and what every column means."""

from __future__ import annotations

COLUMNS = (
    "拨付编号", "拨付文件", "付款参考号", "地区代码", "预算年度", "资金来源", "补贴种类", "职业编码", "等级",
    "收款机构", "机构编号", "人员编号", "姓名", "证件号码", "申领编号", "培训券编号", "金额（分）",
    "核定金额（分）", "抵扣（分）", "状态", "签发时间", "银行回执", "回执时间",
)  # fmt: skip
_MASKED = "除非申请时写明理由，否则脱敏"
_MEANINGS = (
    "系统内编号，与 proofs/payment-编号.json 对应", "一次签发的文件号", "银行流水中的参考号",
    "预算所属地区", "预算年度", "六种资金来源之一", "training 培训补贴，evaluation 评价补贴，其余为奖补",
    "职业（工种）编码", "等级序号", "收款的机构名称", "机构的系统内编号，与留痕一致",
    "人员的系统内编号，与留痕一致", _MASKED, _MASKED, "申领的系统内编号", "没有券的为空",
    "交银行实付的金额，人民币分，整数；等于核定金额减抵扣，全额抵扣的为 0，不送银行",
    "按标准核定的金额，预算按它列支；与预算核对用这一列",
    "抵扣：从这笔拨付中扣下、抵收款机构应退回的资金，不再付出",
    "released 已签发，succeeded 已到账，failed 退票", "UTC 时间",
    "succeeded 成功，failed 退票，空为未回", "UTC 时间",
)  # fmt: skip
DICTIONARY: tuple[tuple[str, str, str], ...] = (
    *(("data/payments.csv", name, told) for name, told in zip(COLUMNS, _MEANINGS, strict=True)),
    ("data/summary.json", "payments, amount_fen", "笔数与实付合计（分），按资金来源、按机构再各合计一次"),
    (
        "data/summary.json",
        "computed_fen, offset_fen",
        "核定、抵扣合计（分），同样再合计；核定减抵扣等于实付，退票也在内",
    ),
    ("trail.jsonl", "row", "一条留痕：时间、用户、人员编号、动作、对象、内容、同一对象上一条的摘要"),
    ("trail.jsonl", "content_hash", "row 按规范 JSON（键排序、无空格、UTF-8）算出的 SHA-256"),
    ("trail.jsonl", "seq, checkpoint, path", "封存序号；所属检查点；到该检查点默克尔根的路径（RFC 6962）"),
    ("checkpoints.jsonl", "first_seq, seq, merkle_root", "所含留痕的起止序号和默克尔根"),
    ("checkpoints.jsonl", "chain_hash, signed_at", "封存链到 seq 的链头；签署时间"),
    ("checkpoints.jsonl", "key_id, signature", "公钥编号（RFC 7638 前 16 位）；Ed25519 签名"),
    ("keys.json", "kid, x", "核验签名的公钥（JWK）；请与对外公布的或自己留存的比较"),
    ("proofs/", "payment-编号.json", "一笔拨付单独的证明，可单独交给第三方"),
    ("lines.json", "文件名", "每个文件每一行 SHA-256 的前 16 位，用来指出改动在第几行"),
    ("manifest.json", "files", "每个文件的 SHA-256；manifest.sig.json 是对它的签名"),
)
README = """# 审计导出包

这个包不需要原系统就能核验。

## 怎样核验

1. 准备 Python 3.11 以上，安装 cryptography（`pip install cryptography`）。
2. 解开压缩包，取出 `verify.py`；更稳妥的做法是用从别处得到的同一程序。
3. 运行 `python verify.py 这个包.zip`；自己留存过检查点的，加 `--anchors 留存文件.jsonl`；
   从公函、“审计”页等别处知道公钥编号的，加 `--key 编号`（换过密钥的可写几个），程序就只认这些公钥的签名。
   两样都没有的，程序会说明凭的是哪一把公钥，请把 16 位编号与对外公布的逐字比较后再加 `--key` 核验。
4. 最后一行是“全部相符”且退出码为 0，即为通过；否则逐条写明哪个文件、第几行、哪条留痕不符，退出码为 3；
   没有不符但有未能确认之处的，逐条说明，退出码为 4，不能算作通过。

## 它证明什么

* 每个文件自签出后没有改动（清单签名）。
* 每条留痕的内容与封存时一致，并在签名的检查点之内（默克尔路径）。
* 每笔拨付的金额与制单时的留痕一致，金额明细与证明一致。
* 用自己留存的检查点核对时，还证明系统此后没有改写过这段历史。

## 它不证明什么

* 没有进入检查点的最新留痕（最多一小时）不在包内。
* 留痕记下的是系统里办了什么，事情本身是否属实要靠实地核查。
* 只用包内自带的公钥时，证明的是“持有该私钥的人签的”；谁都可以自造一把，所以程序不说全部相符。

## 文件

| 文件 | 内容 |
| --- | --- |
| data/payments.csv | 期间内签发的每笔拨付 |
| data/summary.json | 合计 |
| trail.jsonl | 这些拨付、拨付文件、申领、培训券的全部留痕 |
| checkpoints.jsonl、keys.json | 签名的检查点和公钥 |
| proofs/ | 每笔拨付单独的证明 |
| dictionary.csv | 数据字典 |
| lines.json、manifest.json、manifest.sig.json | 摘要、清单和签名 |

个人信息默认脱敏；不脱敏的包在申请时写明了理由，申请和每次下载都有留痕。用完请按审计纪律销毁。
"""
