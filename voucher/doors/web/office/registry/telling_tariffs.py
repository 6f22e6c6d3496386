"""Rows of the tariffs in words."""

from __future__ import annotations

from sqlalchemy.orm import Session

from voucher.doors.web.office import reach
from voucher.doors.web.public.standards import FORM_NAMES
from voucher.doors.web.showing import share_name
from voucher.registry.catalogue import name_trades
from voucher.registry.tariffs import TariffProposal
from voucher.rules.dictionaries import TRAINING_MODE_NAMES
from voucher.rules.levels import name_level
from voucher.rules.money import format_yuan
from voucher.rules.tariffs import SUBJECT_NAMES, Subject, Tariff
from voucher.rules.vocabulary import METHOD_NAMES, SUBSIDY_NAMES


def name_subject(found: TariffProposal) -> str:
    """Return what a proposal is about."""
    name = SUBJECT_NAMES[Subject(found.subject)]
    return f"{name}提前停止" if found.ends_row_id else name


def tell(session: Session, new: Tariff) -> list[tuple[str, str]]:
    """Return a proposed row in words."""
    code = new.occupation_code
    named = name_trades(session, [code]) if code else {}
    areas = reach.name_regions(session, {new.region_code}) if new.region_code else {}
    rows = [
        ("补贴", SUBSIDY_NAMES[new.kind] if new.kind else None),
        ("证书类型", FORM_NAMES.get(new.form, new.form) if new.form else None),
        ("职业", f"{named.get(code, '')}（{code}）" if code else "全部" if new.form else None),
        ("等级", name_level(new.level) if new.level else None),
        ("适用情形", _condition(new) if new.subject is Subject.MODIFIER else None),
        ("地区", areas.get(new.region_code or "", "全省")),
        ("标准", f"{format_yuan(new.amount_fen)} 元/人" if new.amount_fen is not None else None),
        ("比例", share_name(new.basis_points) if new.basis_points is not None else None),
        ("生效", f"{new.since.isoformat()} 起" + (f"，至 {new.until.isoformat()}" if new.until else "")),
        ("文号", new.document),
    ]
    return [(name, words) for name, words in rows if words]


def _condition(new: Tariff) -> str:
    if new.method is not None:
        return METHOD_NAMES[new.method]
    return f"{TRAINING_MODE_NAMES[new.mode]}培训" if new.mode is not None else "急需紧缺"
