"""先走一遍全程：两个人的券从发放到兑现、再到追回；再讲济源示范区 2023 年第四季度，一分不差。

    make story

讲出来的话存在 docs/story.md，与这次讲的不一致就是错（耗时不算）；`--write` 重写它。

公布的数字（2024-03-06 公示）：9,637 人，初级工 2,272、中级工 4,930、高级工 2,411、技师 24，
168 个批次，60 个职业（工种），拟拨付 1,948,240 元。人员、证书均为合成数据，校验位正确。
每本证书都先考出来：168 个评价批次各有计划、考生、考评员、入场核验、两遍成绩和公布。
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyotp
import time_machine
from sqlalchemy import select

from tests.loop.loop_story import TODAY as LOOP_DAY
from tests.loop.loop_story import tell_the_loop
from voucher.cli.group import officers
from voucher.config import Config, read_config
from voucher.demo.house import House, moment
from voucher.demo.play import Carried, carry_through
from voucher.demo.quarter import Distribution, Files, write_quarter
from voucher.demo.sittings import PLANNED, SAT, count_batches, play_sittings, read_sittings
from voucher.demo.staff import hire
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import perform
from voucher.registry.catalogue import Occupation
from voucher.registry.founding import FOUNDER
from voucher.rules.money import format_yuan

FULL_FEN = {"初级工": 200_00, "中级工": 240_00, "高级工": 280_00, "技师": 350_00}
OPENED_ON, FILED_AT = date(2023, 8, 1), moment(date(2024, 2, 20))
FILER = "operator-jy"
PERIOD = ("--region", "419001", "--from", "2023-10-01", "--to", "2023-12-31")


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to: exams, both settlements as the command printed them, and what was carried."""

    batches: int
    occupations: int
    first: dict[str, Any]
    second: dict[str, Any]
    carried: Carried
    violations: dict[str, Any]
    trail: dict[str, Any]


def command(*words: str) -> dict[str, Any]:
    """Run a public command as an officer does and return the object it printed."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            officers.main([*words, "--json"])
    except SystemExit as end:
        if end.code not in (0, None):
            raise RuntimeError(f"voucher {' '.join(words)}: {out.getvalue()}") from None
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


TOLD: list[str] = []
KEPT = Path(__file__).resolve().parents[2] / "docs" / "story.md"
# how long something took belongs on the screen, not into what is kept
SECONDS = re.compile(r"\s+[0-9.]+ 秒")


def say(sentence: str = "") -> None:
    """Print one line of the story, and keep it."""
    sys.stdout.write(sentence + "\n")
    TOLD.append(SECONDS.sub("", sentence))


def check_kept(*, write: bool) -> bool:
    """Return whether the story is the one that is kept; with `write` it is from now on."""
    text = "\n".join(("# 全程故事", "", "由 `make story` 讲述并核对。", "", "```text", *TOLD, "```", ""))
    if write:
        KEPT.write_text(text, encoding="utf-8")
    return KEPT.exists() and KEPT.read_text("utf-8") == text


def play_loop(folder: Path) -> None:
    """Play the loop in a folder of its own; whatever is off raises."""
    folder.mkdir(parents=True)
    database = Database(f"sqlite:///{folder / 'voucher.db'}")
    keyring = Keyring.open(folder / "keys.json", create=True)
    house = House(database, keyring, folder / "anchors.jsonl", moment(LOOP_DAY))
    tell_the_loop(house, folder / "files", say)
    say("  ✓ 一人终态已兑现，一人追回中；不变量无一不符")
    database.dispose()


def import_one(files: Files, kind: str) -> None:
    """Import a file through the public command."""
    begun = time.perf_counter()
    report = command("import", kind, str(getattr(files, kind)))
    seconds = time.perf_counter() - begun
    say(f"    voucher import {kind:<13} {report['rows_added']:>6,} 行  {seconds:5.1f} 秒")


def sit_exams(house: House, files: Files, folder: Path) -> None:
    """Have every certificate earned in an exam and uploaded after it."""
    begun = time.perf_counter()
    sittings = read_sittings(house, files.certificates)
    play_sittings(house, folder, sittings)
    batches, trades = count_batches(house)
    done = [each.published for each in sittings if each.published is not None]
    sizes = [len(each.people) for each in sittings]
    listed, came = sum(sizes), sum(each.comes for sitting in sittings for each in sitting.people)
    passed, failed, absent = (
        sum(getattr(each, name) for each in done) for name in ("passed", "failed", "absent")
    )
    evaluators = len({each.institution_id for each in sittings})
    say(f"    评价计划：提前 {PLANNED - SAT} 天报送 {batches} 个批次，{trades} 个职业（工种）")
    say(f"    考生 {listed:,} 人，一个批次 {min(sizes)} 至 {max(sizes)} 人；每场 3 名考评员，座位逐人排定")
    say(f"    入场：逐批导入读卡记录，准考证、姓名、证件后四位逐人相符 {came:,} 人")
    say("    成绩：逐批导入，技能成绩由另一人再录一遍；第三人公布")
    say(f"    公布 {len(done)} 个批次：合格 {passed:,} 人，不合格 {failed:,} 人，缺考 {absent:,} 人")
    added = sum(each.uploaded for each in sittings)
    seconds = f"  {time.perf_counter() - begun:.1f} 秒"
    say(f"    公布之后才有证书：{evaluators} 家评价机构逐批上传 {added:,} 本，写明评价批次{seconds}")


def explain(told: dict[str, Any], distribution: Distribution) -> None:
    """Print the batch by level, and why it is less than the full rates would come to."""
    counts = f"{told['people']:,} 人，{told['claims']:,} 条"
    say(f"    批次 {told['batch_number']}：{counts}，合计 {told['total_yuan']} 元")
    full_fen = 0
    for level, row in told["by_level"].items():
        at_full = row["claims"] * FULL_FEN[level]
        full_fen += at_full
        direct = distribution.direct.get(level, 0)
        why = f"，其中直接认定 {direct:,} 人按 50%" if direct else ""
        full = f"{row['claims']:>6,} 人 × {format_yuan(FULL_FEN[level])} = {format_yuan(at_full):>12}"
        say(f"      {level}  {full}  →  {format_yuan(row['amount_fen']):>12}{why}")
    gap_fen = full_fen - told["total_fen"]
    say(f"      全额标准合计 {format_yuan(full_fen)}，差额 {format_yuan(gap_fen)}：")
    say("      直接认定按 50% 给予（豫人社规〔2022〕2号）")
    shown = next(line for line in told["lines"] if line["method"] == "直接认定")
    say(f"      例：{shown['name']} {shown['identity']} {shown['level']}：{shown['explanation']}")


def file_quarter(secret: str, budget: dict[str, Any]) -> dict[str, Any]:
    """File the quarter as the officer who does so at the command line, with the code of the moment."""
    own = ("--as", FILER, "--code", pyotp.TOTP(secret).now())
    return command("settle", "--kind", "评价补贴", *PERIOD, "--budget", str(budget["budget"]), *own)


def play(folder: Path, distribution: Distribution, clock: time_machine.Traveller) -> Told:
    """Play the story in a folder of its own and return what it came to."""
    os.environ.update(VOUCHER_DATA_DIR=str(folder / "data"))
    os.environ.pop("VOUCHER_DATABASE_URL", None)
    say("一、建库：voucher init")
    command("init")
    config: Config = read_config(os.environ)
    database, keyring = Database(config.database_url), Keyring.open(config.key_file, create=False)
    house = House(database, keyring, config.anchor_file, moment(OPENED_ON + timedelta(days=1)))
    hired = perform(database, keyring, FOUNDER, house.at, hire)
    secret = next(each.totp_secret for each in hired if each.login == FILER)
    with database.read() as session:
        codes = session.scalars(
            select(Occupation.code).where(Occupation.code >= "4").order_by(Occupation.code)
        ).all()
    say("二、导入评价目录清单，按批次评价，评价机构上传证书；再导入登记系统的摘录")
    files = write_quarter(folder / "files", codes, distribution)
    import_one(files, "evaluators")
    sit_exams(house, files, folder / "sittings")
    batches, occupations = count_batches(house)
    clock.move_to(FILED_AT)
    house.at = FILED_AT
    import_one(files, "register")
    where = ("--region", "419001", "--year", "2024")
    budget = command("budget", "add", *where, "--source", "就业补助资金", "--amount-yuan", "3000000")
    say("三、结算：voucher settle --kind 评价补贴")
    begun = time.perf_counter()
    first = file_quarter(secret, budget)
    say(f"    {time.perf_counter() - begun:.1f} 秒")
    explain(first, distribution)
    say("四、审核、公示、审批、拨付：每一步都由不同的人办理")
    carried = carry_through(house, first["batch"], budget["budget"], lambda sentence: say(f"    {sentence}"))
    say("五、再结算一次：逐条拒绝，并告知首次申领的编号")
    # a code is good once: the next one is asked for with the next step of the clock
    clock.shift(timedelta(minutes=1))
    second = file_quarter(secret, budget)
    say(f"    应付 {second['total_yuan']} 元，不予受理 {second['refused']:,} 条")
    line = second["lines"][0]
    say(f"    例：{line['name']} {line['certificate']}：{line['title']}（{line['code']}）")
    say("六、自查：voucher check、voucher audit verify")
    violations, trail = command("check"), command("audit", "verify")
    say(f"    不变量：查 {violations['checked']} 项，不符 {violations['broken']} 项")
    say(f"    审计链：{trail['rows']:,} 行，已封存 {trail['sealed']:,} 行，问题 {len(trail['faults'])} 处")
    database.dispose()
    return Told(batches, occupations, first, second, carried, violations, trail)


def main() -> None:
    """Play the published quarter and check it to the fen."""
    say("第一部 两个人的券，走完全程")
    with tempfile.TemporaryDirectory() as folder:
        play_loop(Path(folder) / "loop")
    say("第二部 济源示范区 2023 年第四季度：从文件到银行回盘")
    with tempfile.TemporaryDirectory() as folder, time_machine.travel(moment(OPENED_ON), tick=True) as clock:
        told = play(Path(folder), Distribution(), clock)
    checks = {
        "168 个批次，60 个职业（工种）": (told.batches, told.occupations) == (168, 60),
        "9,637 人": told.first["people"] == 9637,
        "1,948,240.00 元": told.first["total_fen"] == 194_824_000,
        "公示 2024-03-06 至 2024-03-12": str(told.carried.notice.until_on) == "2024-03-12",
        "全部到账": told.carried.report.failed == 0,
        "第二次全部拒绝": told.second["refused"] == 9637,
        "不变量无一不符": told.violations["broken"] == 0,
        "审计链完整": told.trail["faults"] == [] and told.trail["unsealed"] == 0,
    }
    say("七、与公布的数字核对")
    for name, held in checks.items():
        say(f"    {'✓' if held else '✗'} {name}")
    if not all(checks.values()):
        raise SystemExit("与公布的数字不一致")
    if not check_kept(write="--write" in sys.argv):
        raise SystemExit("与 docs/story.md 所存的故事不一致；确属应改的，请加 --write 重写")


if __name__ == "__main__":
    main()
