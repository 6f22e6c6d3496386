"""Proving who is there once more (动态口令) before a signature: asked at the door of every act that signs.

The proof given at the sign-in does not count. One given for a signature holds for as many minutes as the
parameter says, in the same session; with none, every signature asks for its own.
"""

from __future__ import annotations

from datetime import timedelta

from flask import g, request

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import Visitor
from voucher.plumbing.idempotency import KEY_HEADER, is_answered
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import passwords, second_factor, sessions
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import Family, Refusal, Refused, reason

SOURCE = (
    "GB/T 22239-2019 8.1.4.1 身份鉴别（重要操作再次鉴别）; "
    "【设】签署、核定、张贴、拨付、不脱敏导出前再次输入动态口令"
)
HEADER, FIELD, PAGES = "Signing-Code", "signing_code", "web."
# what signs, and the field that says the form has been confirmed, where a first one only asks
SIGNING: dict[str, str | None] = {
    "web.supervisor.ask_for_export": None,
    "web.office.decide": "confirmed",
    "web.office.post_notice": None,
    "web.office.clear_claim": None,
    "web.office.reject_claim": None,
    "web.office.decide_objection": None,
    "web.office.confirm_account": None,
    "web.office.make_delegation": None,
    "web.office.agree_erasure": None,
    "web.office.carry_out_erasure": None,
    "web.office.confirm_retention_run": None,
    "web.office.lift_preservation": None,
    "web.office.hand_out_addressees": None,
    "web.office.confirm_mass_revocation": None,
    "web.office.do_certificate_deed": None,
    "web.office.confirm_measure": None,
    "web.office.confirm_denial": None,
    "web.office.draft_exposure": None,
    "web.office.release_exposure": None,
    "web.office.do_voucher_deed": None,
    "web.office.do_claim_deed": None,
    "web.institution.agree_account": None,
    "web.institution.confirm_exit": None,
    "web.finance.prepare": None,
    "web.finance.check": None,
    "web.finance.release": None,
    "web.finance.open_again": None,
    "web.finance.confirm_paid": None,
    "web.finance.close_month": None,
    "web.finance.carry_year_end": None,
    "web.finance.settle_line": None,
    "web.finance.agree_offset_stay": None,
    "web.finance.book_credits": None,
    "web.finance.repay": None,
    "web.finance.set_aside_credit": None,
    "web.office.confirm_return": None,
    "web.office.confirm_class_clawback": None,
    "retention.confirm_run": None,
    "retention.lift_preservation": None,
    "batches.sign_batch": None,
    "notices.post_batch": None,
    "claims.clear_claim": None,
    "claims.turn_down_claim": None,
    "notices.decide_objection": None,
    "payments.prepare_file": None,
    "payments.sign_file": None,
    "payments.book_repayment": None,
    "closings.close_month": None,
    "restored_payments.confirm_restored_payments": None,
    "denials.sign_denial": None,
    "denials.lift_denial": None,
    "delegations.make_delegation": None,
    "bank_quarantine.settle_line": None,
    "closings.carry_year_end": None,
    "payees.confirm_correction": None,
    "payees.agree_account": None,
    "exits.confirm": None,
    "mass_revocations.confirm_mass_revocation": None,
    "certificates.reinstate_certificate": None,
    "endings.reinstate_voucher": None,
    "endings.release_entitlement": None,
    "endings.decide_higher_certificate": None,
    "measures.confirm_measure": None,
    # whoever files is a hand of the claim: an unlocked desk would lend its person to the next hand
    "web.office.settle": "sure",
    "web.office.apply_bonus": None,
    "web.office.resubmit_claims": None,
    "web.institution.file_claims": "sure",
    "web.institution.resubmit_claims": None,
    "web.evaluator.file": "sure",
    "web.evaluator.resubmit_claims": None,
    "batches.settle_batch": None,
    "claims.file_voucher_claims": None,
    "bonuses.apply_for": None,
    "claims.resubmit_claims": None,
    "claim_drafts.submit_claim_draft": None,
    # the first of two hands, and what one hand says by itself
    "web.office.propose_account": None,
    "web.office.refuse_account": None,
    "web.office.correct_bounced": None,
    "web.institution.propose_account": None,
    "web.institution.disagree_account": None,
    "payees.correct_account": None,
    "payees.reinstate_bounced": None,
    "web.office.answer_denial": None,
    "web.office.return_denial": None,
    "denials.answer_denial": None,
    "web.office.open_clawback": None,
    "payments.claw_back": None,
    "web.office.ask_class_clawback": None,
    "endings.decertify_voucher": None,
    "certificates.revoke_certificate": None,
    "certificates.verify_by_hand": None,
    "web.institution.ask_reversal": None,
    "web.institution.reverse": None,
    "places.reverse_redemption": None,
    "web.institution.ask_correction": None,
    "web.institution.decide_correction": None,
    "class_changes.ask_correction": None,
    "class_changes.decide_correction": None,
    "web.evaluator.ask_correction": None,
    "web.evaluator.confirm_correction": None,
    "exams.correct_result": None,
    # who opens or resets a colleague's account holds its first password and could be that colleague: an
    # unlocked desk would lend two persons at once
    "web.institution.open_account": None,
    "colleagues.open_colleague": None,
    "web.institution.reset_colleague": None,
    "colleagues.reset": None,
    "web.finance.ask_close": None,
    "web.finance.ask_year_end": None,
    "web.finance.ask_offset_stay": None,
    "web.finance.assign_credit": None,
    "web.finance.explain_credit": None,
    "web.finance.explain_line": None,
    "closings.ask_month_close": None,
    "closings.ask_year_end": None,
    "bank_quarantine.explain_line": None,
    "web.office.ask_mass_revocation": None,
    "mass_revocations.ask_mass_revocation": None,
    "web.office.propose_measure": None,
    "institutions.sanction_institution": None,
    "web.office.ask_retention_run": None,
    "retention.ask_run": None,
    "web.institution.ask_exit": None,
    "exits.ask": None,
    # an appeal that is upheld asks for the correction of a result
    "web.evaluator.answer_appeal": None,
    "appeals.answer_appeal": None,
    # what puts down a wish or a doubt and so lets money go on that was stopped
    "holds.close_hold": None,
    "web.office.drop_class_clawback": None,
    "web.office.drop_mass_revocation": None,
    "mass_revocations.drop_mass_revocation": None,
    "web.office.close_inspection": None,
    "inspections.close": None,
    "web.supervisor.conclude_risk": None,
    # what the bank says makes money paid or bounced; at the page the form of the file asks along
    "web.finance.book_results": None,
    "payments.book_results": None,
    "web.finance.import_credits": None,
}
# one address does many deeds: those that call money back, put back what a finding had ended, or let go on
# what was stopped, are signed
SIGNED_DEEDS: dict[str, frozenset[str]] = {
    "web.office.do_certificate_deed": frozenset(
        {"read-by-hand", "revoke", "ask-reinstatement", "reinstate", "decline"}
    ),
    "web.office.do_voucher_deed": frozenset(
        {"decertify", "ask-reinstatement", "reinstate", "decline", "close-hold"}
        | {"propose-higher", "accept-higher", "decline-higher"}
    ),
    "web.office.do_claim_deed": frozenset(
        {"ask-release", "release", "decline-release", "ask-lift", "lift", "decline-lift", "close-hold"}
    ),
}
# one form asks for more or for less: only with this answer in this field it is signed
SIGNED_ANSWERS: dict[str, tuple[str, str]] = {"web.supervisor.ask_for_export": ("mask", "unmasked")}

SIGNING_CODE_NEEDED = reason(
    "signing_code_needed",
    "签署前须再次输入动态口令，本次还没有办理",
    "请输入手机上现在显示的六位动态口令后继续；接口请在 Signing-Code 请求头中带上口令",
    SOURCE,
    Family.FORBIDDEN,
)


def check_signing(endpoint: str, visitor: Visitor | None) -> None:
    """Refuse a signature whose hand has not been proven just now; a good code that comes along proves it.

    Raises Refused signing_code_needed, totp_refused, totp_unenrolled, sign_in_refused.
    """
    if endpoint not in SIGNING or visitor is None or request.method != "POST":
        return
    confirmed = SIGNING[endpoint]
    if confirmed is not None and request.form.get(confirmed) != "1":
        return
    if not _is_signed(endpoint):
        return
    if _is_proven(visitor) or _is_answered(endpoint, visitor):
        return
    g.asks_to_sign = True
    code = request.headers.get(HEADER) or request.form.get(FIELD)
    if not code:
        raise SIGNING_CODE_NEEDED.refused()
    _prove(visitor, code)
    g.asks_to_sign = False


def _is_signed(endpoint: str) -> bool:
    """Return whether this deed of an address that does many, or this answer of a form, is signed."""
    if endpoint in SIGNED_DEEDS:
        return (request.view_args or {}).get("word") in SIGNED_DEEDS[endpoint]
    if endpoint in SIGNED_ANSWERS:
        field, answer = SIGNED_ANSWERS[endpoint]
        return (request.form.get(field) or "").strip() == answer
    return True


def _is_proven(visitor: Visitor) -> bool:
    if visitor.signing_proven_at is None:
        return False
    door = the_door()
    with door.glance() as session:
        minutes = require_parameter_number(session, "signing_proof_minutes", door.today, [])
    return door.at < visitor.signing_proven_at + timedelta(minutes=minutes)


def _is_answered(endpoint: str, visitor: Visitor) -> bool:
    """Return whether a key of the API was answered before: it gets that answer again, or is refused.

    Whoever lost the line is told to send the same once more, and the code sent along then is not good twice.
    """
    key = request.headers.get(KEY_HEADER)
    if not key or endpoint.startswith(PAGES):
        return False
    with the_door().glance() as session:
        return is_answered(session, visitor.actor.user_id, key)


def _prove(visitor: Visitor, code: str) -> None:
    """Take a code for signing in this session; a wrong one is counted as at the sign-in."""
    door = the_door()

    def act(work: Work) -> Refusal | None:
        rules = passwords.read_sign_in_rules(work.session, work.today)
        accepted = second_factor.accept_code(work, visitor.actor.user_id, code, rules)
        if isinstance(accepted, Refusal):
            return accepted
        sessions.prove_signing(work, visitor.actor.user_id, visitor.token_hash)
        return None

    # refused only now: the failure had to be counted in a transaction that was kept
    refusal = door.perform_as(visitor.actor, act)
    if refusal is not None:
        raise Refused(refusal)
