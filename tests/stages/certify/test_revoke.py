"""Revoking by the office: nothing stands on the certificate any more, until two officers put it back."""

from __future__ import annotations

from datetime import date
from functools import partial

from sqlalchemy import select

from tests import town_assess as town
from tests import town_train
from tests.revoking import revoke_certificate
from tests.scene import EV1, EV2, LI_SI, ZHANG_SAN, Scene, on
from tests.watching import watched
from voucher.ledger.states import list_events
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.models import Certificate, Verification
from voucher.stages.certify.queries import (
    check_publicly,
    find_newest_verifications,
    list_archive,
    list_certificates,
    list_verified_certificates,
    view_certificates,
)
from voucher.stages.certify.record import verify_certificates
from voucher.stages.certify.revoke import ask_reinstatement, reinstate_certificate
from voucher.stages.certify.verify import verify


def test_a_revoked_certificate_is_put_back_by_two_officers_only(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    scene.hire("甲", Role.OFFICER_COUNTY, "310101199001010340", "419001")
    scene.hire("甲的另一账号", Role.OFFICER_CITY, "310101199001010340", "419001")
    scene.hire("乙", Role.OFFICER_CITY, "310101199001010350", "419001")
    scene.hire("新乡", Role.OFFICER_CITY, "310101199001010360", "410700")
    row = scene.certificate(ZHANG_SAN, issued="2024-01-09")
    scene.certify(row)
    number = str(row["证书编号"])
    login = town.admin(scene, ev)
    assert scene.do(login, lambda work: verify_certificates(work, [number])) == 1

    def refused(who: str, why: str = "查实替考") -> str:
        return town_train.code(scene, who, lambda work: revoke_certificate(work, number, why))

    assert [refused("新乡"), refused(login), refused("甲", " ")] == [
        "certificate_number_unknown",
        "role_missing",
        "revocation_why_missing",
    ]
    early = partial(ask_reinstatement, number=number, why="申诉成立")
    assert town_train.code(scene, "甲", early) == "event_not_allowed"
    scene.do("甲", lambda work: revoke_certificate(work, f" {number.lower()} ", "查实替考"))
    certificate, codes = _read(scene, number)
    assert (certificate.state, codes) == ("revoked", ["certificate_revoked"])
    assert refused("甲") == "event_not_allowed"
    # the register still says it is valid: asking it changes nothing
    assert scene.do(login, lambda work: verify_certificates(work, [number])) == 0
    with scene.database.read() as session:
        assert list_verified_certificates(session, [certificate.id]) == set()

    agree = partial(reinstate_certificate, number=number)
    assert town_train.code(scene, "乙", agree) == "reinstatement_not_asked"
    scene.import_register([scene.registered(row, 状态="撤销")])
    assert town_train.code(scene, "甲", early) == "register_still_revoked"
    scene.import_register([scene.registered(row)])
    scene.do("甲", early)
    assert town_train.code(scene, "乙", early) == "reinstatement_asked_already"
    assert town_train.code(scene, "甲的另一账号", agree) == "second_person_needed"
    assert town_train.code(scene, "新乡", agree) == "certificate_number_unknown"
    scene.do("乙", agree)
    certificate, codes = _read(scene, number)
    assert (certificate.state, codes) == ("valid", [])
    with scene.database.read() as session:
        events = list_events(session, Thing.CERTIFICATE, certificate.id)
        assert list_verified_certificates(session, [certificate.id]) == {certificate.id}
    assert [each.event for each in events] == ["record", "verify", "revoke", "reinstate"]
    assert [each.reason for each in events[2:]] == ["查实替考", "申诉成立"]


def test_a_look_up_that_began_before_a_revocation_does_not_undo_it(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    town.evaluator(scene)
    scene.hire("甲", Role.OFFICER_COUNTY, "310101199001010340", "419001")
    row = scene.certificate(ZHANG_SAN, issued="2024-01-09")
    scene.certify(row)
    number = str(row["证书编号"])
    with scene.database.read() as session:
        certificate_id = list_certificates(session, ["419001"])[0].id

    def look_up(work: Work) -> tuple[int, str]:
        held = work.session.get_one(Certificate, certificate_id)
        return verify(work, [certificate_id]), held.state

    # what an act holds of a certificate says what the look-up made of it
    assert scene.do("甲", look_up) == (1, "valid")
    scene.do("甲", lambda work: revoke_certificate(work, number, "查实替考"))
    assert scene.do("甲", lambda work: verify(work, [certificate_id])) == 0
    assert _read(scene, number)[1] == ["certificate_revoked"]
    # and where a look-up says so all the same, no money stands on what is not valid
    scene.do("甲", _plant_a_match)
    with scene.database.read() as session:
        assert find_newest_verifications(session, [certificate_id])[certificate_id].verified
        assert list_verified_certificates(session, [certificate_id]) == set()


def _plant_a_match(work: Work) -> None:
    newest = work.session.scalars(select(Verification).where(Verification.verified.in_((True,)))).one()
    kept = {column.name: getattr(newest, column.name) for column in Verification.__table__.columns}
    work.session.add(Verification(**{name: told for name, told in kept.items() if name != "id"}))


def _read(scene: Scene, number: str) -> tuple[Certificate, list[str]]:
    with scene.database.read() as session:
        found = session.scalars(select(Certificate).where(Certificate.number == number)).one()
        newest = find_newest_verifications(session, [found.id])[found.id]
        return found, [each["code"] for each in newest.codes]


def test_who_may_read_which_certificate(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev, other = town.evaluator(scene), town.evaluator(scene, EV2, region="410700")
    mine = scene.certificate(ZHANG_SAN, issued="2024-01-09")
    theirs = scene.certificate(LI_SI, issued="2024-01-09", evaluator=EV2)
    scene.import_certificates([mine, theirs])
    number = str(mine["证书编号"])
    with scene.database.read() as session:
        assert [each.number for each in list_certificates(session, (), [ev])] == [number]
        assert [each.institution_id for each in list_certificates(session, ["410700"])] == [other]
        assert list_certificates(session, ()) == []
        assert list_certificates(session, (), [ev], number=str(theirs["证书编号"])) == []
        (view,) = view_certificates(session, scene.keyring, list_certificates(session, (), [ev]))
        (archived,) = list_archive(session, scene.keyring, view.person_id)
        # the public knows all three or learns nothing, and the same statements are run for each
        asked, steps = [], []
        for question in (
            (number, "李四", "991X"),
            ("S000041010001245999999", "张三", "991X"),
            (number, "张三", "9927"),
            (number, "1", "991X"),
            ("", "", ""),
            (number.lower(), " 张三 ", "991x"),
        ):
            with watched(session) as statements:
                asked.append(check_publicly(session, scene.keyring, *question, date(2024, 6, 1)))
            steps.append(statements)
            session.expunge_all()
    assert all(each == steps[0] for each in steps)
    assert len(steps[0]) >= 3
    assert view == archived
    assert (view.masked_name, view.institution_name, view.level_name) == ("张*", EV1[0], "五级/初级工")
    assert (view.verified, view.voucher_id, view.state_name) == (None, None, "已登记")
    assert asked[:5] == [None] * 5
    told = asked[5]
    assert told is not None
    assert (told.valid, told.trade_name) == (False, "养老护理员")
    assert "张" not in str(told)
