"""What two people do is signed with the code of the moment, or stands here with why it is not."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from flask import Flask

from tests.house.reaching import ROOT, Place, find_reaching, list_senders
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Access
from voucher.doors.auth.step_up import SIGNED_ANSWERS, SIGNED_DEEDS, SIGNING
from voucher.doors.web.office.certify import certificates
from voucher.doors.web.office.issue.voucher_deeds import DEEDS as VOUCHER_DEEDS
from voucher.doors.web.office.settle.claim_deeds import DEEDS as CLAIM_DEEDS
from voucher.doors.web.supervisor import exports
from voucher.rules.actor import Role

# a second hand, and the first one that waits for it, which compares nothing
ANOTHER = ("另一人", "两人", "他人", "提出", "二人")
APPROVAL = "voucher.rules.approval"
# whoever comes to one of these compares hands by person, writes one down, or lets go on what was stopped
HANDS: frozenset[Place] = frozenset(
    {
        (APPROVAL, "check_hands"),
        (APPROVAL, "check_fixed_role"),
        (APPROVAL, "check_unsigned"),
        (APPROVAL, "check_two_people"),
        (APPROVAL, "check_not_cleared"),
        (APPROVAL, "SECOND_PERSON_NEEDED"),
        ("voucher.rules.appeals", "check_uninvolved"),
        ("voucher.rules.scores", "check_other_reader"),
        ("voucher.ledger.holds", "close_hold"),
        ("voucher.ledger.holds", "close_holds"),
        ("voucher.stages.settle.models.claims", "ClaimHand"),
        ("voucher.stages.settle.models.claims", "Signature"),
    }
)
# the table of hands: who must differ by person is proven, the first hand as well as the last, page and API
SIGNED_HANDS = {
    "申报": (
        "web.office.settle",
        "web.office.apply_bonus",
        "web.office.resubmit_claims",
        "web.institution.file_claims",
        "web.institution.resubmit_claims",
        "web.evaluator.file",
        "web.evaluator.resubmit_claims",
        "batches.settle_batch",
        "claims.file_voucher_claims",
        "bonuses.apply_for",
        "claims.resubmit_claims",
        "claim_drafts.submit_claim_draft",
    ),
    "初审、复核、省级复核、审批、退回": ("web.office.decide", "batches.sign_batch"),
    "转人工核定": ("web.office.clear_claim", "claims.clear_claim"),
    "单条不予通过": ("web.office.reject_claim", "claims.turn_down_claim"),
    "公示": ("web.office.post_notice", "notices.post_batch"),
    "异议处理": ("web.office.decide_objection", "notices.decide_objection"),
    "制单": ("web.finance.prepare", "payments.prepare_file"),
    "付款复核、签发": ("web.finance.check", "web.finance.release", "payments.sign_file"),
    "撤销核销": ("web.institution.ask_reversal", "web.institution.reverse", "places.reverse_redemption"),
    "账户更正": (
        "web.office.propose_account",
        "web.office.confirm_account",
        "web.office.refuse_account",
        "web.office.correct_bounced",
        "web.institution.propose_account",
        "web.institution.agree_account",
        "web.institution.disagree_account",
        "payees.correct_account",
        "payees.confirm_correction",
        "payees.agree_account",
        "payees.reinstate_bounced",
    ),
    "放行享受资格": ("web.office.do_claim_deed", "endings.release_entitlement"),
    "人工核验": ("web.office.do_certificate_deed", "certificates.verify_by_hand"),
    "更正": (
        "web.institution.ask_correction",
        "web.institution.decide_correction",
        "class_changes.ask_correction",
        "class_changes.decide_correction",
        "web.evaluator.ask_correction",
        "web.evaluator.confirm_correction",
        "exams.correct_result",
        "web.evaluator.answer_appeal",
        "appeals.answer_appeal",
    ),
    "批量撤销": (
        "web.office.ask_mass_revocation",
        "web.office.confirm_mass_revocation",
        "mass_revocations.ask_mass_revocation",
        "mass_revocations.confirm_mass_revocation",
    ),
    "处置": (
        "web.office.propose_measure",
        "web.office.confirm_measure",
        "institutions.sanction_institution",
        "measures.confirm_measure",
    ),
    "退出目录": ("web.institution.ask_exit", "web.institution.confirm_exit", "exits.ask", "exits.confirm"),
    "到期清除": (
        "web.office.ask_retention_run",
        "web.office.confirm_retention_run",
        "retention.ask_run",
        "retention.confirm_run",
    ),
    "放行停住的": (
        "web.office.do_claim_deed",
        "web.office.do_voucher_deed",
        "web.office.drop_class_clawback",
        "web.office.drop_mass_revocation",
        "web.office.close_inspection",
        "web.supervisor.conclude_risk",
        "holds.close_hold",
        "mass_revocations.drop_mass_revocation",
        "inspections.close",
    ),
    "银行的回答": ("web.finance.book_results", "web.finance.import_credits", "payments.book_results"),
    "恢复": ("web.office.do_voucher_deed", "certificates.reinstate_certificate", "endings.reinstate_voucher"),
    "追回": (
        "web.office.open_clawback",
        "web.office.confirm_return",
        "web.office.ask_class_clawback",
        "web.office.confirm_class_clawback",
        "web.finance.repay",
        "payments.claw_back",
        "payments.book_repayment",
        "endings.decertify_voucher",
        "certificates.revoke_certificate",
    ),
    "开同事账号": ("web.institution.open_account", "colleagues.open_colleague"),
    "重置同事登录": ("web.institution.reset_colleague", "colleagues.reset"),
    "本人反映": (
        "web.office.answer_denial",
        "web.office.confirm_denial",
        "web.office.return_denial",
        "denials.answer_denial",
        "denials.sign_denial",
        "denials.lift_denial",
    ),
}
# no money, no office held and nothing put back hangs on these alone: a review that is signed follows
_BEFORE_MONEY = {
    "比对结果只是线索，追回、处置、移送各在自己那一步签署": ("web.supervisor.decide_join_hits",),
    "停住的补贴回到原来的审核，付款各步另行签署；由监管人员确认": (
        "web.supervisor.propose_list_withdrawal",
        "web.supervisor.decide_list_withdrawal",
    ),
    "人社部门只责令更正或者终结，更正由评价机构提出、另一人确认，都签署": (
        "appeals.decide_appeal",
        "appeals.end_appeal",
        "web.office.decide_appeal",
        "web.office.end_appeal",
    ),
    "录入的成绩由另一人公布，证书另行核验": (
        "exams.enter_second",
        "web.evaluator.enter_second",
        "web.evaluator.upload_scores",
    ),
    "只解除等转班的停住，此后还有上课、考试、核验和逐级签署": ("places.transfer_vouchers",),
    "本人办自己的事，劳动者没有动态口令": (
        "devices.bind",
        "places.choose_anew",
        "vouchers.take_back_dispute",
        "web.worker.choose_anew",
        "web.worker.take_back_dispute",
    ),
    "提出异议只请人核查": (
        "archives.object_to",
        "notices.lodge_objection",
        "star_ratings.object_to_rating",
        "web.institution.object_to_stars",
        "web.public.lodge_objection",
        "web.worker.ask_for_correction",
        "web.worker.object_to_entry",
    ),
    "作废提出的，确认前什么都没有停住，也没有什么放行": (
        "closings.drop_year_end",
        "measures.drop_measure",
        "retention.drop_run",
        "web.finance.drop_year_end",
        "web.office.drop_measure",
        "web.office.drop_retention_run",
    ),
    "凭它报考、申报奖励，此后还有考试、核验和逐级签署": (
        "awards.decide_award_file",
        "web.office.confirm_awards",
    ),
    "公布成绩，证书另行核验": ("exams.publish_results", "web.evaluator.publish"),
    "登记标准，此后的每笔补贴另有签署": (
        "tariffs.propose_tariff",
        "tariffs.propose_ending",
        "tariffs.decide_tariff",
        "web.office.propose_tariff",
        "web.office.propose_ending",
        "web.office.agree_tariff",
        "web.office.decline_tariff",
    ),
    "补发不超出原券的额度，此后还有核销、核验": ("vouchers.replace",),
    "承训机构同意上课，此后还有开班审核": ("subcontracts.agree", "web.institution.agree_to_teach"),
    "发券、领券以前：还没有钱，此后还有核销、核验和逐级签署": (
        "applications.ask_clarification",
        "applications.decide_application",
        "applications.verify_outside",
        "issues.review_issue",
        "programmes.publish_programme",
        "web.office.ask_applicant",
        "web.office.ask_dry_run",
        "web.office.decide_application",
        "web.office.do_issue_deed",
        "web.office.do_programme_deed",
        "web.office.verify_outside",
    ),
    "机构、班级、课程和结业：此后还有考试、核验和逐级签署": (
        "class_changes.review_move",
        "classes.review_class",
        "institution_filings.review_institution_filing",
        "teaching.complete_class",
        "timetables.review_change",
        "web.institution.sign_off",
        "web.office.decide_move",
        "web.office.decide_timetable",
        "web.office.do_class_deed",
        "web.office.do_filing_deed",
    ),
    "更正姓名、号码不改收款账户，登记重新核验": (
        "corrections.propose_name",
        "corrections.propose_number",
        "corrections.decide_name",
        "corrections.decide_number",
        "web.office.propose_name",
        "web.office.propose_number",
        "web.office.approve_name",
        "web.office.approve_number",
        "web.office.decline_name",
        "web.office.decline_number",
    ),
    "名册反映不动券也不动钱，此后还有报名、核销": (
        "intake_denials.answer_intake_denial",
        "web.office.answer_intake_denial",
    ),
    "公用设备不办补贴": ("web.office.confirm_terminal",),
    "撤回只放下，不向前走：资格和资金都放回": (
        "claims.withdraw_claims",
        "web.evaluator.withdraw_claims",
        "web.institution.withdraw_claims",
        "web.office.withdraw_claims",
    ),
    "签发时已经签署；再下载由另一人签署准予": (
        "payments.download_file",
        "web.finance.download",
    ),
    "只查看": ("batches.preview_batch", "claims.preview_voucher_claims", "web.office.search_batch"),
}
UNSIGNED = {endpoint: why for why, endpoints in _BEFORE_MONEY.items() for endpoint in endpoints}
# a deed of an address that does many, which comes to a comparison of hands and is not signed
UNSIGNED_DEEDS = {
    ("web.office.do_voucher_deed", "replace"): "补发不超出原券的额度，此后还有核销、核验",
    ("web.office.do_voucher_deed", "transfer"): "只解除等转班的停住，此后还有核验和逐级签署",
}
DEEDS = {
    "web.office.do_certificate_deed": certificates.DEEDS,
    "web.office.do_voucher_deed": VOUCHER_DEEDS,
    "web.office.do_claim_deed": CLAIM_DEEDS,
}


FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
TEMPLATES = ROOT / "voucher/doors/web/templates"


def find_unsigned(
    matrix: Mapping[str, Access],
    senders: Collection[str],
    signed: Collection[str],
    excepted: Collection[str],
) -> list[str]:
    """Return the entries whose note says that one proposes or another acts, that ask for no code and say
    not why; what only shows something is none of them."""
    return sorted(
        endpoint
        for endpoint, access in matrix.items()
        if any(word in access.note for word in ANOTHER)
        and endpoint in senders
        and endpoint not in {*signed, *excepted}
    )


def find_unread(app: Flask, senders: Collection[str]) -> list[str]:
    """Return the endpoints something is posted to and whose view no guard here reads."""
    posted = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    return sorted(posted - set(senders))


def find_losing(uploads: Collection[str], templates: Collection[str]) -> list[str]:
    """Return the signed uploads with a form that does not ask for the code itself, or with none.

    Whoever is asked afterwards has to choose the file again.
    """
    forms = [form for text in templates for form in FORM.findall(text)]
    asking = {each: [form for form in forms if f"'{each}'" in form.split(">")[0]] for each in uploads}
    return sorted(
        each
        for each, found in asking.items()
        if not found or any("m.signing_code(" not in one for one in found)
    )


def find_forgotten(
    senders: Mapping[str, Place], signed: Collection[str], excepted: Collection[str]
) -> list[str]:
    """Return the endpoints whose views compare hands, that ask for no code and say not why."""
    return sorted(find_reaching(senders, HANDS) - {*signed, *excepted})


def test_every_hand_of_the_table_is_signed_at_the_page_and_at_the_api() -> None:
    missing = {
        hand: sorted(set(endpoints) - set(SIGNING))
        for hand, endpoints in SIGNED_HANDS.items()
        if not set(endpoints) <= set(SIGNING)
    }
    assert missing == {}
    for hand, endpoints in SIGNED_HANDS.items():
        assert {each.startswith("web.") for each in endpoints} == {True, False}, f"{hand}: one door only"


def test_whoever_compares_hands_asks_for_the_code_or_says_why_not() -> None:
    senders = list_senders()
    assert set(SIGNING) <= set(senders), "signed, and nowhere sent"
    assert find_forgotten(senders, SIGNING, UNSIGNED) == []
    told = {
        (endpoint, word): (deed.call.__module__, deed.call.__name__)
        for endpoint, deeds in DEEDS.items()
        for word, deed in deeds.items()
        if word not in SIGNED_DEEDS[endpoint]
    }
    named = {f"{endpoint} {word}": place for (endpoint, word), place in told.items()}
    excepted = {f"{endpoint} {word}" for endpoint, word in UNSIGNED_DEEDS}
    assert find_forgotten(named, (), excepted) == []


def test_a_new_signature_that_forgets_the_code_is_caught() -> None:
    sent = {"web.office.sign_anew": ("voucher.doors.web.office.settle.deciding", "decide")}
    assert find_forgotten(sent, SIGNING, UNSIGNED) == ["web.office.sign_anew"]
    harmless = {"web.office.look_anew": ("voucher.doors.web.entrance.saved_filters", "keep_filter")}
    assert find_forgotten(harmless, SIGNING, UNSIGNED) == []


def test_what_two_people_do_is_signed_or_says_why_not() -> None:
    assert find_unsigned(MATRIX, list_senders(), SIGNING, UNSIGNED) == []
    assert sorted(set(UNSIGNED) - set(MATRIX)) == [], "an exception for nothing"
    assert sorted(set(UNSIGNED) & set(SIGNING)) == [], "signed and excepted"


def test_an_act_of_two_without_a_code_is_caught() -> None:
    planted = {
        "web.finance.give": Access(frozenset({Role.FINANCE_CHECKER}), "由另一人放款"),
        "web.finance.ask_to_give": Access(frozenset({Role.FINANCE_MAKER}), "提出放款"),
    }
    senders = {*list_senders(), *planted}
    assert find_unsigned({**MATRIX, **planted}, senders, SIGNING, UNSIGNED) == sorted(planted)


def test_a_view_that_is_posted_to_and_read_by_no_guard_is_caught() -> None:
    tiny = Flask("tiny", static_folder=None)
    tiny.add_url_rule("/files", endpoint="files.take", view_func=str, methods=["POST"])
    assert find_unread(tiny, list_senders()) == ["files.take"]
    assert "payments.download_file" in list_senders(), "routed by hand, with its method"


def test_whoever_lets_go_on_what_was_stopped_is_caught() -> None:
    closing = {"holds.close_anew": ("voucher.doors.api.oversee.holds", "close_hold")}
    reading = {"scores.read_anew": ("voucher.stages.assess.readings", "enter_again")}
    appealing = {"appeals.answer_anew": ("voucher.stages.assess.appeals.answering", "reject")}
    planted = closing | reading | appealing
    assert find_forgotten(planted, SIGNING, UNSIGNED) == sorted(planted)


def test_no_signed_file_is_lost_by_asking_for_the_code() -> None:
    uploading = find_reaching(list_senders(), {("voucher.doors.web.fields", "upload")})
    assert [each for each in sorted(uploading) if not MATRIX[each].uploads] == [], "a file may be larger"
    uploads = {each for each in SIGNING if each in uploading or MATRIX[each].uploads}
    pages = {each for each in uploads if each.startswith("web.")}
    assert pages >= {"web.finance.book_results", "web.finance.import_credits"}
    assert find_losing(pages, [each.read_text() for each in TEMPLATES.rglob("*.html")]) == []


def test_a_signed_upload_whose_form_asks_for_no_code_is_caught() -> None:
    form = "<form method=post action=\"{{ url_for('web.a.b', c=d) }}\">{{ m.keys() }}%s</form>"
    asking = form % "{{ m.signing_code() }}"
    assert find_losing(["web.a.b"], [asking]) == []
    assert find_losing(["web.a.b"], [asking, form % ""]) == ["web.a.b"]
    assert find_losing(["web.a.b"], []) == ["web.a.b"]


def test_a_signed_act_of_the_api_keeps_its_answer() -> None:
    # a key that was answered is let through without a code, for nothing is done under it again
    assert sorted(set(SIGNING) & set(list_senders({"ask", "route"}))) == []


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
    for endpoint, words in SIGNED_DEEDS.items():
        assert words <= set(DEEDS[endpoint]), endpoint
