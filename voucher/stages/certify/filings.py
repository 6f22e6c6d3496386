"""Under which filing an evaluator issued a certificate: by its number, else by what the filing covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import read_aliases
from voucher.registry.importing.frame import OFFICE
from voucher.registry.importing.places import find_foreign
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope, Institution
from voucher.registry.people import LOOKUP_CHUNK
from voucher.rules.actor import Actor, Role
from voucher.rules.assessment import EXAMINED_ELSEWHERE
from voucher.rules.certificate_numbers import CERTIFICATE_EVALUATOR_DISAGREES, CertificateNumber
from voucher.rules.certificates import Scope, check_scope
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import Level
from voucher.rules.vocabulary import LEVEL_CERTIFICATE_KINDS, CertificateKind, EvaluatorKind

EVALUATOR_UNKNOWN = reason(
    "evaluator_unknown",
    "评价机构 {code} 没有备案",
    "请核对统一社会信用代码；确为目录清单内机构的，请先导入评价机构清单",
    "豫办〔2021〕29号 第4项 评价目录清单; S2-04f",
    Family.MISSING,
)
INSTITUTION_FOREIGN = reason(
    "institution_foreign",
    "证书不是本机构发的",
    "评价机构只能上传本机构的证书",
    "豫办〔2021〕29号 第4项; S2-00c",
    Family.FORBIDDEN,
)
AUTHORITY_NO_EVALUATOR = reason(
    "authority_no_evaluator",
    "{code} 备案为主管部门，只发特种作业、特种设备的证书",
    "请核对证书类型和发证机构；确由评价机构发证的，请填写评价机构的统一社会信用代码",
    "豫办〔2021〕29号 第4项 评价目录清单; 安全生产法 第三十条",
    Family.CONFLICT,
)
AUTHORITY_UNKNOWN = reason(
    "authority_unknown",
    "发证的主管部门 {code} 没有备案",
    "请核对统一社会信用代码；确由该部门发证的，请人社部门先在评价机构清单中以类别“主管部门”导入",
    "安全生产法 第三十条; 特种设备安全法 第十四条; S2-04f",
    Family.MISSING,
)
SCOPED_KINDS = LEVEL_CERTIFICATE_KINDS | {CertificateKind.SPECIAL_SKILL}


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing with everything it covers."""

    id: int
    institution_id: int
    number: str
    region_code: str
    kind: str
    scopes: list[Scope] = field(default_factory=list)


class Filings:
    """The filings of the evaluators met in a file, read once each."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._aliases = read_aliases(work.session)
        self._by_code: dict[str, list[Filing]] = {}

    def load(self, codes: Iterable[str]) -> None:
        """Read the filings of evaluators not met before."""
        session = self._work.session
        fresh = sorted(set(codes) - self._by_code.keys())
        for start in range(0, len(fresh), LOOKUP_CHUNK):
            chunk = fresh[start : start + LOOKUP_CHUNK]
            self._by_code.update({code: [] for code in chunk})
            rows = session.execute(
                select(Institution.code, Institution.id, EvaluatorFiling.id, EvaluatorFiling.filing_number,
                       EvaluatorFiling.region_code, EvaluatorFiling.kind)
                .join(EvaluatorFiling, EvaluatorFiling.institution_id == Institution.id)
                .where(Institution.code.in_(chunk))
                .order_by(EvaluatorFiling.id)
            )  # fmt: skip
            for code, institution_id, filing_id, number, region_code, kind in rows:
                self._by_code[code].append(Filing(filing_id, institution_id, number, region_code, kind))
        self._load_scopes({filing.id: filing for code in fresh for filing in self._by_code[code]})

    def _load_scopes(self, filings: dict[int, Filing]) -> None:
        ids = sorted(filings)
        for start in range(0, len(ids), LOOKUP_CHUNK):
            query = select(EvaluatorScope).where(
                EvaluatorScope.filing_id.in_(ids[start : start + LOOKUP_CHUNK])
            )
            for row in self._work.session.scalars(query):
                level = Level(row.level) if row.level else None
                filings[row.filing_id].scopes.append(Scope(row.trade_code, level, row.since, row.until))

    def choose(
        self,
        code: str,
        number: CertificateNumber,
        kind: CertificateKind,
        trade_code: str,
        level: Level | None,
        issued_on: date,
    ) -> Filing:
        """Return the filing a certificate was issued under.

        Raises evaluator_unknown, authority_unknown, authority_no_evaluator, institution_foreign,
        region_foreign, certificate_evaluator_disagrees, evaluator_out_of_scope, evaluator_out_of_date.
        """
        filings = self._by_code.get(code, [])
        if not filings:
            unknown = AUTHORITY_UNKNOWN if kind in EXAMINED_ELSEWHERE else EVALUATOR_UNKNOWN
            raise unknown.refused(code=code)
        filings = [each for each in filings if _may_issue(each, kind, filings)]
        if not filings:
            raise AUTHORITY_NO_EVALUATOR.refused(code=code)
        if number.evaluator_prefix is not None:
            filings = [filing for filing in filings if filing.number == number.evaluator_prefix]
            if not filings:
                claimed = "、".join(filing.number for filing in self._by_code[code])
                raise CERTIFICATE_EVALUATOR_DISAGREES.refused(
                    claimed=claimed, numbered=number.evaluator_prefix
                )
        _check_reach(self._work.actor, filings[0])
        if kind not in SCOPED_KINDS:
            return filings[0]
        refusals: list[Refused] = []
        for filing in filings:
            try:
                check_scope(trade_code, level, issued_on, filing.scopes, self._aliases)
            except Refused as refused:
                refusals.append(refused)
            else:
                return filing
        # "not in force that day" says more than "not in the scope of the other filing"
        raise max(refusals, key=lambda each: each.refusal.code == "evaluator_out_of_date")


def _may_issue(filing: Filing, kind: CertificateKind, filings: Sequence[Filing]) -> bool:
    """Return whether a filing is for such certificates: an authority's own are issued under no other one."""
    if kind in EXAMINED_ELSEWHERE:
        own = [each.kind == EvaluatorKind.AUTHORITY for each in filings]
        return filing.kind == EvaluatorKind.AUTHORITY or not any(own)
    return filing.kind != EvaluatorKind.AUTHORITY


def _check_reach(actor: Actor, filing: Filing) -> None:
    for grant in actor.grants:
        if grant.role is Role.EVALUATOR_ADMIN and grant.institution_id == filing.institution_id:
            return
    if not actor.has(*OFFICE):
        raise INSTITUTION_FOREIGN.refused()
    foreign = find_foreign(actor, filing.region_code, OFFICE)
    if foreign is not None:
        raise Refused(foreign)
