"""A quarter's certificates as files: an evaluator list, the evaluators' upload and the register extract.

The default distribution is what 济源示范区 published for 2023 Q4; the split of 直接认定 was not published
and is the one with which full and half rates come to the published sum.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from voucher.demo.people import invent_names, invent_numbers, invent_organisation_codes
from voucher.rules.windows import add_months

GRADES = {"初级工": ("五级", 5), "中级工": ("四级", 4), "高级工": ("三级", 3), "技师": ("二级", 2)}
DIRECT, EXAM = "直接认定", "考试"


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many certificates of each level, how many of them by 直接认定, and how they are spread.

    With `mishaps` a few of them go wrong in the ways an officer must see.
    """

    region_code: str = "419001"
    from_on: date = date(2023, 10, 1)
    until_on: date = date(2023, 12, 31)
    by_level: Mapping[str, int] = field(
        default_factory=lambda: {"初级工": 2272, "中级工": 4930, "高级工": 2411, "技师": 24}
    )
    direct: Mapping[str, int] = field(default_factory=lambda: {"中级工": 3107})
    evaluators: int = 18
    occupations: int = 60
    batches: int = 168
    mishaps: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """Where the three files are."""

    evaluators: Path
    certificates: Path
    register: Path


def write_quarter(
    folder: Path, occupation_codes: Sequence[str], distribution: Distribution | None = None, seed: int = 2023
) -> Files:
    """Write the files of a quarter; the same seed gives the same people."""
    wanted = distribution or Distribution()
    random = Random(seed)  # noqa: S311 — synthetic people, nothing secret
    folder.mkdir(parents=True, exist_ok=True)
    codes = list(occupation_codes)[: wanted.occupations]
    # the evaluators of a region stay the same from quarter to quarter
    filed = list(_file_evaluators(Random(wanted.region_code), wanted))  # noqa: S311 — nothing secret
    _write(folder / "evaluators.csv", _scopes(filed, codes, wanted))
    rows = list(_certificates(random, wanted, filed, codes))
    extract = _extract(random, rows)
    if wanted.mishaps:
        spoil(rows, extract)
    _write(folder / "certificates.csv", rows)
    _write(folder / "register.csv", extract)
    return Files(folder / "evaluators.csv", folder / "certificates.csv", folder / "register.csv")


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _file_evaluators(random: Random, wanted: Distribution) -> Iterator[tuple[str, str, str]]:
    codes = invent_organisation_codes(random, wanted.region_code)
    for serial in range(1, wanted.evaluators + 1):
        filing = f"S000041{900000 + serial:06d}"
        yield f"示例第{serial:02d}职业技能评价中心", next(codes), filing


def _scopes(
    filed: Sequence[tuple[str, str, str]], codes: Sequence[str], wanted: Distribution
) -> list[dict[str, object]]:
    return [
        {
            "名称": name,
            "统一社会信用代码": code,
            "类别": "社会培训评价组织",
            "地区": wanted.region_code,
            "备案号": filing,
            "职业编码": occupation,
            "等级": f"{GRADES[level][0]}/{level}",
            "有效期起": "2022-01-01",
            "有效期止": "2026-12-31",
        }
        for place, (name, code, filing) in enumerate(filed)
        for spot, occupation in enumerate(codes)
        if spot % len(filed) == place
        for level in GRADES
    ]


def _certificates(
    random: Random, wanted: Distribution, filed: Sequence[tuple[str, str, str]], codes: Sequence[str]
) -> Iterator[dict[str, object]]:
    """Yield certificates batch by batch; a batch is one occupation and one level at one evaluator."""
    names = invent_names(random)
    youngest, oldest = add_months(wanted.from_on, -17 * 12), add_months(wanted.until_on, -59 * 12)
    numbers = invent_numbers(random, youngest, oldest)
    batches = _spread(random, wanted)
    methods: dict[str, list[str]] = {}
    for level, count in wanted.by_level.items():
        direct = wanted.direct.get(level, 0)
        methods[level] = [DIRECT] * direct + [EXAM] * (count - direct)
        random.shuffle(methods[level])
    serials: dict[str, int] = {}
    # the quarters of a year number their certificates apart
    first_serial = (wanted.from_on.month - 1) // 3 * 100_000
    span = (wanted.until_on - wanted.from_on).days + 1
    for batch, (level, size) in enumerate(batches):
        occupation_place = batch % len(codes)
        _name, code, filing = filed[occupation_place % len(filed)]
        issued = wanted.from_on + timedelta(days=batch * span // len(batches))
        grade, digit = GRADES[level]
        stem = f"{filing}{issued:%y}{digit}"
        for method in (methods[level].pop() for _ in range(size)):
            serial = serials[stem] = serials.get(stem, first_serial) + 1
            exam = method == EXAM
            yield {
                "姓名": next(names),
                "证件号码": next(numbers),
                "证书类型": "职业技能等级证书",
                "职业编码": codes[occupation_place],
                "等级": f"{grade}/{level}",
                "证书编号": f"{stem}{serial:06d}",
                "发证日期": issued.isoformat(),
                "评价机构统一社会信用代码": code,
                "取得方式": method,
                "理论成绩": random.randrange(60, 100) if exam else "",
                "技能成绩": random.randrange(60, 100) if exam else "",
                "收费": 0,
                "评价批次": f"{wanted.region_code}-{wanted.from_on:%Y}-{batch + 1:03d}",
            }


def _spread(random: Random, wanted: Distribution) -> list[tuple[str, int]]:
    """Return level and size of every batch in the order of their days, as many batches a level as fit it."""
    people = {level: count for level, count in wanted.by_level.items() if count}
    whole = sum(people.values())
    shares = {
        level: max(1, min(count, round(wanted.batches * count / whole))) for level, count in people.items()
    }
    most = max(people, key=lambda level: people[level])
    shares[most] = max(1, shares[most] + wanted.batches - sum(shares.values()))
    batches = [
        (level, people[level] // share + (place < people[level] % share))
        for level, share in shares.items()
        for place in range(share)
    ]
    random.shuffle(batches)
    return batches


def _extract(random: Random, rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return what the register says of the same certificates, in another order."""
    columns = ("姓名", "证件号码", "职业编码", "等级", "证书编号", "发证日期", "评价机构统一社会信用代码")
    found = [{**{name: row[name] for name in columns}, "状态": "有效"} for row in rows]
    random.shuffle(found)
    return found


def spoil(rows: list[dict[str, object]], extract: list[dict[str, object]]) -> None:
    """Let a few certificates go wrong: a fee, a failed subject, a competition, and what the register says."""
    rows[0]["收费"] = 50
    rows[1]["取得方式"], rows[1]["理论成绩"], rows[1]["技能成绩"] = EXAM, 59, 95
    rows[2]["取得方式"] = rows[3]["取得方式"] = "竞赛"
    by_number = {str(row["证书编号"]): row for row in extract}
    by_number[str(rows[4]["证书编号"])]["状态"] = "撤销"
    by_number[str(rows[5]["证书编号"])]["姓名"] = f"{str(rows[5]['姓名'])[0]}某"
    extract.remove(by_number[str(rows[6]["证书编号"])])
