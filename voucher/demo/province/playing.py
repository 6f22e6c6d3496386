"""The whole province: opened, offered, and every cohort and single case played up to today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from voucher.demo.house import House, moment
from voucher.demo.province.cast import JIYUAN, MAIN_LOGIN, MAIN_WORKER
from voucher.demo.province.cohorts import COHORTS
from voucher.demo.province.desks import note_desks
from voucher.demo.province.employer import note_employer
from voucher.demo.province.filings import note_filings
from voucher.demo.province.offers import DRAFTED_ONLY, OFFERS, Offer
from voucher.demo.province.opening import (
    announce_holidays,
    open_accounts,
    open_organisations,
    open_payees,
    open_sites,
)
from voucher.demo.province.proving import Proving
from voucher.demo.province.rooms import note_rooms
from voucher.demo.province.sandbox import note_sandbox
from voucher.demo.province.singles import note_singles
from voucher.demo.province.stage import Act, Stage, invent_workers
from voucher.demo.province.training import Training
from voucher.demo.staff import PASSWORD, DemoAccount
from voucher.ledger.budget import open_budget
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import ROLE_NAMES, Role
from voucher.rules.applications import Demand
from voucher.rules.vocabulary import FundSource
from voucher.rules.windows import add_months
from voucher.stages.issue.applications.filing import state_demands
from voucher.stages.issue.drafting import NewProgramme, draft_programme
from voucher.stages.issue.programmes import publish_programme

SEED = 2021
DAYS_BACK = 210
BUDGETS_FEN = {"province": 60_000_000, "small": 1_840_00 * 6}
Say = Callable[[str], None]


def play_province(
    house: House, today: date, folder: Path, due: Sequence[Act], say: Say
) -> tuple[list[DemoAccount], Stage]:
    """Build the living province as of a day and return its printed accounts and where everything is."""
    begun = today - timedelta(days=DAYS_BACK)
    stage = Stage(house, today, due, invent_workers(SEED, today))
    announce_holidays(stage, folder, begun)
    open_organisations(stage, folder, begun)
    accounts = open_accounts(stage)
    open_payees(stage)
    open_sites(stage)
    say("机构、评价机构、账号、收款账户已建立")
    open_offers(stage, begun)
    cohorts = {each.key: Proving(Training(stage, each), folder) for each in COHORTS}
    for proving in cohorts.values():
        proving.training.note()
        proving.note()
    note_singles(stage, folder)
    note_rooms(stage)
    note_sandbox(stage)
    note_desks(stage, cohorts)
    note_filings(stage)
    note_employer(stage)
    stage.play()
    accounts.append(
        DemoAccount(
            MAIN_LOGIN, PASSWORD, f"{ROLE_NAMES[Role.WORKER]}（证件后四位 {MAIN_WORKER.number[-4:]}）", ""
        )
    )
    say(f"{len(cohorts)} 个班、{len(stage.workers)} 名劳动者，至 {today.isoformat()}")
    return accounts, stage


def open_offers(stage: Stage, on: date, offers: Sequence[Offer] = (*OFFERS, DRAFTED_ONLY)) -> None:
    """Grant the money and publish every programme; one stays a draft for somebody else to publish."""
    house = stage.house
    house.at = moment(on, 14)
    budgets = {
        name: house.act(
            "operator-jy", partial(_open_budget, year=stage.today.year, source=source, amount_fen=fen)
        )
        for (name, fen), source in zip(
            BUDGETS_FEN.items(), (FundSource.FISCAL, FundSource.INDUSTRY_DEVELOPMENT), strict=True
        )
    }
    for offer in offers:
        budget_id = budgets["small" if offer.key == "small" else "province"]
        new = _as_programme(stage, offer, budget_id, on)
        drafted = house.act("operator-jy", partial(draft_programme, new=new))
        stage.programmes[offer.key] = drafted.id
        if offer.demands:
            demands = [Demand(label) for label in offer.demands]
            house.act("operator-jy", partial(state_demands, programme_id=drafted.id, demands=demands))
        if offer is not DRAFTED_ONLY:
            house.act("second-review", partial(publish_programme, programme_id=drafted.id))


def _open_budget(work: Work, year: int, source: FundSource, amount_fen: int) -> int:
    return open_budget(
        work,
        region_code=JIYUAN,
        year=year,
        source=source,
        amount_fen=amount_fen,
        document=f"示例财预〔{year}〕3号",
    ).id


def _as_programme(stage: Stage, offer: Offer, budget_id: int, on: date) -> NewProgramme:
    fixed = offer.trade_code is not None
    return NewProgramme(
        name=offer.name,
        region_code=JIYUAN,
        project_code=offer.project_code,
        budget_id=budget_id,
        worth=offer.worth,
        channel=offer.channel,
        training_kind=offer.training_kind,
        certificate_kind=str(offer.certificate_kind),
        trade_code=offer.trade_code,
        level=(int(offer.level) if offer.level is not None else 0) if fixed else None,
        training_cap_fen=offer.training_cap_fen,
        evaluation_cap_fen=offer.evaluation_cap_fen,
        quantity=offer.quantity,
        from_on=on,
        until_on=add_months(stage.today, 6),
        validity_days=None,
        certify_months=None,
        document=f"示例人社〔{on.year}〕21号",
    )
