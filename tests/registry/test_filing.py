"""机构备案: applied for by a person, filled part by part, reviewed by the office, changed the same way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import pictures, town_filing, town_issue, town_train
from tests.scene import JIYUAN, NURSE, TURNER, XINXIANG, ZHANG_SAN, Scene, on
from voucher.ledger.states import list_events
from voucher.registry.filing import applying, parts, reading, reviewing
from voucher.registry.filing.models import Filing
from voucher.registry.institutions import Institution, get_institution
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
    # who applied decides nothing, whatever other account he signs in with
    scene.hire("兼职审核员", Role.OFFICER_CITY, town_filing.APPLICANT[1])
    accept = partial(reviewing.accept_filing, filing_id=change, opinion="同意")
    assert town_train.code(scene, "兼职审核员", accept) == "second_person_needed"
    scene.hire("外地审核员", Role.OFFICER_COUNTY, "310101199001010890", region=XINXIANG)
    assert town_train.code(scene, "外地审核员", accept) == "institution_filing_missing"
    blank = partial(reviewing.accept_filing, filing_id=change, opinion=" ")
    assert town_train.code(scene, reviewer, blank) == "filing_why_missing"
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


def test_a_refused_institution_applies_again_and_nobody_else_takes_its_name(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    _, made = town_filing.filed(scene)
    reviewer, other = town_train.reviewer(scene), town_issue.worker(scene, ZHANG_SAN)
    again = partial(applying.open_filing, page=town_filing.first_page())
    assert town_train.code(scene, other, again) == "institution_has_staff"
    scene.do(reviewer, lambda work: reviewing.refuse_filing(work, made, "场地不符合消防要求"))
    with scene.database.read() as session:
        assert get_institution(session, town_filing.SCHOOL[1]).state == "refused"
    made = scene.do(other, again).id
    fixed = partial(applying.fill_filing, filing_id=made, page=town_filing.first_page(town_train.T1))
    assert town_train.code(scene, other, fixed) == "filing_code_fixed"
    town_filing.fill(scene, other, made)
    scene.do(other, lambda work: applying.file_filing(work, made))
    with scene.database.read() as session:
        assert get_institution(session, town_filing.SCHOOL[1]).state == "applied"
        assert session.scalars(select(Filing.state).order_by(Filing.id)).all() == ["refused", "filed"]
    # and what a paper shows is changed by nobody, past every act
    with pytest.raises(DBAPIError, match="never changes"), scene.database.engine.begin() as raw:
        raw.execute(text("UPDATE filing_paper SET sha256 = code"))
    # a listed institution is changed by its own people only
    town_train.train_institution(scene)
    listed = partial(applying.open_filing, page=town_filing.first_page(town_train.T1))
    assert town_train.code(scene, other, listed) == "institution_has_staff"


def test_whoever_still_trains_is_warned_before_a_licence_ends(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    town_filing.accepted(scene, until=date(2024, 5, 31))
    with scene.database.read() as session:
        assert reading.list_endings(session, date(2024, 3, 31), regions={JIYUAN}) == []
        soon = reading.list_endings(session, date(2024, 4, 1), regions={JIYUAN})
        assert [(each.institution.name, each.days_left) for each in soon] == [(town_filing.SCHOOL[0], 60)]
        over = reading.list_endings(session, date(2024, 6, 2), regions={JIYUAN})
        assert [each.days_left for each in over] == [-2]
        assert reading.list_endings(session, date(2024, 6, 2), regions={XINXIANG}) == []
