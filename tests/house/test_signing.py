"""What two people do is signed with the code of the moment, or stands here with why it is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Access
from voucher.doors.auth.step_up import SIGNED_ANSWERS, SIGNED_DEEDS, SIGNING
from voucher.doors.web.office.certify import certificates
from voucher.doors.web.office.issue.voucher_deeds import DEEDS as VOUCHER_DEEDS
from voucher.doors.web.office.settle.claim_deeds import DEEDS as CLAIM_DEEDS
from voucher.doors.web.supervisor import exports
from voucher.rules.actor import Role

ANOTHER = ("另一人", "两人", "他人", "提出人以外", "二人")
# no money, no office held and nothing put back hangs on these alone: a review that is signed follows
UNSIGNED = {
    "web.supervisor.decide_join_hits": "比对结果只是线索，追回、处置、移送各在自己那一步签署",
    "web.supervisor.decide_list_withdrawal": "停住的补贴回到原来的审核，付款各步另行签署；由监管人员确认",
    "awards.decide_award_file": "凭它报考、申报奖励，此后还有考试、核验和逐级签署",
    "web.office.confirm_awards": "凭它报考、申报奖励，此后还有考试、核验和逐级签署",
    "certificates.verify_by_hand": "两人各自读登记，读得不同即不成立；此后还有初审、复核",
    "class_changes.decide_correction": "更正结业，此后还有考试和核验",
    "exits.confirm": "机构自己退出，不产生补贴；券只是停住，学时保留",
    "exams.correct_result": "更正成绩，证书另行核验",
    "exams.publish_results": "公布成绩，证书另行核验",
    "places.reverse_redemption": "退回到未核销，不产生补贴",
    "tariffs.decide_tariff": "登记标准，此后的每笔补贴另有签署",
    "vouchers.replace": "补发不超出原券的额度，此后还有核销、核验",
    "web.evaluator.confirm_correction": "更正成绩，证书另行核验",
    "web.institution.agree_to_teach": "承训机构同意上课，此后还有开班审核",
    "web.institution.confirm_exit": "机构自己退出，不产生补贴；券只是停住，学时保留",
    "web.institution.decide_correction": "更正结业，此后还有考试和核验",
    "web.institution.reverse": "退回到未核销，不产生补贴",
    "web.office.agree_tariff": "登记标准，此后的每笔补贴另有签署",
    "web.office.reinstatements": "只查看",
}


def find_unsigned(
    matrix: Mapping[str, Access], signed: Collection[str], excepted: Collection[str]
) -> list[str]:
    """Return the entries whose note says that another person acts, that ask for no code and say not why."""
    return sorted(
        endpoint
        for endpoint, access in matrix.items()
        if any(word in access.note for word in ANOTHER) and endpoint not in {*signed, *excepted}
    )


def test_what_two_people_do_is_signed_or_says_why_not() -> None:
    assert find_unsigned(MATRIX, SIGNING, UNSIGNED) == []
    assert sorted(set(UNSIGNED) - set(MATRIX)) == [], "an exception for nothing"
    assert sorted(set(UNSIGNED) & set(SIGNING)) == [], "signed and excepted"


def test_an_act_of_two_without_a_code_is_caught() -> None:
    planted = {"web.finance.give": Access(frozenset({Role.FINANCE_CHECKER}), "由另一人放款")}
    assert find_unsigned({**MATRIX, **planted}, SIGNING, UNSIGNED) == ["web.finance.give"]


def test_who_is_paid_and_who_holds_an_office_is_signed() -> None:
    assert set(SIGNING) >= {
        "web.office.make_delegation",
        "web.office.confirm_account",
        "payees.confirm_correction",
        "web.finance.open_again",
        "web.finance.close_month",
        "web.finance.settle_line",
        "web.office.confirm_measure",
        "web.office.draft_exposure",
        "web.office.release_exposure",
        "measures.confirm_measure",
        "web.supervisor.ask_for_export",
    }


def test_the_answer_that_is_signed_is_the_one_that_unmasks() -> None:
    assert set(SIGNED_ANSWERS) <= set(SIGNING)
    assert SIGNED_ANSWERS["web.supervisor.ask_for_export"] == ("mask", exports.UNMASKED)


def test_a_signed_deed_is_one_of_its_address() -> None:
    assert set(SIGNED_DEEDS) <= set(SIGNING)
    deeds = {
        "web.office.do_certificate_deed": certificates.DEEDS,
        "web.office.do_voucher_deed": VOUCHER_DEEDS,
        "web.office.do_claim_deed": CLAIM_DEEDS,
    }
    for endpoint, words in SIGNED_DEEDS.items():
        assert words <= set(deeds[endpoint]), endpoint
