"""机构备案: applied for by a person, filled part by part, reviewed by the office, changed the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests import pictures, town_filing, town_issue, town_train
from tests.loop.telling import set_parameter
from tests.plans import plans_of
from tests.scene import JIYUAN, NURSE, TURNER, XINXIANG, ZHANG_SAN, Scene, on
from voucher.ledger.audit import AuditRow
from voucher.ledger.states import list_events
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.staffing import grant_role
from voucher.registry.filing import applying, endings, parts, photos, reading, reviewing
from voucher.registry.filing.models import Filing, FilingRoomPhoto
from voucher.registry.institutions import Institution, get_institution
from voucher.registry.users import RoleGrant
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing


def test_a_person_files_a_new_institution_and_administers_it_once_accepted(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    login = town_issue.worker(scene, town_filing.APPLICANT)
    page = town_filing.first_page()
    assert town_train.code(
        scene, login, lambda work: applying.open_filing(work, replace(page, code="52419001MJTE5T0441"))
    ) == ("organisation_code_check_digit")
    made = scene.do(login, lambda work: applying.open_filing(work, page)).id
    missing = town_train.refusal(scene, login, lambda work: applying.file_filing(work, made))
    assert missing.title == "备案申请还缺：证照、申请的职业和等级、师资、场地"
    town_filing.fill(scene, login, made)
    untaught = scene.do(login, lambda work: parts.add_scope(work, made, TURNER, 2, "TRAIN")).id
    missing = town_train.refusal(scene, login, lambda work: applying.file_filing(work, made))
    assert missing.title == "备案申请还缺：能教“车工”的教师"
    scene.do(login, lambda work: parts.strike(work, made, "scopes", untaught))
    ended = replace(town_filing.LICENCE, number="旧证", until=date(2024, 2, 29))
    late = town_train.refusal(scene, login, lambda work: parts.add_licence(work, made, ended))
    assert late.title == "证照有效期有误：已于 2024-02-29 过期"
    fake = replace(town_filing.LICENCE, number="假证", paper=b"MZ not a picture")
    assert town_train.code(scene, login, lambda work: parts.add_licence(work, made, fake)) == (
        "attachment_kind_unknown"
    )
    twice = [
        town_train.code(scene, login, lambda work: parts.add_licence(work, made, town_filing.LICENCE)),
        town_train.code(scene, login, lambda work: parts.add_scope(work, made, NURSE, 2, "TRAIN")),
        town_train.code(scene, login, lambda work: parts.add_teacher(work, made, town_filing.TEACHING)),
        town_train.code(scene, login, lambda work: parts.add_room(work, made, town_filing.HALL)),
    ]
    assert set(twice) == {"filing_part_twice"}
    # a number of somebody known brings out no name: the draft would show it whole
    unknown_name = replace(town_filing.TEACHING, name="无名氏", number=ZHANG_SAN[1])
    town_issue.worker(scene, ZHANG_SAN)
    differs = town_train.refusal(scene, login, lambda work: parts.add_teacher(work, made, unknown_name))
    assert (differs.code, ZHANG_SAN[0] in str(differs)) == ("filing_teacher_differs", False)
    stranger, reviewer = town_issue.worker(scene, ZHANG_SAN), town_train.reviewer(scene)
    for foreign in (stranger, reviewer):
        act = partial(parts.strike, filing_id=made, part="rooms", part_id=1)
        assert town_train.code(scene, foreign, act) == "institution_filing_missing"
    scene.do(login, lambda work: applying.file_filing(work, made))
    with scene.database.read() as session:
        house = get_institution(session, town_filing.SCHOOL[1])
        assert (house.state, house.licensed_until) == ("applied", None)
        assert reading.count_to_review(session, {JIYUAN})[0] == 1
        due = reading.find_due(session, session.get_one(Filing, made), date(2024, 3, 4))
        many, one = (
            plans_of(scene.database, "", partial(reading.list_due, session, filings, date(2024, 3, 4)))
            for filings in ([session.get_one(Filing, made)] * 3, [session.get_one(Filing, made)])
        )
        assert len(many) == len(one), "a list asks no more than one of its rows"
        assert due is not None
        # twenty working days after Friday 1 March
        assert due.due_on == date(2024, 3, 29)
        assert town_filing.APPLICANT[0].encode() not in session.get_one(Filing, made).contact_name_sealed
    assert town_train.code(
        scene, login, lambda work: parts.add_room(work, made, replace(town_filing.HALL, name="二"))
    ) == ("filing_not_editable")
    scene.do(reviewer, lambda work: reviewing.return_filing(work, made, "请补消防合格证明"))
    extra = replace(town_filing.HALL, name="消防合格的二号教室", seats=20)
    scene.do(login, lambda work: parts.add_room(work, made, extra))
    scene.do(login, lambda work: applying.file_filing(work, made))
    scene.do(reviewer, lambda work: reviewing.accept_filing(work, made, "材料齐全"))
    with scene.database.read() as session:
        house = get_institution(session, town_filing.SCHOOL[1])
        found = session.get_one(Filing, made)
        assert (house.state, house.licensed_until, house.filing_number) == (
            "listed", date(2024, 12, 31), found.number,
        )  # fmt: skip
        told = reading.read_contact(session, scene.keyring, found)
        assert told is not None
        assert (told.legal_name, told.contact_mobile) == ("王校长", "13800138000")
        events = [each.event for each in list_events(session, Thing.FILING, made)]
        assert events == ["open", "file", "return", "file", "accept"]
    assert scene.actor(login).serves(house.id, Role.INSTITUTION_ADMIN)


def test_a_filing_holds_so_many_parts_and_papers_so_many_bytes_by_dated_rows(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    login = town_issue.worker(scene, town_filing.APPLICANT)
    made = scene.do(login, lambda work: applying.open_filing(work, town_filing.first_page())).id
    town_filing.fill(scene, login, made)
    for name, value in (
        ("filing_licences_most", 1),
        ("filing_scopes_most", 2),
        ("filing_teachers_most", 1),
        ("filing_rooms_most", 1),
    ):
        set_parameter(scene, name, str(value), "2024-02-01", "个")
    licence = replace(town_filing.LICENCE, number="第二张")
    more: dict[str, Callable[[Work], object]] = {
        "已有 1 份证照，最多 1 份": partial(parts.add_licence, filing_id=made, new=licence),
        "已有 2 项职业和等级，最多 2 项": partial(
            parts.add_scope, filing_id=made, trade=TURNER, level=2, project_code="TRAIN"
        ),
        "已有 1 名教师，最多 1 名": partial(parts.add_teacher, filing_id=made, new=town_filing.TEACHING),
        "已有 1 个场地，最多 1 个": partial(parts.add_room, filing_id=made, new=town_filing.HALL),
    }
    for words, act in more.items():
        full = town_train.refusal(scene, login, act)
        assert (full.code, words in full.title) == ("filing_part_full", True), full.title
    # one struck off makes room for another; the paper itself is weighed before it is opened
    with scene.database.read() as session:
        whole = reading.read_parts(session, made)
    (held,), (room,) = whole.licences, whole.rooms
    _show_the_room(scene, login, made, room.id)
    scene.do(login, partial(parts.strike, filing_id=made, part="licences", part_id=held.id))
    set_parameter(scene, "filing_paper_bytes_most", str(len(licence.paper) - 1), "2024-02-01", "字节")
    heavy = town_train.refusal(scene, login, partial(parts.add_licence, filing_id=made, new=licence))
    assert heavy.code == "filing_paper_too_large"
    set_parameter(scene, "filing_paper_bytes_most", str(len(licence.paper)), "2024-02-15", "字节")
    scene.do(login, partial(parts.add_licence, filing_id=made, new=licence))


def test_all_papers_of_a_filing_and_of_one_uploader_weigh_so_much_struck_off_or_not(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    login = town_issue.worker(scene, town_filing.APPLICANT)
    made = scene.do(login, lambda work: applying.open_filing(work, town_filing.first_page())).id
    size = len(town_filing.LICENCE.paper)
    set_parameter(scene, "filing_papers_bytes_most", str(2 * size), "2024-02-01", "字节")

    def add(number: str, filing_id: int = made) -> Callable[[Work], object]:
        return partial(
            parts.add_licence, filing_id=filing_id, new=replace(town_filing.LICENCE, number=number)
        )

    first = scene.do(login, add("一"))
    scene.do(login, add("二"))
    full = town_train.refusal(scene, login, add("三"))
    assert (full.code, "合计将有" in full.title, "删掉的也算" in full.title) == (
        "filing_papers_full",
        True,
        True,
    )
    # striking off keeps the paper, and so its weight
    scene.do(login, partial(parts.strike, filing_id=made, part="licences", part_id=getattr(first, "id", 0)))
    assert town_train.refusal(scene, login, add("三")).code == "filing_papers_full"
    # a filing begun again has its own weight; the uploader's goes on, for so many days
    set_parameter(scene, "filing_uploads_bytes_most", str(3 * size), "2024-02-01", "字节")
    scene.do(login, partial(applying.withdraw_filing, filing_id=made))
    scene.at = on("2024-03-02")
    again = scene.do(login, lambda work: applying.open_filing(work, town_filing.first_page())).id
    scene.do(login, add("一", again))
    tired = town_train.refusal(scene, login, add("二", again))
    assert (tired.code, "30 天内" in tired.title) == ("filing_uploads_full", True)
    scene.at = on("2024-04-02")
    scene.do(login, add("二", again))
    # two uploads at once take the same place: the second is refused and weighed again
    rest = "code, kind, sha256, size_bytes, content_sealed, uploaded_at"
    whose = "uploaded_by_person_id"
    for places in ("4, 4", "NULL, NULL", "5, 4", "6, 6"):
        sin = (
            f"INSERT INTO filing_paper ({rest}, {whose}, code_place, uploader_place) "
            f"SELECT {rest}, {whose}, {places} FROM filing_paper ORDER BY id LIMIT 1"
        )
        with pytest.raises(DBAPIError, match="is the next one"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))


def _show_the_room(scene: Scene, login: str, filing_id: int, room_id: int) -> None:
    """As many photographs as its region asks for, at most so many, none twice, and nothing but pictures."""
    set_parameter(scene, "filing_room_photos_least", "1", "2024-02-01", "张")
    set_parameter(scene, "filing_room_photos_most", "2", "2024-02-01", "张")
    missing = town_train.refusal(scene, login, partial(applying.file_filing, filing_id=filing_id))
    assert f"场地“{town_filing.ROOM}”的照片（至少 1 张）" in missing.title

    def show(content: bytes, room: int = room_id) -> Callable[[Work], FilingRoomPhoto]:
        return partial(photos.add_photo, filing_id=filing_id, room_id=room, content=content)

    scene.do(login, show(pictures.png()))
    assert town_train.code(scene, login, show(pictures.png())) == "filing_part_twice"
    assert town_train.code(scene, login, show(pictures.pdf())) == "filing_photo_not_picture"
    assert town_train.code(scene, login, show(pictures.png(shade=1), room_id + 1)) == "filing_part_missing"
    second = scene.do(login, show(pictures.png(shade=1))).id
    full = town_train.refusal(scene, login, show(pictures.png(shade=2)))
    assert full.title == "这件备案已有 2 张这个场地的照片，最多 2 张"
    scene.do(login, partial(parts.strike, filing_id=filing_id, part="photos", part_id=second))


def test_a_room_is_seen_by_the_office_alone_and_one_picture_shown_by_two_houses_is_told(
    scene: Scene,
) -> None:
    scene.at = on("2024-03-01")
    login, first = town_filing.filed(scene)
    reviewer = town_train.reviewer(scene)
    scene.do(reviewer, lambda work: reviewing.return_filing(work, first, "请补场地照片"))
    with scene.database.read() as session:
        (room,) = reading.read_parts(session, first).rooms
    picture = pictures.png(shade=7)
    show = partial(photos.add_photo, content=picture)
    photo = scene.do(login, partial(show, filing_id=first, room_id=room.id)).id
    scene.do(login, lambda work: applying.file_filing(work, first))
    acts: list[Callable[[Work], object]] = [
        partial(photos.add_photo, filing_id=first, room_id=room.id, content=pictures.png()),
        partial(parts.strike, filing_id=first, part="photos", part_id=photo),
    ]
    assert [town_train.code(scene, login, act) for act in acts] == ["filing_not_editable"] * 2
    with pytest.raises(DBAPIError, match="handed in never changes"), scene.database.engine.begin() as raw:
        raw.execute(text("DELETE FROM filing_room_photo"))
    look = partial(photos.open_photo, filing_id=first, photo_id=photo)
    stranger = town_issue.worker(scene, ZHANG_SAN)
    assert town_train.code(scene, stranger, look) == "institution_filing_missing"
    paper, content = scene.do(reviewer, look)
    assert (paper.kind, content, picture in paper.content_sealed) == ("png", picture, False)
    with scene.database.read() as session:
        looks = session.scalars(select(AuditRow.content).where(AuditRow.act == "look")).all()
        assert looks == [{"paper": paper.id}], "every look leaves a trace"
    # a change shows the same paper again; whoever else files the same picture is told of
    accepted = scene.do(reviewer, lambda work: reviewing.accept_filing(work, first, "材料齐全"))
    house = accepted.institution_id or 0
    change = scene.do(login, lambda work: applying.change_filing(work, house)).id
    copier = scene.do(
        stranger, lambda work: applying.open_filing(work, town_filing.first_page(town_train.T1))
    ).id
    other = scene.do(stranger, partial(parts.add_room, filing_id=copier, new=town_filing.HALL)).id
    copied = scene.do(stranger, partial(show, filing_id=copier, room_id=other)).id
    with scene.database.read() as session:
        assert [each.paper_id for each in reading.read_parts(session, change).photos] == [paper.id]
        own, foreign = (
            photos.find_shown_elsewhere(session, session.get_one(Filing, each)) for each in (change, copier)
        )
        # the other one is a draft, which is its applicant's alone
        assert (own, foreign) == ({}, {copied: town_filing.SCHOOL[0]})


def test_a_change_goes_through_the_same_review_and_takes_the_place_of_the_former(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    login, first = town_filing.accepted(scene)
    house, reviewer = first.institution_id or 0, town_train.reviewer(scene)
    change = scene.do(login, lambda work: applying.change_filing(work, house)).id
    with scene.database.read() as session:
        copied = reading.read_parts(session, change)
        assert [len(each) for each in (copied.licences, copied.scope, copied.teachers, copied.rooms)] == [
            1, 2, 1, 1,
        ]  # fmt: skip
    old, renewed = copied.licences[0].id, replace(town_filing.LICENCE, until=None, paper=pictures.pdf())
    scene.do(login, lambda work: parts.strike(work, change, "licences", old))
    scene.do(login, lambda work: parts.add_licence(work, change, renewed))
    scene.do(login, lambda work: applying.file_filing(work, change))
    other = scene.do(login, lambda work: applying.change_filing(work, house)).id
    act = partial(applying.file_filing, filing_id=other)
    assert town_train.code(scene, login, act) == "filing_open_already"
    scene.do(login, lambda work: applying.withdraw_filing(work, other))
    # what has been handed in stands as it is, past every act
    for raw_change in (
        "UPDATE filing_room SET seats = 900",
        "DELETE FROM filing_teacher",
        f"UPDATE filing_scope SET filing_id = {other}",
        (
            "INSERT INTO filing_room (filing_id, name, address, region_code, seats, equipment)"
            f" SELECT {change}, '二', address, region_code, seats, equipment FROM filing_room LIMIT 1"
        ),
    ):
        with pytest.raises(DBAPIError, match="handed in never changes"), scene.database.engine.begin() as raw:
            raw.execute(text(raw_change))
    # who applied decides nothing, whatever other account he signs in with
    scene.hire("兼职审核员", Role.OFFICER_CITY, town_filing.APPLICANT[1])
    accept = partial(reviewing.accept_filing, filing_id=change, opinion="同意")
    assert town_train.code(scene, "兼职审核员", accept) == "second_person_needed"
    scene.hire("外地审核员", Role.OFFICER_COUNTY, "310101199001010890", region=XINXIANG)
    assert town_train.code(scene, "外地审核员", accept) == "institution_filing_missing"
    blank = partial(reviewing.accept_filing, filing_id=change, opinion=" ")
    assert town_train.code(scene, reviewer, blank) == "why_missing"
    with pytest.raises(DBAPIError), scene.database.engine.begin() as raw:
        raw.execute(text("UPDATE filing SET decided_by_person_id = applicant_person_id"))
    # nor does whoever wrote a line of it, in an earlier round too
    scene.do(reviewer, lambda work: reviewing.return_filing(work, change, "请补一间教室"))
    helper = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    more = replace(town_filing.HALL, name="三楼教室")
    scene.do(helper, lambda work: parts.add_room(work, change, more))
    scene.do(login, lambda work: applying.file_filing(work, change))
    scene.do("administrator", lambda work: _make_officer(work, helper))
    assert town_train.code(scene, helper, accept) == "second_person_needed"
    scene.do(reviewer, accept)
    with scene.database.read() as session:
        assert session.get_one(Filing, first.id).state == "replaced"
        assert session.get_one(Institution, house).licensed_until is None
        in_force = reading.find_in_force(session, house)
        assert in_force is not None
        assert in_force.id == change
        licence = reading.read_parts(session, change).licences[0]
    paper, content = scene.do(reviewer, lambda work: parts.open_paper(work, change, licence.id))
    assert (paper.kind, content) == ("pdf", pictures.pdf())


def _make_officer(work: Work, login: str) -> None:
    grant_role(work, login, Role.OFFICER_CITY, JIYUAN, None)


def test_a_refused_institution_applies_again_and_nobody_else_takes_its_name(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    first, made = town_filing.filed(scene)
    reviewer, other = town_train.reviewer(scene), town_issue.worker(scene, ZHANG_SAN)
    again = partial(applying.open_filing, page=town_filing.first_page())
    assert town_train.code(scene, other, again) == "institution_has_staff"
    scene.do(reviewer, lambda work: reviewing.refuse_filing(work, made, "场地不符合消防要求"))
    with scene.database.read() as session:
        assert get_institution(session, town_filing.SCHOOL[1]).state == "refused"
    stale = scene.do(first, again).id
    made = scene.do(other, again).id
    fixed = partial(applying.fill_filing, filing_id=made, page=town_filing.first_page(town_train.T1))
    assert town_train.code(scene, other, fixed) == "filing_code_fixed"
    town_filing.fill(scene, other, made)
    scene.do(other, lambda work: applying.file_filing(work, made))
    with scene.database.read() as session:
        assert get_institution(session, town_filing.SCHOOL[1]).state == "applied"
        assert session.scalars(select(Filing.state).order_by(Filing.id)).all() == [
            "refused", "draft", "filed",
        ]  # fmt: skip
    # and what a paper shows is changed by nobody, past every act
    with pytest.raises(DBAPIError, match="never changes"), scene.database.engine.begin() as raw:
        raw.execute(text("UPDATE filing_paper SET sha256 = code"))
    # the draft of whoever was refused is worth nothing once another administers the institution
    house = scene.do(reviewer, lambda work: reviewing.accept_filing(work, made, "材料齐全")).institution_id
    assert house is not None

    def sees(login: str, filing_id: int) -> bool:
        actor, today = scene.actor(login), date(2024, 3, 1)
        with scene.database.read() as session:
            listed = reading.list_filings(session, actor=actor, today=today)
            opened = reading.is_applicant(session, actor, session.get_one(Filing, filing_id), today)
        assert opened == (filing_id in {each.id for each in listed})
        return opened

    for act in (
        partial(applying.file_filing, filing_id=stale),
        partial(applying.withdraw_filing, filing_id=stale),
    ):
        assert town_train.code(scene, first, act) == "institution_filing_missing"
    assert (sees(first, stale), sees(other, made)) == (False, True)
    # and who administers it no more has opened its filings for others
    heir = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    ended = update(RoleGrant).where(
        RoleGrant.institution_id == house, RoleGrant.user_id == scene.actor(other).user_id
    )
    scene.do("operator", lambda work: work.session.execute(ended.values(until=date(2024, 2, 29))))
    assert (sees(other, made), sees(heir, made)) == (False, True)
    # a listed institution is changed by its own people only
    town_train.train_institution(scene)
    listed = partial(applying.open_filing, page=town_filing.first_page(town_train.T1))
    assert town_train.code(scene, other, listed) == "institution_has_staff"


def test_whoever_still_trains_is_warned_before_a_licence_ends(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    town_filing.accepted(scene, until=date(2024, 5, 31))
    with scene.database.read() as session:
        assert endings.list_endings(session, date(2024, 3, 31), regions={JIYUAN}) == []
        soon = endings.list_endings(session, date(2024, 4, 1), regions={JIYUAN})
        assert [(each.institution.name, each.days_left) for each in soon] == [(town_filing.SCHOOL[0], 60)]
        over = endings.list_endings(session, date(2024, 6, 2), regions={JIYUAN})
        assert [each.days_left for each in over] == [-2]
        assert endings.list_endings(session, date(2024, 6, 2), regions={XINXIANG}) == []
        assert endings.list_endings(session, date(2024, 6, 2), regions={JIYUAN}, limit=0) == []
