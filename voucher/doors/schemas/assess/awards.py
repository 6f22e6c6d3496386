"""Places in contests and honours: what was entered, and files that wait for another person."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, OnDay, Region, Whole, Word, Words
from voucher.registry.talents.awards import AWARD_KIND_NAMES, AwardKind

ROWS_MAX = 1000
KIND = {"description": "、".join(f"{kind} {name}" for kind, name in AWARD_KIND_NAMES.items())}
VERDICTS = ("confirm", "decline")


class NewAward(Body):
    """One row, in the words of the sheet; what the kind does not ask for stays empty."""

    name = Words(required=True, most=60, metadata={"description": "姓名"})
    number = Words(required=True, most=40, metadata={"description": "证件号码"})
    competition = Words(load_default="", most=60, metadata={"description": "赛事类别"})
    contest = Words(load_default="", most=WORDS_MAX, metadata={"description": "赛事名称"})
    trade_code = Words(load_default="", most=20, metadata={"description": "职业编码"})
    team = Whole(
        load_default=None, allow_none=True, least=1, metadata={"description": "参赛人数，单人赛为 1"}
    )
    place = Whole(load_default=None, allow_none=True, least=1, metadata={"description": "名次"})
    awarded_on = OnDay(required=True, metadata={"description": "获奖日期、获得日期"})
    award_number = Words(load_default="", most=100, metadata={"description": "获奖证书编号"})
    document = Words(required=True, most=WORDS_MAX, metadata={"description": "文件"})
    honour = Words(load_default="", most=60, metadata={"description": "荣誉"})
    revoked_on = OnDay(load_default=None, allow_none=True, metadata={"description": "撤销日期"})
    why = Words(load_default="", most=WORDS_MAX, metadata={"description": "撤销原因"})


class NewAwardFile(Body):
    """Rows of one kind, all of them taken or none."""

    kind = Word(tuple(AwardKind), required=True, metadata=KIND)
    # in whose name it is entered; who serves in several regions has to say
    region = Region(load_default=None, allow_none=True)
    rows = fields.List(
        fields.Nested(NewAward),
        required=True,
        validate=validate.Length(1, ROWS_MAX, error="应为 {min} 至 {max} 项"),
        metadata={"description": f"一次至多 {ROWS_MAX} 行"},
    )


class AwardFileDecision(Body):
    """Another person's word on a file."""

    verdict = Word(VERDICTS, required=True, metadata={"description": "confirm 确认、decline 退回或收回"})
    why = Words(load_default="", most=WORDS_MAX, metadata={"description": "退回的理由；确认的不填"})


class AwardFileState(Schema):
    """A file, and whether it counts."""

    id = fields.Integer()
    kind = fields.String(metadata=KIND)
    region_code = fields.String()
    filed_at = Moment()
    confirmed_at = Moment(allow_none=True)
    declined_at = Moment(allow_none=True)
    declined_why = fields.String(allow_none=True)


class AwardLineState(Schema):
    """One line of a file, the person masked: what it enters, or what it takes back."""

    id = fields.Integer()
    line = fields.Integer()
    masked_name = fields.String(metadata={"example": "张*"})
    takes_back = fields.Boolean(metadata={"description": "撤销已登记的；否则是登记"})
    facts = fields.Dict(metadata={"description": "所填的各项，字典里的以代码表示"})
    words = fields.Dict(metadata={"description": "代码的名称：competition、trade、honour"})
    revoked_on = fields.Date(allow_none=True)
    why = fields.String(allow_none=True)


class AwardFileTaken(Schema):
    """What a file came to: null where nothing of it is new."""

    award_file_id = fields.Integer(allow_none=True, metadata={"description": "待另一人确认的文件"})
    rows_read = fields.Integer()
    rows_added = fields.Integer(metadata={"description": "待确认的登记"})
    rows_changed = fields.Integer(metadata={"description": "待确认的撤销"})
    rows_unchanged = fields.Integer()


class AwardedPlaceState(Schema):
    """A place in a contest; the person is masked."""

    id = fields.Integer()
    masked_name = fields.String(metadata={"example": "张*"})
    competition = fields.String()
    competition_name = fields.String()
    contest = fields.String()
    trade_code = fields.String()
    trade_name = fields.String()
    team = fields.Integer()
    place = fields.Integer()
    awarded_on = fields.Date()
    award_number = fields.String()
    document = fields.String()
    honour = fields.String(allow_none=True)
    honour_name = fields.String(allow_none=True)
    revoked_on = fields.Date(allow_none=True)
    why = fields.String(allow_none=True)
    award_file_id = fields.Integer(allow_none=True, metadata={"description": "两人办理施行前登记的为 null"})


class HonourState(Schema):
    """An honour; the person is masked."""

    id = fields.Integer()
    masked_name = fields.String(metadata={"example": "张*"})
    honour = fields.String()
    honour_name = fields.String()
    awarded_on = fields.Date()
    document = fields.String()
    revoked_on = fields.Date(allow_none=True)
    why = fields.String(allow_none=True)
    award_file_id = fields.Integer(allow_none=True, metadata={"description": "两人办理施行前登记的为 null"})


AwardLines = page_of(AwardLineState(), "AwardLines")
AwardFiles = page_of(AwardFileState(), "AwardFiles")
Results = page_of(AwardedPlaceState(), "CompetitionResults")
Honours = page_of(HonourState(), "Honours")
