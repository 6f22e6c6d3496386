"""资质与备案: filing an institution, part by part, by whoever applies for it; changes go the same way."""

from __future__ import annotations

import re
from datetime import date

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.auth.files import send_paper
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.filed import KINDS, LEVELS, LICENCES, describe_filing
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.doors.web.public.directory import indent
from voucher.plumbing.unit_of_work import Work
from voucher.registry import directory
from voucher.registry.catalogue import Project
from voucher.registry.filing import applying, endings, limits, parts, photos, reading
from voucher.registry.institutions import Institution
from voucher.registry.trades import list_trades
from voucher.rules.actor import Role
from voucher.rules.filing import LicenceKind
from voucher.rules.positions import POSITION_WRONG

ADMINISTRATORS = frozenset({Role.INSTITUTION_ADMIN})
DEGREES = re.compile(r"(-?)([0-9]{1,3})(?:\.([0-9]+))?", re.ASCII)
PARTS = ("licences", "scopes", "teachers", "rooms", "photos")
NO_END = ""


@institution.get("/filings")
def filings() -> ResponseReturnValue:
    """Show what the visitor applied for, and the form for another institution."""
    return _filings()


@institution.post("/filings")
def open_filing() -> ResponseReturnValue:
    """Open a filing for an institution."""

    def call(work: Work) -> Done:
        made = applying.open_filing(work, _read_page())
        return Done("已建好草稿，请逐项补齐", url_for("web.institution.filing", filing_id=made.id))

    return submit(call, _filings)


@institution.post("/filings/changes")
def change_filing() -> ResponseReturnValue:
    """Open a change of what is in force."""

    def call(work: Work) -> Done:
        made = applying.change_filing(work, fields.whole("institution_id", "机构"))
        words = "已按现行备案建好变更草稿，请修改后提交"
        return Done(words, url_for("web.institution.filing", filing_id=made.id))

    return submit(call, _filings)


@institution.get("/filings/<int:filing_id>")
def filing(filing_id: int) -> ResponseReturnValue:
    """Show one filing: what it holds, what is missing, what became of it."""
    return _filing(filing_id)


@institution.post("/filings/<int:filing_id>")
def fill_filing(filing_id: int) -> ResponseReturnValue:
    """Write the first page anew."""

    def call(work: Work) -> Done:
        applying.fill_filing(work, filing_id, _read_page())
        return Done("已保存", url_for("web.institution.filing", filing_id=filing_id))

    return submit(call, lambda: _filing(filing_id))


@institution.post("/filings/<int:filing_id>/<part>")
def add_filing_part(filing_id: int, part: str) -> ResponseReturnValue:
    """Add a licence, a trade, a teacher, a room or a photograph of one."""
    if part not in PARTS:
        abort(404)

    def call(work: Work) -> Done:
        if part == "licences":
            parts.add_licence(work, filing_id, _read_licence())
        elif part == "scopes":
            level, project = fields.whole("level", "等级"), fields.text("project", "补贴项目", limit=40)
            trade = fields.text("trade", "职业（工种）", limit=60)
            parts.add_scope(work, filing_id, trade, level, project)
        elif part == "teachers":
            parts.add_teacher(work, filing_id, _read_teacher())
        elif part == "photos":
            photos.add_photo(
                work, filing_id, fields.whole("room_id", "场地"), _read_file("photo", "场地照片")
            )
        else:
            parts.add_room(work, filing_id, _read_room())
        return Done("已添加", url_for("web.institution.filing", filing_id=filing_id, _anchor=_place(part)))

    return submit(call, lambda: _filing(filing_id))


@institution.post("/filings/<int:filing_id>/<part>/<int:part_id>")
def strike_filing_part(filing_id: int, part: str, part_id: int) -> ResponseReturnValue:
    """Strike an entry off."""

    def call(work: Work) -> Done:
        parts.strike(work, filing_id, part, part_id)
        return Done("已移除", url_for("web.institution.filing", filing_id=filing_id, _anchor=_place(part)))

    return submit(call, lambda: _filing(filing_id))


@institution.post("/filings/<int:filing_id>/submission")
def file_filing(filing_id: int) -> ResponseReturnValue:
    """Hand a filing in."""

    def call(work: Work) -> Done:
        found = applying.file_filing(work, filing_id)
        due = reading.find_due(work.session, found, work.today)
        by = f"，{due.due_on.isoformat()} 前答复" if due is not None and due.due_on is not None else ""
        return Done(f"已提交，等人社部门审核{by}", url_for("web.institution.filing", filing_id=filing_id))

    return submit(call, lambda: _filing(filing_id))


@institution.post("/filings/<int:filing_id>/withdrawal")
def withdraw_filing(filing_id: int) -> ResponseReturnValue:
    """Take a filing back."""

    def call(work: Work) -> Done:
        applying.withdraw_filing(work, filing_id)
        return Done("已撤回", url_for("web.institution.filings"))

    return submit(call, lambda: _filing(filing_id))


@institution.get("/filings/<int:filing_id>/licences/<int:licence_id>/paper")
def filing_paper(filing_id: int, licence_id: int) -> Response:
    """Hand out the photograph or PDF of a licence."""
    return send_paper(*perform(lambda work: parts.open_paper(work, filing_id, licence_id)))


@institution.get("/filings/<int:filing_id>/photos/<int:photo_id>")
def filing_photo(filing_id: int, photo_id: int) -> Response:
    """Hand out the photograph of a room."""
    return send_paper(*perform(lambda work: photos.open_photo(work, filing_id, photo_id)))


def _place(part: str) -> str:
    """Return where on the page a part stands: photographs with their rooms."""
    return "rooms" if part == "photos" else part


def _filings() -> str:
    door, houses = the_door(), my_houses(ADMINISTRATORS)
    with door.read() as session:
        rows = reading.list_filings(session, actor=current_actor(), today=door.today)
        mine = session.scalars(select(Institution).where(Institution.id.in_(houses))).all()
        return render_template(
            "institution/filings.html",
            rows=rows,
            due=reading.list_due(session, rows, door.today),
            mine=[(each, reading.find_in_force(session, each.id)) for each in mine],
            endings=endings.list_endings(session, door.today, institution_ids=houses),
            kinds=KINDS,
            regions=indent(directory.list_seats(session)),
        )


def _filing(filing_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = reading.get_filing_for(session, current_actor(), filing_id, door.today)
        return render_template(
            "institution/filing.html",
            **describe_filing(session, found),
            is_open=found.state in ("draft", "returned"),
            kinds=KINDS,
            licences=LICENCES,
            levels=LEVELS,
            regions=indent(directory.list_seats(session)),
            projects=[
                (each.code, each.name)
                for each in session.scalars(
                    select(Project).where(Project.kind != "bonus").order_by(Project.id)
                )
            ],
            trades=list_trades(session, door.today),
            limits=limits.read_limits(session, found, door.today),
        )


def _read_page() -> applying.FirstPage:
    return applying.FirstPage(
        code=fields.text("code", "统一社会信用代码", limit=30),
        name=fields.text("name", "机构名称", limit=100),
        kind=fields.text("kind", "机构类型", limit=40),
        region_code=fields.text("region", "地区", limit=6),
        address=fields.text("address", "地址", limit=200),
        legal_name=fields.text("legal_name", "法定代表人", limit=50),
        contact_name=fields.text("contact_name", "联系人", limit=50),
        contact_mobile=fields.text("contact_mobile", "联系手机", limit=20),
    )


def _read_licence() -> parts.NewLicence:
    kind = fields.one_of("licence_kind", "证照类型", LicenceKind)
    number = fields.text("number", "证照编号", limit=60)
    authority = fields.text("authority", "发证机关", limit=100)
    since, until = fields.day("since", "有效期起"), _day_or_none("until", "有效期止")
    return parts.NewLicence(kind, number, authority, since, until, _read_file("paper", "证照照片或 PDF"))


def _read_file(name: str, label: str) -> bytes:
    """Return what was uploaded. Raises Refused form_field_unreadable."""
    file = fields.upload(name, label)
    content = file.stream.read()
    file.stream.seek(0)
    return content


def _read_teacher() -> parts.NewTeacher:
    typed = fields.text("trades", "可教的职业", limit=400)
    return parts.NewTeacher(
        name=fields.text("teacher", "教师姓名", limit=50),
        number=fields.text("identity", "身份证号码", limit=30),
        qualification=fields.text("qualification", "教师资格", limit=100),
        certificate_number=fields.text("certificate_number", "资格证书编号", limit=60),
        until=_day_or_none("valid_until", "资格有效期止"),
        trades=tuple(
            each for each in typed.replace("，", "、").replace(",", "、").split("、") if each.strip()
        ),
    )


def _read_degrees(name: str, label: str) -> int | None:
    """Return degrees typed with a point in micro-degrees. Raises Refused position_malformed."""
    typed = fields.text(name, label, required=False, limit=20)
    if not typed:
        return None
    degrees = DEGREES.fullmatch(typed)
    if degrees is None:
        raise POSITION_WRONG.refused()
    sign, whole, part = degrees.groups()
    return int(f"{sign}{whole}{(part or '').ljust(6, '0')[:6]}")


def _read_room() -> parts.NewRoom:
    return parts.NewRoom(
        name=fields.text("room", "场地名称", limit=100),
        address=fields.text("room_address", "场地地址", limit=200),
        region_code=fields.text("room_region", "场地所在地区", limit=6),
        seats=fields.whole("seats", "座位数"),
        equipment=fields.text("equipment", "设备", limit=500),
        latitude_e6=_read_degrees("latitude", "纬度"),
        longitude_e6=_read_degrees("longitude", "经度"),
    )


def _day_or_none(name: str, label: str) -> date | None:
    return fields.day(name, label) if request.form.get(name, NO_END).strip() else None
