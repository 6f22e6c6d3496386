"""持证统计, 高技能人才库, and the dated tables around the levels."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.cited import Cited, Explained
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.registry.dictionaries import OnFilter
from voucher.doors.schemas.values import Count, OnDay, Region, Word, Words
from voucher.rules.levels import Level, name_level
from voucher.rules.vocabulary import METHOD_NAMES, Method

EQUIVALENCE_KINDS, KIND = ("education", "title"), {"description": "education 学历、title 职称"}
AS_OF = {"description": "截至哪一天；不填为今天"}


def named_level(attribute: str = "level") -> fields.Function:
    """Return the field that names the level an attribute holds; null where there is none."""

    def name(row: object) -> str | None:
        level = getattr(row, attribute)
        return name_level(Level(level)) if level is not None else None

    return fields.Function(name, metadata={"type": ["string", "null"], "example": "三级/高级工"})


class TalentFilter(Paging):
    """Whose, and as of which day."""

    region = Region(load_default=None)
    on = OnDay(load_default=None, metadata=AS_OF)


class FiguresFilter(Schema):
    """Where, and as of which day."""

    region = Region(load_default=None)
    on = OnDay(load_default=None, metadata=AS_OF)


class TalentState(Schema):
    """One certificate of a 高技能人才; the person is masked."""

    id = fields.Integer(attribute="view.certificate_id")
    masked_name = fields.String(attribute="view.masked_name", metadata={"example": "张*"})
    masked_number = fields.String(metadata={"example": "410105********991X"})
    trade_code = fields.String(attribute="view.trade_code")
    trade_name = fields.String(attribute="view.trade_name")
    level_name = fields.String(attribute="view.level_name")
    number = fields.String(attribute="view.number")
    issued_on = fields.Date(attribute="view.issued_on")
    institution_name = fields.String(attribute="view.institution_name")
    method_name = fields.String(metadata={"example": "考试"})


Talents = page_of(TalentState(), "Talents")


class KindCountState(Schema):
    """One of the five kinds of certificate that make a 技能人才."""

    kind = fields.String()
    name = fields.String()
    certificates = fields.Integer(metadata={"description": "本数"})
    people = fields.Integer(metadata={"description": "人数，一人多本算一人"})


class CategoryRowState(Schema):
    """Which certificates count for a category, by which document."""

    category = fields.String()
    category_name = fields.String(metadata={"example": "农村实用人才"})
    kind = fields.String(allow_none=True, metadata={"description": "证书类型；null 为不限"})
    trades = fields.String(allow_none=True, metadata={"description": "职业编码的开头；null 为不限"})
    words = fields.String()
    provisional = fields.Boolean(metadata={"description": "文件没有写明、由本系统暂定的为 true"})
    since = fields.Date()
    until = fields.Date(allow_none=True)
    document = Explained()


class CategoryCountState(Schema):
    """One of the five categories of talent; null where no row says what counts for it."""

    category = fields.String()
    name = fields.String(metadata={"example": "农村实用人才"})
    certificates = fields.Integer(allow_none=True, metadata={"description": "本数"})
    people = fields.Integer(allow_none=True, metadata={"description": "人数，一人多本算一人"})
    provisional = fields.Boolean()
    rows = fields.List(fields.Nested(CategoryRowState))


class TalentFiguresState(Schema):
    """Certificates and people as of a day; whoever holds several is one person in every total."""

    on = fields.Date(attribute="figures.on")
    kinds = fields.List(fields.Nested(KindCountState), attribute="figures.kinds")
    certificates = fields.Integer(attribute="figures.certificates")
    people = fields.Integer(attribute="figures.people", metadata={"description": "技能人才人数"})
    middle_people = fields.Integer(
        attribute="figures.middle_people", metadata={"description": "中高级技能人才人数"}
    )
    high_people = fields.Integer(attribute="figures.high_people", metadata={"description": "高技能人才人数"})
    middle_bp = fields.Integer(
        attribute="figures.middle_bp",
        allow_none=True,
        metadata={"description": "中高级占技能人才的万分比；没有人时为 null"},
    )
    categories = fields.List(fields.Nested(CategoryCountState), metadata={"description": "五类人才"})
    category_people = fields.Integer(metadata={"description": "五类人才合计人数；计入几类的只算一人"})


class StepState(Schema):
    """One way onto a level, by which document."""

    level = fields.Integer(metadata={"description": "八级工序号 1–8"})
    level_name = named_level()
    method = fields.String()
    method_name = fields.Function(
        lambda row: METHOD_NAMES[Method(row.method)], metadata={"type": "string", "example": "考试"}
    )
    condition = fields.String()
    since = fields.Date()
    until = fields.Date(allow_none=True)
    document = Explained()


class PlacingState(Schema):
    """The places of a class of competition that earn a level; both included."""

    competition = fields.String()
    name = fields.String(metadata={"example": "省级行业二类赛"})
    team = fields.Integer(metadata={"description": "参赛人数：1 单人、2 双人、3 三人"})
    first = fields.Integer()
    last = fields.Integer()
    level = fields.Integer()
    level_name = named_level()
    since = fields.Date()
    until = fields.Date(allow_none=True)
    document = Explained()


class EquivalenceState(Schema):
    """What counts as what in education or among titles."""

    kind = fields.String(metadata=KIND)
    kind_name = fields.String()
    has = fields.String()
    counts_as = fields.String()
    condition = fields.String()
    level = fields.Integer(allow_none=True)
    since = fields.Date()
    until = fields.Date(allow_none=True)
    document = Explained()


class EquivalenceFilter(OnFilter):
    """What one holds, or what it should count as."""

    kind = Word(EQUIVALENCE_KINDS, load_default=None, metadata=KIND)
    has = Words(
        load_default="", least=0, most=40, metadata={"description": "具备的或比照成的", "example": "高级技师"}
    )


class Equivalences(Schema):
    """What counts as what on a day, each with its document and its days."""

    on = fields.Date()
    items = fields.List(fields.Nested(EquivalenceState))


class LevelsState(Schema):
    """The dated tables around the levels as of a day."""

    on = fields.Date()
    steps = fields.List(fields.Nested(StepState))
    placings = fields.List(fields.Nested(PlacingState))
    equivalences = fields.List(fields.Nested(EquivalenceState))
    talent_categories = fields.List(
        fields.Nested(CategoryRowState), metadata={"description": "五类人才：哪些证书计入哪一类"}
    )


class PlaceFilter(OnFilter):
    """A place in a competition."""

    competition = Words(required=True, most=40, metadata={"example": "provincial_trade_2"})
    team = Count(load_default=1, most=100, metadata={"description": "参赛人数"})
    place = Count(required=True, most=10_000, metadata={"description": "名次"})


class PlaceEarned(Schema):
    """The level a place earns; null for none."""

    level = fields.Integer(allow_none=True)
    level_name = fields.String(allow_none=True)
    document = Explained(allow_none=True)


class NextStepState(Schema):
    """What a worker holds in one occupation, and the level after it with the ways onto it."""

    trade_code = fields.String()
    trade_name = fields.String()
    level = fields.Integer()
    level_name = named_level()
    next_level = fields.Integer(allow_none=True)
    next_level_name = named_level("next_level")
    ways = fields.List(fields.Nested(StepState))


class NextSteps(Schema):
    """The next step per occupation one stands on the ladder of."""

    items = fields.List(fields.Nested(NextStepState))


class AliasState(Schema):
    """One change of a code."""

    old_code = fields.String()
    new_code = fields.String()
    since = fields.Date()
    source = Cited()


class OccupationState(Schema):
    """A code, what it counts as today, and how it came to that."""

    code = fields.String()
    present_code = fields.String()
    present_name = fields.String(allow_none=True)
    aliases = fields.List(fields.Nested(AliasState))


class StreetState(Schema):
    """One town or street of a county."""

    code = fields.String(metadata={"example": "419001001"})
    name = fields.String()


class Streets(Schema):
    """The towns and streets of a county or zone, by code."""

    region_code = fields.String()
    items = fields.List(fields.Nested(StreetState))
