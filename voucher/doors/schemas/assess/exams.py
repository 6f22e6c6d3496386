"""Exam batches, their candidates, the door of the exam, scores and their corrections."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, validates_schema

from voucher.doors.schemas.assess.exam_entries import NewDirect
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Ids,
    Moment,
    OnDay,
    Region,
    Several,
    Whole,
    Word,
    Words,
)
from voucher.rules.scores import ScoreMark
from voucher.rules.vocabulary import CertificateKind

CANDIDATES_MAX = 500
SCORE_MAX = 10_000
SCORE = {"description": "成绩，单位为百分之一分；缺考该科不填", "example": 8_650}
COMPREHENSIVE = {"description": "综合评审成绩，百分之一分；不考综合评审的等级为空"}
REVIEW = {
    "description": "综合评审成绩，百分之一分；考综合评审的等级必须写明，没有参加评审的写 null",
    "example": 8_650,
}
CARRIED = {"description": "补考带入的已合格科目成绩，百分之一分"}
MARK = {"description": "没有成绩的原因：absent 缺考、cheated 作弊；有成绩的不填"}
WHY = {"description": "理由"}


class Score(Whole):
    """A score in hundredths of a point; empty where the subject was not sat."""

    def __init__(self, **more: Any) -> None:
        usual = {"load_default": None, "allow_none": True, "most": SCORE_MAX, "metadata": SCORE}
        super().__init__(**(usual | more))


class Sitters(Body):
    """Who sits an exam: trained vouchers, and people who come without one."""

    voucher_ids = Ids(load_default=list)
    people = Several(NewDirect, most=CANDIDATES_MAX, load_default=list)


class NewCandidates(Sitters):
    """Candidates for an exam that is planned already."""

    @validates_schema
    def check_somebody(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a list of nobody."""
        if not (data["voucher_ids"] or data["people"]):
            raise ValidationError("请至少列入一名考生", "voucher_ids")


class NewExam(Sitters):
    """An exam of one trade and level on one day, with its first candidates or none yet."""

    institution_id = Whole(required=True, least=1, metadata={"description": "评价机构"})
    certificate_kind = Word(CertificateKind, required=True, metadata={"description": "证书类型"})
    trade_code = Words(required=True, most=40, metadata={"description": "职业编码或专项能力编码"})
    level = Whole(required=True, most=8, metadata={"description": "等级；专项能力为 0"})
    exam_on = OnDay(required=True, metadata={"description": "考试日期"})
    place = Words(required=True, metadata={"description": "考点"})


class ExamFilter(Paging):
    """Which exams."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)
    institution = Count(load_default=None, metadata={"description": "评价机构"})


class ExamState(Schema):
    """An exam as lists show it, with how far it has come."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "PJ-419001-2024-0007"})
    state = fields.String()
    state_name = fields.String()
    institution_id = fields.Integer()
    evaluator_name = fields.String()
    region_code = fields.String()
    certificate_kind = fields.String()
    trade_code = fields.String()
    trade_name = fields.String()
    level = fields.Integer()
    level_name = fields.String()
    exam_on = fields.Date()
    place = fields.String()
    planned_at = Moment()
    published_at = Moment(allow_none=True)
    candidates = fields.Integer(metadata={"description": "考生人数"})
    admitted = fields.Integer(metadata={"description": "核对证件入场人数"})
    entered = fields.Integer(metadata={"description": "已录入成绩人数"})
    passed = fields.Integer(metadata={"description": "公布后合格人数"})


Exams = page_of(ExamState(), "ExamBatches")


class CandidateState(Schema):
    """One candidate, masked, with the newest scores; they count once a second person has agreed."""

    candidate_id = fields.Integer()
    masked_name = fields.String(metadata={"example": "张*"})
    masked_number = fields.String(metadata={"example": "410000********1234"})
    voucher_id = fields.Integer(allow_none=True)
    voucher_number = fields.String(allow_none=True)
    voucher_state = fields.String(allow_none=True)
    admitted_at = Moment(allow_none=True)
    result_id = fields.Integer(allow_none=True, metadata={"description": "最新一版成绩"})
    revision = fields.Integer(allow_none=True)
    theory_hundredths = fields.Integer(allow_none=True)
    skill_hundredths = fields.Integer(allow_none=True)
    comprehensive_hundredths = fields.Integer(allow_none=True, metadata=COMPREHENSIVE)
    passed = fields.Boolean(allow_none=True, metadata={"description": "有效成绩是否合格；公布前为空"})
    pending_result_id = fields.Integer(allow_none=True, metadata={"description": "待另一人确认的更正"})
    mark = fields.String(allow_none=True, metadata={"description": "absent 缺考、cheated 作弊"})
    attempt = fields.Integer(metadata={"description": "第几次考；2 起为补考"})
    carried_theory_hundredths = fields.Integer(allow_none=True, metadata=CARRIED)
    carried_skill_hundredths = fields.Integer(allow_none=True, metadata=CARRIED)
    carried_comprehensive_hundredths = fields.Integer(allow_none=True, metadata=CARRIED)
    twice_read = fields.String(
        metadata={"description": "第二遍录入：unneeded 不需要、waiting 待录、equal 一致、different 不一致"}
    )
    entry_way = fields.String(allow_none=True, metadata={"description": "申报条件；用券的为空"})
    entry_evidence = fields.String(allow_none=True, metadata={"description": "申报条件的依据"})
    entry_facts = fields.List(
        fields.String(), metadata={"description": "申报条件的各项：学历、年数、原证书、奖项、名次"}
    )
    skill_hidden = fields.Boolean(metadata={"description": "第二遍录入前，第一遍技能、综合评审成绩不显示"})
    second_skill_hundredths = fields.Integer(allow_none=True, metadata={"description": "第二遍技能成绩"})
    second_comprehensive_hundredths = fields.Integer(
        allow_none=True, metadata={"description": "第二遍综合评审成绩"}
    )


Candidates = page_of(CandidateState(), "Candidates")


class CandidatesAdded(Schema):
    """Who was listed."""

    exam_batch_id = fields.Integer()
    candidate_ids = fields.List(fields.Integer())


class NewAdmission(Body):
    """The identity number of whoever stands at the door."""

    number = Words(
        required=True,
        most=40,
        metadata={"description": "到场人员证件号码", "example": "41010519900315991X"},
    )


class AdmissionDone(Schema):
    """A candidate who may sit the exam."""

    candidate_id = fields.Integer()
    admitted_at = Moment()


class NewScores(Body):
    """What one candidate reached."""

    candidate_id = Whole(required=True, least=1)
    theory_hundredths = Score()
    skill_hundredths = Score()
    # left out is not the same as none: where a review is asked for, whoever leaves it out knows nothing of it
    comprehensive_hundredths = Score(load_default=missing, metadata=REVIEW)
    mark = Word(ScoreMark, load_default=None, allow_none=True, metadata=MARK)


class NewResults(Body):
    """The scores of one exam, before publication."""

    exam_batch_id = Whole(required=True, least=1)
    scores = Several(NewScores, most=CANDIDATES_MAX, required=True)


class NewSecondScore(Body):
    """A practical score, and one of a comprehensive review, read from the sheet by a second person."""

    candidate_id = Whole(required=True, least=1)
    skill_hundredths = Score()
    comprehensive_hundredths = Score()

    @validates_schema
    def check_something(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse an entry of nothing."""
        if data["skill_hundredths"] is None and data["comprehensive_hundredths"] is None:
            raise ValidationError("请填写技能或综合评审成绩", "skill_hundredths")


class NewSecondEntries(Body):
    """The practical scores of one exam, entered a second time by somebody else."""

    exam_batch_id = Whole(required=True, least=1)
    scores = Several(NewSecondScore, most=CANDIDATES_MAX, required=True)


class SecondEntriesDone(Schema):
    """How many second entries were new, and whose two entries differ."""

    exam_batch_id = fields.Integer()
    count = fields.Integer()
    differing = fields.List(fields.Integer(), metadata={"description": "两遍不一致的考生"})


class ResultsEntered(Schema):
    """How many scores were new or changed."""

    exam_batch_id = fields.Integer()
    count = fields.Integer()


class NewCancellation(Body):
    """Why an exam is cancelled."""

    why = Words(required=True, most=WORDS_MAX, metadata=WHY)


class NewExamPublication(Body):
    """Nothing more has to be said to publish."""


class PublicationDone(Schema):
    """How many passed, failed and were absent, and whose voucher a hold keeps back."""

    exam_batch_id = fields.Integer()
    passed = fields.Integer()
    failed = fields.Integer()
    absent = fields.Integer()
    held = fields.List(fields.Integer(), metadata={"description": "因待处置暂不转为已评价的券"})


class NewCorrection(Body):
    """Other scores after publication: one person asks with a reason, another confirms that revision."""

    step = Word(("ask", "confirm"), required=True, metadata={"description": "ask 提出、confirm 确认"})
    theory_hundredths = Score()
    skill_hundredths = Score()
    comprehensive_hundredths = Score()
    mark = Word(ScoreMark, load_default=None, allow_none=True, metadata=MARK)
    why = Words(
        load_default=None, allow_none=True, most=WORDS_MAX, metadata={"description": "提出更正时必填"}
    )

    @validates_schema
    def check_why(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse to ask without saying why, and to confirm something else than what was asked."""
        if data["step"] == "ask" and data["why"] is None:
            raise ValidationError("提出更正须写明理由", "why")
        if data["step"] == "confirm":
            for name in ("theory_hundredths", "skill_hundredths", "comprehensive_hundredths", "mark"):
                if data[name] is not None:
                    raise ValidationError("确认时不填成绩", name)


class ResultState(Schema):
    """One revision of a candidate's scores."""

    id = fields.Integer()
    candidate_id = fields.Integer()
    revision = fields.Integer()
    theory_hundredths = fields.Integer(allow_none=True)
    skill_hundredths = fields.Integer(allow_none=True)
    comprehensive_hundredths = fields.Integer(allow_none=True, metadata=COMPREHENSIVE)
    mark = fields.String(allow_none=True)
    passed = fields.Boolean()
    why = fields.String(allow_none=True)
    entered_at = Moment()
    confirmed_at = Moment(allow_none=True)


class NewFailure(Body):
    """A voucher whose holder failed for good."""

    voucher_id = Whole(required=True, least=1)
    why = Words(required=True, most=WORDS_MAX, metadata=WHY)
