"""A quarter's certificates earned as certificates are: an exam planned, its door, scores twice, published.

What a quarter's files state (`voucher.demo.quarter`) is played batch by batch, day by day, by the people of
each evaluator; only then is there a certificate to upload. At every exam somebody fails, at every other one
somebody does not come: neither ever holds a certificate.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from stdnum.iso7064 import mod_11_2

from voucher.demo.house import House, moment
from voucher.demo.people import invent_names, invent_numbers
from voucher.demo.province.exam_sites import open_site, seat_everybody
from voucher.demo.province.examiners import assign_free
from voucher.demo.quarter import DIRECT
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Importer, Report, import_file
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer, open_people
from voucher.registry.users import open_account
from voucher.rules.actor import Grant, Role
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.levels import Level, parse_level
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.assess import plan, results
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.plan import NewBatch
from voucher.stages.assess.queries.slips import slip_number_of
from voucher.stages.assess.reader_files import take_reader_file
from voucher.stages.assess.results import Published
from voucher.stages.assess.score_files import importer_for
from voucher.stages.certify.upload import CertificatesImporter

HANDS = {"admin": Role.EVALUATOR_ADMIN, "clerk": Role.SCORE_CLERK, "examiner": Role.EXAMINER}
# days before a certificate is issued
PLANNED, SAT, SCORED, PUBLISHED, ISSUED = 20, 5, 4, 2, 0
# level 2 has nothing below it that has to be held; six years are enough wherever years alone are
LOWEST, YEARS = 2, 6
STAFF_SERIAL = 300
BODY = "评价机构统一社会信用代码"
# who has no certificate in the files: born when nobody in them was
BORN = (date(1959, 1, 1), date(1962, 12, 31))

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody at an exam: the name and number of the card, the way in, the scores; none where absent."""

    name: str
    number: str
    entry: Entry
    theory: str = ""
    skill: str = ""
    comprehensive: str = ""

    @property
    def comes(self) -> bool:
        """Return whether somebody sits the exam."""
        return bool(self.theory)


@dataclass(slots=True)
class Sitting:
    """One exam of the quarter: its certificates' rows as the files state them, and what came of it."""

    rows: Sequence[Row]
    people: Sequence[Sitter]
    hands: Mapping[str, str]
    institution_id: int
    batch_id: int = 0
    number: str = ""
    slips: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    published: Published | None = None
    uploaded: int = 0

    @property
    def issued_on(self) -> date:
        """Return the day the certificates of this exam were issued."""
        return date.fromisoformat(self.rows[0]["发证日期"])


def read_sittings(house: House, certificates: Path, seed: int = 2023) -> list[Sitting]:
    """Return the exams behind a file of certificates; accounts and sites are opened for every evaluator."""
    random = Random(seed)  # noqa: S311 — synthetic people, nothing secret
    names, numbers = invent_names(random), invent_numbers(random, BORN[1], BORN[0])
    with certificates.open(encoding="utf-8-sig", newline="") as taken:
        rows = list(csv.DictReader(taken))
    with house.database.read() as session:
        bodies = dict(
            session.execute(select(Institution.code, Institution.id).order_by(Institution.id)).all()
        )
    staff = house.act("operator", partial(_open_staff, institutions=[bodies[row[BODY]] for row in rows]))
    for institution_id, hands in staff.items():
        house.act(hands["admin"], partial(open_site, institution_id=institution_id))
    exams = (list(group) for _, group in groupby(rows, key=lambda row: row["评价批次"]))
    return [
        Sitting(
            same,
            list(_gather(random, same, names, numbers, absent=place % 2 == 1)),
            staff[bodies[same[0][BODY]]],
            bodies[same[0][BODY]],
        )
        for place, same in enumerate(exams)
    ]


def _gather(
    random: Random, rows: Sequence[Row], names: Iterator[str], numbers: Iterator[str], *, absent: bool
) -> Iterator[Sitter]:
    """Yield who is listed for an exam: those the certificates name, one who fails, one who stays away."""
    recognised = Entry(EntryWay.RECOGNITION, "直接认定申报表及原证书")
    worked = _worked(int(parse_level(rows[0]["等级"])))
    for row in rows:
        if row["取得方式"] == DIRECT:
            theory, skill = (str(random.randrange(60, 100)) for _ in range(2))
            yield Sitter(row["姓名"], row["证件号码"], recognised, theory, skill, _review(row))
        else:
            scored = (row["理论成绩"], row["技能成绩"], _review(row))
            yield Sitter(row["姓名"], row["证件号码"], worked, *scored)
    failed = str(random.randrange(60, 100)), str(random.randrange(30, 60))
    yield Sitter(next(names), next(numbers), worked, *failed, _review(rows[0]))
    if absent:
        yield Sitter(next(names), next(numbers), worked)


def _review(row: Row) -> str:
    """Return the score of the comprehensive review of whoever passed, empty below 技师."""
    if parse_level(row["等级"]) < Level.TECHNICIAN:
        return ""
    return str(Random(row["证书编号"]).randrange(60, 100))  # noqa: S311 — synthetic scores, nothing secret


def _worked(level: int) -> Entry:
    """Return the entry of somebody who has worked long enough for a level, and held the one below it."""
    held = level - 1 if level > LOWEST else None
    number = "见原证书复印件" if held is not None else None
    return Entry(EntryWay.WORK, "工作年限证明", years=YEARS, held_level=held, held_number=number)


def _open_staff(work: Work, institutions: Sequence[int]) -> dict[int, dict[str, str]]:
    """Open three people's accounts at each evaluator and return their logins; nobody here signs in."""
    staff: dict[int, dict[str, str]] = {}
    for place, institution_id in enumerate(dict.fromkeys(institutions)):
        staff[institution_id] = {}
        for hand, (name, role) in enumerate(HANDS.items()):
            serial = STAFF_SERIAL + place * len(HANDS) + hand
            stem = f"41000019850101{serial:03d}"
            number = stem + mod_11_2.calc_check_digit(stem)
            person = next(iter(open_people(work, [Newcomer(number, "某某")]).values()))
            login = f"centre{place + 1:02d}-{name}"
            grant = Grant(role, institution_id=institution_id)
            open_account(work, login=login, display_name=login, person_id=person, grants=[grant])
            staff[institution_id][name] = login
    return staff


def play_sittings(house: House, folder: Path, sittings: Sequence[Sitting]) -> None:
    """Play every exam from its plan to its certificates, all of them in the order of their days."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = ((PLANNED, _plan), (SAT, _let_in), (SCORED, _score), (PUBLISHED, _publish), (ISSUED, _certify))
    diary = [
        (each.issued_on - timedelta(days=days), place, step, each)
        for place, each in enumerate(sittings)
        for days, step in steps
    ]
    for day, same in groupby(sorted(diary, key=lambda each: each[:2]), key=lambda each: each[0]):
        house.at = moment(day)
        for _, _, step, sitting in same:
            step(house, folder, sitting)


def _plan(house: House, _folder: Path, sitting: Sitting) -> None:
    """Have an exam planned with its candidates, examiners, rooms and seats."""
    first = sitting.rows[0]
    new = NewBatch(
        institution_id=sitting.institution_id,
        certificate_kind=str(CertificateKind.SKILL_LEVEL),
        trade_code=first["职业编码"],
        level=int(parse_level(first["等级"])),
        exam_on=sitting.issued_on - timedelta(days=SAT),
        place="本机构考点",
        people=[Direct(Newcomer(each.number, each.name), each.entry) for each in sitting.people],
    )

    def act(work: Work) -> ExamBatch:
        batch = plan.plan_batch(work, new)
        assign_free(work, batch.id)
        seat_everybody(work, batch.id)
        return batch

    batch = house.act(sitting.hands["admin"], act)
    sitting.batch_id, sitting.number = batch.id, batch.number
    with house.database.read() as session:
        listed = session.scalars(
            select(Candidate.id).where(Candidate.batch_id == batch.id).order_by(Candidate.id)
        )
        sitting.slips = {
            each.number: (candidate_id, slip_number_of(batch, candidate_id))
            for each, candidate_id in zip(sitting.people, listed, strict=True)
        }


def _let_in(house: House, folder: Path, sitting: Sitting) -> None:
    """Have the card reader's file of the day taken in: whoever stayed away is not in it."""
    come = [each for each in sitting.people if each.comes]
    path = _write(
        folder / "reader.csv",
        [
            {
                "准考证号": sitting.slips[each.number][1],
                "姓名": each.name,
                "证件号后四位": each.number[-4:],
                "到场时间": f"08:{place // 2:02d}:{place % 2 * 30:02d}",
            }
            for place, each in enumerate(come)
        ],
    )
    house.act(
        sitting.hands["examiner"],
        lambda work: take_reader_file(work, sitting.batch_id, path, limits=Limits()),
    )


def _score(house: House, folder: Path, sitting: Sitting) -> None:
    """Have the scores imported by one and the practical ones by another."""
    sheet = [
        {
            "考生编号": sitting.slips[each.number][0],
            "姓名": each.name,
            "理论成绩": each.theory,
            "技能成绩": each.skill,
            "综合评审成绩": each.comprehensive,
        }
        for each in sitting.people
        if each.comes
    ]
    for hand, second in (("clerk", False), ("examiner", True)):
        chosen = importer_for(sitting.batch_id, second=second)
        _take(house, sitting.hands[hand], chosen, _write(folder / "scores.csv", sheet))


def _publish(house: House, _folder: Path, sitting: Sitting) -> None:
    publish = partial(results.publish, batch_id=sitting.batch_id)
    sitting.published = house.act(sitting.hands["admin"], publish)


def _certify(house: House, folder: Path, sitting: Sitting) -> None:
    """Have the certificates of one exam uploaded, naming it."""
    path = _write(folder / "certificates.csv", [{**row, "评价批次": sitting.number} for row in sitting.rows])
    sitting.uploaded = _take(house, sitting.hands["admin"], CertificatesImporter, path).rows_added


def count_batches(house: House) -> tuple[int, int]:
    """Return how many exams are published and of how many occupations they are."""
    with house.database.read() as session:
        trades = session.scalars(select(ExamBatch.trade_code).where(ExamBatch.state == "published")).all()
    return len(trades), len(set(trades))


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _take(house: House, login: str, importing: type[Importer[Any]], path: Path) -> Report:
    return house.act(login, lambda work: import_file(work, importing, path, limits=Limits()))
