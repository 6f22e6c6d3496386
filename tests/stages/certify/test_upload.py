"""Certificates out of a file: what an evaluator may claim, and how each contradiction is named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from tests.scene import (
    COOK,
    ELECTRICIAN,
    EV1,
    EV2,
    FENG_YI,
    JIYUAN,
    LI_SI,
    LIMITS,
    NURSE,
    TURNER,
    XINXIANG,
    ZHANG_SAN,
    Scene,
    write_csv,
)
from voucher.ledger.states import list_events
from voucher.registry import people, users
from voucher.registry.importing.frame import ImportRefused, import_file
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer, Person, open_people
from voucher.rules.actor import Grant, Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.upload import CertificatesImporter


@pytest.fixture
def filed(scene: Scene) -> Scene:
    scene.file_evaluator(EV1)
    return scene


def problems(scene: Scene, *rows: dict[str, object]) -> list[tuple[object, ...]]:
    with pytest.raises(ImportRefused) as caught:
        scene.import_certificates(rows)
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Certificate)) == 0
    return [(each.line, each.column, each.refusal.code) for each in caught.value.report.problems]


def stored(scene: Scene) -> list[Certificate]:
    with scene.database.read() as session:
        return list(session.scalars(select(Certificate).order_by(Certificate.id)))


def test_a_certificate_opens_its_person_and_is_recorded_not_valid(filed: Scene) -> None:
    row = filed.certificate(ZHANG_SAN, 理论成绩="75", 技能成绩="80.5", 收费="0")
    assert filed.import_certificates([row]).rows_added == 1
    (made,) = stored(filed)
    assert (made.state, made.level, made.kind, made.method) == ("recorded", 2, "skill_level", "exam")
    assert (made.theory_hundredths, made.skill_hundredths, made.fee_fen) == (7500, 8050, 0)
    with filed.database.read() as session:
        assert [event.event for event in list_events(session, Thing.CERTIFICATE, made.id)] == ["record"]
        person = session.scalars(select(Person).where(Person.id == made.person_id)).one()
    assert person.blind_index == people.index_of(filed.keyring, ZHANG_SAN[1])


def test_what_nobody_recorded_stays_unrecorded(filed: Scene) -> None:
    filed.import_certificates([filed.certificate(ZHANG_SAN)])
    (made,) = stored(filed)
    assert (made.theory_hundredths, made.skill_hundredths, made.fee_fen) == (None, None, None)


def test_levels_read_in_every_usual_spelling(filed: Scene) -> None:
    spellings = ["五级", "初级工", "五级/初级工", " 五级 ／ 初级工"]
    filed.import_certificates([{**filed.certificate(ZHANG_SAN), "等级": written} for written in spellings])
    assert [made.level for made in stored(filed)] == [2, 2, 2, 2]


def test_the_same_row_again_changes_nothing(filed: Scene) -> None:
    row = filed.certificate(ZHANG_SAN, 理论成绩="75")
    report = filed.import_certificates([row, {**row, "姓名": " 张 三 "}])
    again = filed.import_certificates([row])
    assert (report.rows_added, report.rows_unchanged, again.rows_unchanged) == (1, 1, 1)


def test_the_same_number_twice_with_another_content(filed: Scene) -> None:
    row = filed.certificate(ZHANG_SAN)
    other = {**row, "姓名": LI_SI[0], "证件号码": LI_SI[1]}
    assert problems(filed, row, other) == [(3, "证书编号", "certificate_number_taken")]
    filed.import_certificates([row])
    with pytest.raises(ImportRefused) as caught:
        filed.import_certificates([{**row, "理论成绩": "99"}])
    assert caught.value.report.problems[0].refusal.code == "certificate_number_taken"


def test_what_the_settlement_refuses_is_taken_here(filed: Scene) -> None:
    """A charge, a failed subject, another name, a 培训合格证书: named later, line by line."""
    report = filed.import_certificates(
        [
            filed.certificate(ZHANG_SAN, 收费="50"),
            filed.certificate(LI_SI, 理论成绩="59", 技能成绩="95"),
            filed.certificate(("张叁", ZHANG_SAN[1]), level="四级"),
            {
                **filed.certificate(FENG_YI, kind="培训合格证书", number="豫培〔2023〕001号"),
                "职业编码": "",
                "等级": "",
            },
        ]
    )
    assert (report.rows_added, report.rows_refused) == (4, 0)
    first, failed, renamed, completion = stored(filed)
    assert (first.fee_fen, failed.theory_hundredths) == (5000, 5900)
    assert renamed.person_id == first.person_id
    assert renamed.name_index != first.name_index
    assert (completion.level, completion.trade_code, completion.kind) == (0, "", "training_completion")


BAD_CELLS: list[tuple[dict[str, object], str, str]] = [
    ({"证件号码": "410105199003159919"}, "证件号码", "identity_check_digit"),
    ({"证件号码": "4.10105E+17"}, "证件号码", "identity_as_number"),
    ({"姓名": "张3"}, "姓名", "name_malformed"),
    ({"证书类型": "奖状"}, "证书类型", "certificate_kind_unknown"),
    ({"职业编码": "9-99-99-99"}, "职业编码", "occupation_unknown"),
    ({"职业编码": ""}, "职业编码", "cell_missing"),
    ({"等级": "九级"}, "等级", "level_unknown"),
    ({"等级": ""}, "等级", "cell_missing"),
    ({"等级": "四级"}, "证书编号", "certificate_level_disagrees"),
    ({"发证日期": "2022-11-15"}, "证书编号", "certificate_year_disagrees"),
    ({"证书编号": "S00004101000123500001"}, "证书编号", "certificate_number_length"),
    ({"证书编号": "X000041010001235000001"}, "证书编号", "certificate_number_kind"),
    ({"证书编号": "S000041010001236000001"}, "证书编号", "certificate_number_level"),
    ({"证书编号": "S000041099999235000001"}, "证书编号", "certificate_evaluator_disagrees"),
    ({"发证日期": "昨天"}, "发证日期", "date_malformed"),
    ({"评价机构统一社会信用代码": EV2[1]}, "评价机构统一社会信用代码", "evaluator_unknown"),
    (
        {"评价机构统一社会信用代码": EV1[1][:-1] + "0"},
        "评价机构统一社会信用代码",
        "organisation_code_check_digit",
    ),
    ({"职业编码": "6-18-02-04"}, "职业编码", "evaluator_out_of_scope"),
    ({"取得方式": "购买"}, "取得方式", "method_unknown"),
    ({"理论成绩": "101"}, "理论成绩", "score_malformed"),
    ({"收费": "0.005"}, "收费", "amount_not_yuan"),
    ({"收费": "-5"}, "收费", "amount_not_yuan"),
    ({"取得方式": "=考试"}, "取得方式", "formula_cell"),
]


def test_bad_certificates_are_named(filed: Scene) -> None:
    rows = [
        filed.certificate(LI_SI),
        *({**filed.certificate(ZHANG_SAN), **change} for change, _, _ in BAD_CELLS),
    ]
    expected = [(line, column, code) for line, (_, column, code) in enumerate(BAD_CELLS, start=3)]
    assert problems(filed, *rows) == expected


def test_an_evaluator_outside_its_days(scene: Scene) -> None:
    scene.file_evaluator(EV1, since="2023-12-01", until="2024-12-31")
    assert problems(scene, scene.certificate(ZHANG_SAN, issued="2023-11-30")) == [
        (2, "发证日期", "evaluator_out_of_date")
    ]


def test_a_bad_row_shows_no_person_whole(filed: Scene) -> None:
    row = {**filed.certificate(ZHANG_SAN), "等级": "四级", "取得方式": ZHANG_SAN[1], "职业编码": ZHANG_SAN[0]}
    with pytest.raises(ImportRefused) as caught:
        filed.import_certificates([row])
    told = str(caught.value.report.as_json())
    assert ZHANG_SAN[0] not in told
    assert ZHANG_SAN[1] not in told


def test_old_and_special_numbers(filed: Scene) -> None:
    filed.file_evaluator(EV1, [ELECTRICIAN], levels=["特级技师"])
    filed.file_evaluator(("专项考核中心", EV2[1], "豫专5"), ["HN-ZX-009"], levels=[""], kind="专项考核机构")
    special = filed.certificate(ZHANG_SAN, "HN-ZX-009", "五级", evaluator=EV2, kind="专项职业能力证书")
    report = filed.import_certificates(
        [
            filed.certificate(ZHANG_SAN, ELECTRICIAN, "四级", kind="职业资格证书", number="2316001001400001"),
            {**filed.certificate(LI_SI, ELECTRICIAN, number="SA00004101000123000001"), "等级": "特级技师"},
            {**special, "等级": "", "证书编号": "豫专2023-000001"},
        ]
    )
    assert report.rows_added == 3
    assert [(made.level, made.trade_code) for made in stored(filed)] == [
        (3, ELECTRICIAN), (7, ELECTRICIAN), (0, "HN-ZX-009")
    ]  # fmt: skip


def test_an_item_nobody_filed(filed: Scene) -> None:
    row = {**filed.certificate(ZHANG_SAN, kind="专项职业能力证书"), "职业编码": "没有这项", "等级": ""}
    assert problems(filed, row) == [(2, "职业编码", "special_item_unknown")]


def test_the_filing_is_chosen_by_the_number(scene: Scene) -> None:
    second = (EV1[0], EV1[1], "S000041010009")
    scene.file_evaluator(EV1, [NURSE])
    scene.file_evaluator(second, [COOK], region="410702")
    scene.import_certificates(
        [scene.certificate(ZHANG_SAN), scene.certificate(LI_SI, COOK, evaluator=second)]
    )
    first, other = stored(scene)
    assert first.filing_id != other.filing_id
    assert first.institution_id == other.institution_id
    with pytest.raises(ImportRefused) as caught:
        scene.import_certificates([scene.certificate(LI_SI, COOK)])
    assert caught.value.report.problems[0].refusal.code == "evaluator_out_of_scope"


def test_an_old_code_of_an_occupation_is_known(filed: Scene) -> None:
    from voucher.registry.catalogue import OccupationAlias

    def alias(work: Any) -> None:
        work.session.add(
            OccupationAlias(old_code="4-98-01-01", new_code=NURSE, since=work.today, source="对照")
        )

    filed.do("operator", alias)
    filed.import_certificates([filed.certificate(ZHANG_SAN, "4-98-01-01")])
    assert [made.trade_code for made in stored(filed)] == ["4-98-01-01"]


def test_evaluation_batches_travel_along(filed: Scene) -> None:
    filed.import_certificates([{**filed.certificate(ZHANG_SAN), "评价批次号": "2023-101"}])
    assert [made.evaluation_batch for made in stored(filed)] == ["2023-101"]


def test_an_office_of_another_region_uploads_nothing(filed: Scene) -> None:
    filed.hire("新乡经办", Role.OPERATOR, "310101199001010080", XINXIANG)
    path = write_csv(filed.folder / "c.csv", [filed.certificate(ZHANG_SAN)])
    with pytest.raises(ImportRefused) as caught:
        filed.do("新乡经办", lambda work: import_file(work, CertificatesImporter, path, limits=LIMITS))
    assert caught.value.report.problems[0].refusal.code == "region_foreign"


def test_an_evaluator_uploads_its_own_and_no_others(filed: Scene) -> None:
    filed.file_evaluator(EV2, [TURNER], region=JIYUAN)
    with filed.database.read() as session:
        own = session.scalars(select(Institution.id).where(Institution.code == EV1[1])).one()

    def hire(work: Any) -> None:
        person = open_people(work, [Newcomer("310101199001010919", "评价员")])
        users.open_account(
            work, login="ev1", display_name="评价员", person_id=next(iter(person.values())),
            grants=[Grant(Role.EVALUATOR_ADMIN, None, own)], since=work.today,
        )  # fmt: skip

    filed.do("operator", hire)
    mine = write_csv(filed.folder / "mine.csv", [filed.certificate(ZHANG_SAN)])
    theirs = write_csv(filed.folder / "theirs.csv", [filed.certificate(LI_SI, TURNER, evaluator=EV2)])
    assert (
        filed.do("ev1", lambda work: import_file(work, CertificatesImporter, mine, limits=LIMITS)).rows_added
        == 1
    )
    with pytest.raises(ImportRefused) as caught:
        filed.do("ev1", lambda work: import_file(work, CertificatesImporter, theirs, limits=LIMITS))
    assert caught.value.report.problems[0].refusal.code == "institution_foreign"


def test_partial_keeps_the_good_ones(filed: Scene) -> None:
    good = filed.certificate(ZHANG_SAN)
    report = filed.import_certificates([good, {**filed.certificate(LI_SI), "等级": "四级"}], partial=True)
    assert (report.rows_added, report.rows_refused, len(stored(filed))) == (1, 1, 1)


def test_a_missing_column_stops_everything(filed: Scene) -> None:
    row = filed.certificate(ZHANG_SAN)
    del row["取得方式"]
    with pytest.raises(Refused, match="column_missing"):
        filed.import_certificates([row])
