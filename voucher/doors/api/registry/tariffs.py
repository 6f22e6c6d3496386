"""Tariffs (补贴标准): what changes when; new rows, proposed by one officer and agreed to by another."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.schemas.registry.tariffs import (
    ComingChanges,
    NewTariff,
    NewTariffDecision,
    NewTariffEnding,
    StandingTariffs,
    TariffFilter,
    TariffProposals,
    TariffProposalState,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tariffs as registry
from voucher.registry.tariff_rows import list_standing
from voucher.registry.tariffs import TariffProposal
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.levels import Level
from voucher.rules.tariffs import Subject, Tariff
from voucher.rules.vocabulary import Method, SubsidyKind

tariffs = Room("tariffs", __name__, url_prefix="/api/v1", description="补贴标准的变动")

# what a row is told by, beside its plain columns
_KINDS: dict[str, Any] = {
    "subject": Subject,
    "kind": SubsidyKind,
    "level": Level,
    "method": Method,
    "mode": TrainingMode,
}


@tariffs.look("/tariff-changes", answer=ComingChanges)
def list_tariff_changes(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """已登记、还没有生效的变动：哪天、什么、从多少变为多少、依据哪份文件。"""
    return {"items": registry.list_coming(session, the_door().today)}


@tariffs.look("/tariff-proposals", answer=TariffProposals)
def list_tariff_proposals(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """等待另一人核对的新标准。"""
    return {"items": [_told(each) for each in registry.list_proposals(session)]}


@tariffs.look("/tariff-proposals/<int:proposal_id>", answer=TariffProposalState)
def show_tariff_proposal(session: Session, _asked: dict[str, Any], proposal_id: int) -> dict[str, Any]:
    """一条新标准：内容、提出时间、是否登记。"""
    return _told(registry.get_proposal(session, proposal_id))


@tariffs.act(
    "/tariff-proposals",
    body=NewTariff,
    answer=TariffProposalState,
    example={
        "subject": "standard",
        "since": "2024-07-01",
        "document": "豫人社〔2024〕12号",
        "kind": "training",
        "form": "level_certificate",
        "level": 2,
        "amount_fen": 150_000,
    },
)
def propose_tariff(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """提出新标准：写明文号和生效日期；另一人核对后登记，登记前不起作用。"""
    read = {name: word and _KINDS[name](word) for name, word in given.items() if name in _KINDS}
    return _told(registry.propose_tariff(work, Tariff(**{**given, **read})))


@tariffs.look("/tariffs", query=TariffFilter, answer=StandingTariffs)
def list_tariffs(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """今日或以后有效的标准，逐行，带编号。"""
    rows = list_standing(session, Subject(asked["subject"]), the_door().today)
    return {"items": [asdict(each.tariff) | {"row_id": each.row_id} for each in rows]}


@tariffs.act(
    "/tariff-endings",
    body=NewTariffEnding,
    answer=TariffProposalState,
    example={
        "subject": "standard",
        "row_id": 1,
        "ends_on": "2024-06-30",
        "document": "豫人社〔2024〕15号",
    },
)
def propose_ending(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """提出提前停止一行标准：写明最后一日和文号；另一人核对后登记，此前照旧。"""
    return _told(registry.propose_ending(work, **{**given, "subject": Subject(given["subject"])}))


@tariffs.act(
    "/tariff-proposals/<int:proposal_id>/decisions",
    body=NewTariffDecision,
    answer=TariffProposalState,
    example={"decision": "agree"},
)
def decide_tariff(work: Work, given: dict[str, Any], proposal_id: int) -> dict[str, Any]:
    """登记，或写明理由不予登记；由提出人以外的人办理。"""
    if given["decision"] == "agree":
        registry.agree_tariff(work, proposal_id)
    else:
        registry.decline_tariff(work, proposal_id, given["why"] or "")
    return _told(registry.get_proposal(work.session, proposal_id))


def _told(proposed: TariffProposal) -> dict[str, Any]:
    return asdict(registry.read_proposal(proposed)) | told(proposed, TariffProposalState)
