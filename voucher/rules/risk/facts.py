"""The plain facts the risk rules read: rows of one kind each, of the database or of a folder of CSV files.

Names that end in `_at` are moments (whole seconds since 1970, UTC; ISO 8601 in a file), those in `_on` days
(whole days since 1970-01-01; YYYY-MM-DD in a file). A cell left empty says that something is not known: None
for numbers, the empty text for words; a rule is silent about what it does not know. The words beside a column
are its line in the data dictionary.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

Id = Annotated[str, "本行编号，不重复"]
Who = Annotated[str, "人员编号（不是身份证号）"]
House = Annotated[str, "机构编号"]
Class = Annotated[str, "班级编号"]
Trade = Annotated[str, "职业（工种）编码"]
Step = Annotated[str, "等级"]
Device = Annotated[str, "设备的摘要，空为不知道"]
Network = Annotated[str, "网络地址的摘要，空为不知道"]


class Institution(NamedTuple):
    """机构。"""

    id: Id
    region: Annotated[str, "地区编码"]
    opened_on: Annotated[int | None, "列入目录的日期"] = None
    network: Annotated[str, "机构办公网络地址的摘要"] = ""


class TrainingClass(NamedTuple):
    """班级。"""

    id: Id
    institution: House
    occupation: Trade
    level: Step
    seats: Annotated[int | None, "批准的人数，或教室座位数中较少的"]
    is_in_scope: Annotated[int | None, "机构备案范围是否含这个职业等级：1 是，0 否"]
    starts_at: Annotated[int, "开课时间"]
    ends_at: Annotated[int, "结束时间"]
    out_since_on: Annotated[int | None, "从哪天起不在备案范围内，在范围内或不知道的空"] = None


class Session(NamedTuple):
    """课次。"""

    id: Id
    class_id: Class
    teacher: Annotated[str, "教师，空为不知道"]
    starts_at: Annotated[int, "上课时间"]
    ends_at: Annotated[int, "下课时间"]


class Place(NamedTuple):
    """学员在班（一人一班一行）。"""

    id: Id
    class_id: Class
    person: Who
    present_bp: Annotated[int | None, "出勤学时占计划学时的万分比，没有结业的空"] = None


class Mark(NamedTuple):
    """签到、签退，按时间排序。"""

    id: Id
    session: Annotated[str, "课次编号"]
    class_id: Class
    person: Who
    direction: Annotated[str, "方向：in 签到，out 签退"]
    device: Device
    is_kiosk: Annotated[int, "登记在册的公用签到设备：1 是，0 否"]
    at: Annotated[int, "时间"]
    latitude_e6: Annotated[int | None, "纬度，百万分之一度"] = None
    longitude_e6: Annotated[int | None, "经度，百万分之一度"] = None
    accuracy_m: Annotated[int | None, "设备报告的误差，米"] = None
    distance_m: Annotated[int | None, "到批准教室的距离，米"] = None
    is_mocked: Annotated[int | None, "设备报告位置是模拟的：1 是，0 否"] = None


class Result(NamedTuple):
    """一人一次评价的成绩。"""

    id: Id
    person: Who
    class_id: Class
    institution: House
    evaluator: Annotated[str, "评价机构编号"]
    examiner: Annotated[str, "考评员，空为不知道"]
    occupation: Trade
    level: Step
    score_hundredths: Annotated[int | None, "成绩，百分之一分；缺考空"]
    is_passed: Annotated[int, "合格：1 是，0 否"]
    sat_on: Annotated[int, "考试日期"]
    answers: Annotated[str, "每题一个字符：答对写 .，答错写所选项；没有逐题记录的空"] = ""
    network: Network = ""
    answers_from: Annotated[str, "逐题答卷出自的名单行，空为考试系统"] = ""
    counter: Annotated[str, "没有固定办公网络、考试当天独自从同一网络核销的机构编号，空为没有"] = ""


class Study(NamedTuple):
    """线上学习的一段。"""

    id: Id
    person: Who
    class_id: Class
    section: Annotated[str, "课件的一段"]
    minimum_seconds: Annotated[int, "这一段最少要用的秒数"]
    seconds: Annotated[int, "实际用的秒数"]
    focus_events: Annotated[int | None, "页面操作次数，没有记录的空"]
    started_at: Annotated[int, "开始时间"]


class OutsideFact(NamedTuple):
    """其他部门名单里的一行。"""

    id: Id
    person: Who
    kind: Annotated[
        str, "种类：deceased 死亡、custody 羁押、student 在校、pension 领养老金、employed 在职参保"
    ]
    since_on: Annotated[int, "起"]
    until_on: Annotated[int | None, "止，空为至今"] = None
    claim: Annotated[str, "申领编号，只说这一笔；空为本人的各笔"] = ""
    where: Annotated[str, "来源，空为不知道"] = ""


class History(NamedTuple):
    """以前（含其他系统、其他地区）已经发过的补贴，或已经取得的证书。"""

    id: Id
    person: Who
    kind: Annotated[str, "种类：training 培训补贴、evaluation 评价补贴、certificate 已有同级证书"]
    occupation: Trade
    level: Step
    on: Annotated[int, "发放或取证日期（YYYY-MM-DD）"]
    where: Annotated[str, "地点"]
    claim: Annotated[str, "申领编号，只说这一笔；空为本人的各笔"] = ""


class Claim(NamedTuple):
    """申领（一行一笔补贴）。"""

    id: Id
    person: Who
    institution: House
    class_id: Class
    kind: Annotated[str, "种类：training 培训补贴、evaluation 评价补贴"]
    occupation: Trade
    level: Step
    amount_fen: Annotated[int, "金额，分"]
    filed_at: Annotated[int, "申报时间"]
    served_from_on: Annotated[int | None, "培训第一天"] = None
    served_until_on: Annotated[int | None, "培训最后一天"] = None
    review_limit_fen: Annotated[int | None, "达到这个金额要多一级审核，分"] = None
    budget_from_on: Annotated[int | None, "预算年度第一天"] = None
    budget_until_on: Annotated[int | None, "预算年度最后一天"] = None


class Voucher(NamedTuple):
    """一张券从领取到核销。"""

    id: Id
    person: Who
    institution: House
    class_id: Class
    agent: Annotated[str, "代领人，空为本人"]
    accept_device: Device
    accept_network: Network
    accepted_at: Annotated[int, "领取时间"]
    redeem_device: Device
    redeemed_at: Annotated[int | None, "核销时间"]
    is_taken_earlier: Annotated[int, "领取早于所看的期间，当月的其他券不在内：1 是，0 否"] = 0


class Link(NamedTuple):
    """人与账户、电话、住址等的联系，值只是摘要。"""

    id: Id
    person: Who
    kind: Annotated[
        str,
        "种类：account 账户、phone 电话、address 住址、contact 紧急联系人、device 设备、family 家庭、"
        "teacher 与教师共用电话账户设备或由教师代领",
    ]
    value: Annotated[str, "摘要"]
    institution: House = ""


class Backflow(NamedTuple):
    """学员或其账户付给机构、招生人的钱。"""

    id: Id
    person: Who
    institution: House
    amount_fen: Annotated[int, "金额，分"]
    paid_at: Annotated[int, "时间"]


class LookUp(NamedTuple):
    """查人一次。"""

    id: Id
    viewer: Annotated[str, "查看人"]
    institution: Annotated[str, "查看人所在机构，工作人员空"]
    person: Annotated[str, "被查的人，没有查到的空"]
    is_hit: Annotated[int, "查到可办理的人：1 是，0 否"]
    is_on_duty: Annotated[int, "属于分给他的事项：1 是，0 否"]
    at: Annotated[int, "时间"]
    is_masked: Annotated[int, "只打开了姓名、号码遮盖的页面：1 是，0 否"] = 0


class Certificate(NamedTuple):
    """证书。"""

    id: Id
    person: Who
    institution: House
    class_id: Class
    evaluator: Annotated[str, "评价机构编号"]
    occupation: Trade
    level: Step
    issued_on: Annotated[int, "发证日期"]
    sat_on: Annotated[int | None, "考试日期"] = None
    is_registered: Annotated[int | None, "全国联网登记里有：1 是，0 否，还没有查的空"] = None
    photo: Annotated[str, "照片的摘要"] = ""
    tries: Annotated[int | None, "改动信息后重查的次数"] = None


class Approval(NamedTuple):
    """审核一次。"""

    id: Id
    claim: Annotated[str, "申领编号"]
    officer: Annotated[str, "审核人"]
    partner: Annotated[str, "同一申领的另一名审核人，空为还没有"]
    institution: House
    opened_at: Annotated[int | None, "打开的时间，没有记录的空"]
    signed_at: Annotated[int, "签署时间"]
    is_unopened: Annotated[
        int | None, "要人判断的申领，申领和批次的页面都没有打开：1 是，0 否；规则直接通过的、没有记录的空"
    ] = None


class PayeeChange(NamedTuple):
    """收款账户变更。"""

    id: Id
    institution: House
    changed_at: Annotated[int, "变更生效时间"]
    approved_at: Annotated[int | None, "同一账户下最近一笔的审批时间"] = None
    paid_at: Annotated[int | None, "变更后第一笔的签发时间"] = None
    claims: Annotated[str, "变更前已审批、还没有付的各笔申领，用空格隔开"] = ""


class Contact(NamedTuple):
    """抽查回访一人。"""

    id: Id
    class_id: Class
    person: Who
    answer: Annotated[str, "答复：confirmed 确认、denied 否认参加、silent 联系不上"]
    has_opened_app: Annotated[int | None, "培训期间打开过手机端：1 是，0 否"] = None


class Outsider(NamedTuple):
    """别的机构在一个班里的痕迹（一班、一家、一种一行），承训机构除外。"""

    id: Id
    class_id: Class
    institution: House
    other: Annotated[str, "痕迹指向的机构编号"]
    kind: Annotated[str, "种类：people 签到核销登记的人在它任职、room 它备案的教室、payee 同一收款账户"]
    times: Annotated[int, "有多少人、教室或账户"]
