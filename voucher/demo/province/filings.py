"""Institutions that filed (机构备案): one in force whose licence ends soon, one that waits for the office."""

from __future__ import annotations

import struct
import zlib
from datetime import date, timedelta
from functools import partial
from random import Random

from voucher.demo.people import invent_organisation_codes
from voucher.demo.province.cast import COOK, HOUSEKEEPER, JIYUAN, NURSE, TRAINERS, list_codes
from voucher.demo.province.singles import open_account_of
from voucher.demo.province.stage import Stage
from voucher.plumbing.unit_of_work import Work
from voucher.registry.filing import applying, parts, photos, reviewing
from voucher.registry.filing.applying import FirstPage
from voucher.rules.actor import Role
from voucher.rules.filing import LicenceKind
from voucher.rules.levels import Level

IN_FORCE, ENDS_IN_DAYS = "farm", 35
NEWCOMER = "示例济源沁园职业培训学校"
SEATS, PAPER_PIXELS = 45, (240, 160)
# so many photographs differ from one another
SHADES = 96


def note_filings(stage: Stage) -> None:
    """Put both filings into the diary."""
    yesterday = stage.today - timedelta(days=1)
    stage.note(yesterday, partial(_file_and_accept, stage))
    stage.note(stage.today, partial(_file_newcomer, stage))


def _file_and_accept(stage: Stage) -> None:
    """Have a listed institution file by its administrator, and the office accept it."""
    body = next(each for each in TRAINERS if each.key == IN_FORCE)
    code = next(code for each, code in list_codes() if each.key == IN_FORCE)
    login = stage.hand(IN_FORCE, str(Role.INSTITUTION_ADMIN))
    until = stage.today + timedelta(days=ENDS_IN_DAYS)
    page = _page(code, body.name, str(body.kind), "济源市天坛路示例8号")
    made = stage.act(login, partial(_file, stage=stage, page=page, until=until, trades=(COOK, HOUSEKEEPER)))
    stage.act(
        "second-review",
        partial(reviewing.accept_filing, filing_id=made, opinion="证照、师资、场地符合要求，准予备案。"),
    )


def _file_newcomer(stage: Stage) -> None:
    """Have somebody apply for a school nobody knows yet."""
    code = next(invent_organisation_codes(Random("newcomer"), JIYUAN))  # noqa: S311 — made up, not secret
    page = _page(code, NEWCOMER, "training_school", "济源市沁园路示例66号")
    until = stage.today + timedelta(days=900)
    login = open_account_of(stage, next(stage.people))
    stage.act(login, partial(_file, stage=stage, page=page, until=until, trades=(NURSE,)))


def _page(code: str, name: str, kind: str, address: str) -> FirstPage:
    return FirstPage(code, name, kind, JIYUAN, address, "示例校长", "示例联系人", "13800000001")


def _file(work: Work, stage: Stage, page: FirstPage, until: date, trades: tuple[str, ...]) -> int:
    made = applying.open_filing(work, page).id
    licence = parts.NewLicence(
        LicenceKind.SCHOOL,
        f"人社民419001400{made:04d}号",
        "济源示范区人力资源和社会保障局",
        until - timedelta(days=1095),
        until,
        draw_paper(),
    )
    parts.add_licence(work, made, licence)
    for trade in trades:
        parts.add_scope(work, made, trade, int(Level.JUNIOR), "TRAIN")
    person = next(stage.people)
    parts.add_teacher(
        work,
        made,
        parts.NewTeacher(person.name, person.number, "高级技师、考评员", f"KP41{made:06d}", None, trades),
    )
    room = parts.NewRoom("实训室一", page.address, JIYUAN, SEATS, "实训工位 15 个、投影 1 台")
    photos.add_photo(work, made, parts.add_room(work, made, room).id, draw_paper(made % SHADES))
    applying.file_filing(work, made)
    return made


def draw_paper(shade: int = 0) -> bytes:
    """Return a made-up licence or photograph: a framed blank sheet as PNG, of a shade of its own."""
    width, height = PAPER_PIXELS
    edge, inner = b"\x60" * width, b"\x60" * 4 + bytes([0xF4 - shade]) * (width - 8) + b"\x60" * 4
    lines = b"".join(b"\0" + (edge if y < 4 or y >= height - 4 else inner) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
