"""The second half of a cohort's way: exam, certificate and register, claims, notice, payment, bank."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from voucher.demo.house import moment
from voucher.demo.province.cast import EVALUATORS, filing_number, list_codes
from voucher.demo.province.cohorts import AFTER_DAYS, Reached
from voucher.demo.province.exam_sites import seat_everybody
from voucher.demo.province.examiners import send_examiners
from voucher.demo.province.paying import Paying
from voucher.demo.province.revoking import revoke_certificate
from voucher.demo.province.stage import Stage
from voucher.demo.province.training import Training
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Importer, import_file
from voucher.registry.people import Named, read_people
from voucher.rules.actor import Role
from voucher.rules.assessment import COMPREHENSIVE
from voucher.rules.levels import LEVEL_NAMES, certificate_digit
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, Level
from voucher.stages.assess import admit, lapse, plan, readings, results
from voucher.stages.assess import queries as exams
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.plan import NewBatch
from voucher.stages.assess.reading import read_pass_marks
from voucher.stages.assess.readings import SecondScore
from voucher.stages.assess.scoring import Scores
from voucher.stages.certify import attach, completions
from voucher.stages.certify.extract import RegisterImporter
from voucher.stages.certify.upload import CertificatesImporter
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.repaying import repay

Entry = tuple[str, Reached, Callable[[], None]]
PASSING, FAILING, REVIEWED = (78_00, 82_00), (59_00, 95_00), 80_00
ITEM_PASSING, ITEM_FAILING = 85_00, 55_00


class Proving:
    """One cohort after its sign-off."""

    def __init__(self, training: Training, folder: Path) -> None:
        self.training = training
        self.stage: Stage = training.stage
        self.cohort = training.cohort
        self.folder = folder
        self.batch_id = 0
        evaluator = self.login(Role.EVALUATOR_ADMIN) if self.cohort.evaluator else ""
        self.paying = Paying(training, evaluator, self.certified_vouchers)
        self.certified: list[tuple[int, str]] = []

    def note(self) -> None:
        """Put every step up to what the cohort has reached into the diary."""
        if self.cohort.evaluator:
            exam: tuple[Entry, ...] = (
                ("plan", Reached.PLANNED, self.plan),
                ("exam", Reached.EXAMINED, self.admit),
                ("enter", Reached.ENTERED, self.enter),
                ("publish", Reached.ASSESSED, self.publish),
                ("upload", Reached.UPLOADED, self.upload),
                ("register", Reached.CERTIFIED, self.register),
            )
        else:
            exam = (("publish", Reached.CERTIFIED, self.complete),)
        steps = (
            ("finish", Reached.TRAINED, self.training.sign_off),
            *exam,
            ("claim", Reached.CLAIMED, self.paying.claim),
            ("first", Reached.FIRST_REVIEWED, self.paying.review_first),
            ("second", Reached.SECOND_REVIEWED, self.paying.review_second),
            ("notice", Reached.NOTICED, self.paying.post),
            ("clear", Reached.CLEARED, self.paying.wait),
            ("approve", Reached.APPROVED, self.paying.approve),
            ("prepare", Reached.PREPARED, self.paying.prepare),
            ("check", Reached.CHECKED, self.paying.check),
            ("check", Reached.BOUNCED, self.paying.release),
            ("bank", Reached.BOUNCED, self.paying.book),
        )
        for name, reached, step in steps:
            if self.cohort.reached >= reached:
                self.stage.note(self._day(name), step)
        if self.cohort.reached is Reached.REVOKED:
            self.stage.note(self._day("bank") + timedelta(days=10), self.revoke)
            self.stage.note(self._day("bank") + timedelta(days=20), self.repay_one)
        if self.cohort.reached is Reached.SETTLED and self.cohort.failing:
            self.stage.note(self._day("publish") + timedelta(days=1), self.give_up_one)

    def _day(self, name: str) -> date:
        return self.training.begins + timedelta(days=AFTER_DAYS[name])

    def login(self, role: Role) -> str:
        """Return who acts for the evaluator in a role."""
        return self.stage.hand(self.cohort.evaluator, str(role))

    def plan(self) -> None:
        """Have the evaluator plan an exam for everybody who finished."""
        place = next(i for i, each in enumerate(EVALUATORS) if each.key == self.cohort.evaluator)
        new = NewBatch(
            institution_id=self.stage.institution(self.cohort.evaluator),
            certificate_kind=str(self.training.offer.certificate_kind),
            trade_code=self.cohort.trade_code,
            level=self.cohort.level,
            exam_on=self._day("exam"),
            place=f"{EVALUATORS[place].name}考点",
            voucher_ids=tuple(self._trained()),
        )
        admin = self.login(Role.EVALUATOR_ADMIN)
        self.batch_id = self.stage.act(admin, lambda work: plan.plan_batch(work, new)).id
        send_examiners(self.stage, admin, self.batch_id)
        self.stage.act(admin, lambda work: seat_everybody(work, self.batch_id))

    def _trained(self) -> list[int]:
        with self.stage.house.database.read() as session:
            return list(
                session.scalars(
                    select(Voucher.id)
                    .where(Voucher.id.in_(self.training.voucher_ids), Voucher.state == "trained")
                    .order_by(Voucher.id)
                )
            )

    def _people(self, voucher_ids: list[int]) -> dict[int, Named]:
        with self.stage.house.database.read() as session:
            holders = {
                each.id: each.holder_person_id
                for each in session.scalars(select(Voucher).where(Voucher.id.in_(voucher_ids)))
            }
            named = read_people(session, self.stage.house.keyring, list(holders.values()))
        return {voucher_id: named[person_id] for voucher_id, person_id in holders.items()}

    def _candidates(self) -> list[exams.CandidateView]:
        with self.stage.house.database.read() as session:
            return exams.list_candidates(session, self.stage.house.keyring, self.batch_id)

    def admit(self) -> None:
        """Have everybody shown in at the door against the identity card."""
        people = self._people(self.training.voucher_ids)
        for each in self._candidates():
            number = people[each.voucher_id or 0].number or ""
            self.stage.act(
                self.login(Role.EXAMINER),
                partial(admit.admit, candidate_id=each.candidate_id, identity_number=number),
            )

    def enter(self) -> None:
        """Have the scores entered, practical ones twice; the first `failing` miss one subject."""
        rows = []
        with self.stage.house.database.read() as session:
            asked = read_pass_marks(session, session.get_one(ExamBatch, self.batch_id))
        reviewed = REVIEWED if COMPREHENSIVE in asked else None
        for place, each in enumerate(self._candidates()):
            fails = place < self.cohort.failing
            if self.cohort.level:
                scores = FAILING if fails else PASSING
                rows.append(Scores(each.candidate_id, *scores, comprehensive_hundredths=reviewed))
            else:
                rows.append(Scores(each.candidate_id, None, ITEM_FAILING if fails else ITEM_PASSING))
        self.stage.act(
            self.login(Role.SCORE_CLERK), lambda work: results.enter_results(work, self.batch_id, rows)
        )
        again = [SecondScore(each.candidate_id, *each.by_subject[1:]) for each in rows]
        self.stage.act(
            self.login(Role.EXAMINER), lambda work: readings.enter_again(work, self.batch_id, again)
        )

    def publish(self) -> None:
        """Have the scores published by somebody else."""
        self.stage.act(self.login(Role.EVALUATOR_ADMIN), lambda work: results.publish(work, self.batch_id))

    def give_up_one(self) -> None:
        """Have one who failed sit no other exam: the voucher ends without a certificate."""
        voucher_id = self._trained()[0]
        self.stage.act(
            self.login(Role.EVALUATOR_ADMIN),
            partial(lapse.fail_for_good, voucher_id=voucher_id, why="本人不再参加补考"),
        )

    def certified_vouchers(self) -> list[int]:
        """Return the vouchers of the cohort that passed their exam, certified already or about to be."""
        with self.stage.house.database.read() as session:
            return list(
                session.scalars(
                    select(Voucher.id)
                    .where(
                        Voucher.id.in_(self.training.voucher_ids),
                        Voucher.state.in_(("assessed", "certified")),
                    )
                    .order_by(Voucher.id)
                )
            )

    def upload(self) -> None:
        """Have the evaluator upload the certificates it issued."""
        self._write()
        self._import(CertificatesImporter, "certificates")

    def register(self) -> None:
        """Have the register's extract arrive, and the vouchers turn into certificates."""
        self._import(RegisterImporter, "register")
        self.stage.act("clock", attach.attach_proofs)

    def _import(self, importing: type[Importer[Any]], name: str) -> None:
        path = self.folder / f"{self.cohort.key}-{name}.csv"
        self.stage.act("operator-jy", partial(_import_one, importing=importing, path=path))

    def _write(self) -> None:
        codes = {body.key: code for body, code in list_codes()}
        place = next(i for i, each in enumerate(EVALUATORS) if each.key == self.cohort.evaluator)
        issued_on = self._day("upload")
        level = Level(self.cohort.level) if self.cohort.level else None
        vouchers = self.certified_vouchers()
        people = self._people(vouchers)
        rows: list[dict[str, object]] = []
        for voucher_id in vouchers:
            digit = certificate_digit(level) if level is not None else 0
            number = f"{filing_number(place)}{issued_on:%y}{digit}{voucher_id:06d}"
            if level is None:
                number = f"ZX{codes[self.cohort.evaluator][-6:]}{issued_on:%y}{voucher_id:06d}"
            self.certified.append((voucher_id, number))
            rows.append(
                {
                    "姓名": people[voucher_id].name,
                    "证件号码": people[voucher_id].number,
                    "证书类型": CERTIFICATE_KIND_NAMES[self.training.offer.certificate_kind],
                    "职业编码": self.cohort.trade_code,
                    "等级": LEVEL_NAMES[level] if level is not None else "",
                    "证书编号": number,
                    "发证日期": issued_on.isoformat(),
                    "评价机构统一社会信用代码": codes[self.cohort.evaluator],
                    "取得方式": "考试",
                    "理论成绩": 78 if level is not None else "",
                    "技能成绩": 82 if level is not None else 85,
                    "收费": 0,
                }
            )
        _save(self.folder / f"{self.cohort.key}-certificates.csv", rows)
        kept = ("姓名", "证件号码", "职业编码", "等级", "证书编号", "发证日期", "评价机构统一社会信用代码")
        extract = [{**{name: row[name] for name in kept}, "状态": "有效"} for row in rows]
        _save(self.folder / f"{self.cohort.key}-register.csv", extract)

    def complete(self) -> None:
        """Have the institution issue 培训合格证书 to everybody who finished."""
        if self.training.offer.worth != "sign_in":
            self.stage.act(
                self.training.admin,
                lambda work: completions.issue_completions(work, self.training.class_id),
            )

    def revoke(self) -> None:
        """Have certificates revoked after everything was paid: their money is claimed back."""
        self.stage.house.at = max(self.stage.house.at, moment(self._day("bank") + timedelta(days=10)))
        for _, number in self._revoked():
            self.stage.act(
                "second-review",
                partial(revoke_certificate, number=number, why="评价机构违规，证书被撤销"),
            )

    def _revoked(self) -> list[tuple[int, str]]:
        """Return two of the certificates with their vouchers, or fewer: one stays good."""
        return self.certified[: min(2, len(self.certified) - 1)]

    def repay_one(self) -> None:
        """Have both payees of the second revoked certificate pay back, booked by finance."""
        with self.stage.house.database.read() as session:
            owed = session.execute(
                select(Clawback.id, Clawback.amount_fen)
                .join(Claim, Claim.id == Clawback.claim_id)
                .where(Claim.voucher_id.in_([voucher_id for voucher_id, _ in self._revoked()[1:]]))
                .order_by(Clawback.id)
            ).all()
        for clawback_id, amount_fen in owed:
            document = f"缴款书第 {clawback_id} 号"
            both = partial(repay, clawback_id=clawback_id, amount_fen=amount_fen, document=document)
            for hand in ("maker", "checker"):
                self.stage.act(hand, both)


def _import_one(work: Work, importing: type[Importer[Any]], path: Path) -> None:
    import_file(work, importing, path, limits=Limits())


def _save(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
