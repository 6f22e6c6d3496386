"""Which pages lie below a place of the navigation: they light it up as well."""

from __future__ import annotations

BELOW: dict[str, tuple[str, ...]] = {
    "web.worker.me": (
        *("web.worker.archive", "web.worker.object_to_entry", "web.worker.signed_archive"),
        *("web.worker.shares", "web.worker.share_archive", "web.worker.end_share"),
        *("web.worker.phones", "web.worker.lose_phone"),
        *("web.worker.slips", "web.worker.slip_paper"),
        *("web.worker.helpers", "web.worker.grant_consent", "web.worker.end_consent"),
        *(
            "web.worker.helped",
            "web.worker.ask_consent",
            "web.worker.consent_code",
            "web.worker.prove_consent",
        ),
        *("web.worker.helped_person", "web.worker.helped_voucher", "web.worker.accept_helped"),
        *("web.worker.choose_helped", "web.worker.enrol_helped", "web.worker.text_helped"),
    ),
    "web.worker.offers": (
        *("web.worker.take", "web.worker.standing", "web.worker.applications", "web.worker.application"),
        *("web.worker.new_application", "web.worker.apply", "web.worker.answer_application"),
        *("web.worker.withdraw_application", "web.worker.own_attachment", "web.worker.take_back_attachment"),
    ),
    "web.worker.wallet": (
        *("web.worker.voucher", "web.worker.accept", "web.worker.withdraw", "web.worker.leave"),
        "web.worker.choose_anew",
        *("web.worker.code", "web.worker.choose", "web.worker.enrol", "web.worker.rate_class"),
    ),
    "web.institution.scan": (
        *("web.institution.check_code", "web.institution.enrol_by_code", "web.institution.redeem"),
    ),
    "web.institution.classes": (
        *("web.institution.training_class", "web.institution.new_class", "web.institution.draft_class"),
        *("web.institution.edit_class", "web.institution.revise_class", "web.institution.file_class"),
        *("web.institution.cancel_class", "web.institution.sheet", "web.institution.attend"),
        *(
            "web.institution.correct_hours",
            "web.institution.finishing",
            "web.institution.class_code",
            "web.institution.sign_off",
        ),
        *("web.institution.issue_completions", "web.institution.marks", "web.institution.mark"),
        *("web.institution.tally_marks", "web.institution.completion_paper"),
        *("web.institution.make_up", "web.institution.co_sign"),
        *("web.institution.changes", "web.institution.ask_move"),
        *("web.institution.timetable", "web.institution.change_timetable"),
        *("web.institution.ask_correction", "web.institution.decide_correction"),
        *("web.institution.lessons", "web.institution.add_lesson"),
    ),
    "web.institution.rosters": ("web.institution.roster", "web.institution.file_roster"),
    "web.institution.claims": (
        *("web.institution.claim", "web.institution.file_claims"),
        *("web.institution.resubmit_claims", "web.institution.withdraw_claims"),
    ),
    "web.institution.reversals": ("web.institution.ask_reversal", "web.institution.reverse"),
    "web.institution.colleagues": (
        *("web.institution.open_account", "web.institution.suspend_colleague"),
        *("web.institution.resume_colleague", "web.institution.reset_colleague"),
    ),
    "web.institution.devices": (
        *("web.institution.name_device", "web.institution.approve_device"),
        "web.institution.strike_device",
    ),
    "web.institution.systems": (
        *("web.institution.register_system", "web.institution.rotate_secret"),
        *("web.institution.confirm_secret", "web.institution.revoke_system"),
        *("web.institution.webhook", "web.institution.register_webhook", "web.institution.rotate_webhook"),
        *("web.institution.try_webhook", "web.institution.resume_webhook", "web.institution.end_webhook"),
        "web.institution.resend_delivery",
    ),
    "web.institution.account": (
        *("web.institution.propose_account", "web.institution.agree_account"),
        "web.institution.disagree_account",
    ),
    "web.evaluator.batches": (
        *("web.evaluator.batch", "web.evaluator.add", "web.evaluator.cancel", "web.evaluator.admit"),
        *("web.evaluator.enter", "web.evaluator.publish", "web.evaluator.correction"),
        *("web.evaluator.ask_correction", "web.evaluator.confirm_correction", "web.evaluator.fail"),
        *("web.evaluator.enter_second", "web.evaluator.score_sheet", "web.evaluator.upload_scores"),
        *("web.evaluator.assign_examiners", "web.evaluator.add_direct"),
        *("web.evaluator.choose_rooms", "web.evaluator.door", "web.evaluator.look_at_door"),
        *("web.evaluator.arrive", "web.evaluator.print_slips", "web.evaluator.print_door_list"),
    ),
    "web.evaluator.sites": (
        *("web.evaluator.file_site", "web.evaluator.add_room", "web.evaluator.end_room"),
    ),
    "web.evaluator.examiners": ("web.evaluator.file_examiner", "web.evaluator.end_examiner"),
    "web.evaluator.new_batch": ("web.evaluator.plan",),
    "web.evaluator.certificates": (
        *("web.evaluator.new_certificate", "web.evaluator.record", "web.evaluator.upload"),
        "web.evaluator.verify",
    ),
    "web.evaluator.claims": (
        *("web.evaluator.claim", "web.evaluator.file"),
        *("web.evaluator.resubmit_claims", "web.evaluator.withdraw_claims"),
    ),
    "web.office.programmes": (
        *("web.office.programme", "web.office.programme_deed", "web.office.do_programme_deed"),
        *("web.office.new_programme", "web.office.draft_programme", "web.office.programmes_xlsx"),
    ),
    "web.office.tariffs": (
        *("web.office.tariff", "web.office.new_tariff", "web.office.propose_tariff"),
        *("web.office.new_ending", "web.office.propose_ending"),
        *("web.office.agree_tariff", "web.office.decline_tariff"),
    ),
    "web.office.issues": (
        *("web.office.issue", "web.office.issue_deed", "web.office.do_issue_deed"),
        *("web.office.new_issue", "web.office.try_issue", "web.office.issue_now"),
        *("web.office.rosters", "web.office.hand_over_roster", "web.office.resume_roster"),
        *("web.office.ask_termination", "web.office.terminate_roster"),
        *("web.office.refusals_csv", "web.office.refusals_xlsx"),
    ),
    "web.office.vouchers": (
        *("web.office.voucher", "web.office.voucher_deed", "web.office.do_voucher_deed"),
        *("web.office.holds", "web.office.reinstatements"),
        *("web.office.offline_scans", "web.office.close_offline_scan"),
        *("web.office.attendance_cases", "web.office.close_case"),
    ),
    "web.office.classes": (*("web.office.class_page", "web.office.class_deed", "web.office.do_class_deed"),),
    "web.office.class_moves": ("web.office.decide_move",),
    "web.office.timetable_changes": ("web.office.decide_timetable",),
    "web.office.inspections": (
        *("web.office.inspection", "web.office.open_inspection", "web.office.draw_inspections"),
        *("web.office.conclude_inspection", "web.office.add_inspection_photo"),
        "web.office.close_inspection",
    ),
    "web.institution.inspections": ("web.institution.answer_inspection",),
    "web.office.phone_draws": (
        *("web.office.phone_draw", "web.office.draw_class"),
        *("web.office.begin_call", "web.office.tell_result"),
    ),
    "web.office.filings": (*("web.office.filing", "web.office.filing_deed", "web.office.do_filing_deed"),),
    "web.institution.filings": (
        *("web.institution.filing", "web.institution.open_filing", "web.institution.change_filing"),
        "web.institution.leave_list",
        *("web.institution.fill_filing", "web.institution.add_filing_part"),
        *("web.institution.strike_filing_part", "web.institution.file_filing"),
        "web.institution.withdraw_filing",
    ),
    "web.office.institutions": (
        *("web.office.institution", "web.office.institution_deed", "web.office.do_institution_deed"),
        "web.office.stop_system",
    ),
    "web.office.certificates": (
        *("web.office.certificate", "web.office.certificate_deed", "web.office.do_certificate_deed"),
        *("web.office.mass_revocations", "web.office.mass_revocation", "web.office.new_mass_revocation"),
        *("web.office.ask_mass_revocation", "web.office.confirm_mass_revocation"),
        *("web.office.drop_mass_revocation", "web.office.number_ranges", "web.office.give_numbers"),
    ),
    "web.office.standing": ("web.office.ask_standing",),
    "web.office.applications": (
        *("web.office.application", "web.office.ask_applicant", "web.office.decide_application"),
        *("web.office.attachment", "web.office.open_attachment"),
    ),
    "web.office.outside": ("web.office.verify_outside",),
    "web.office.new_worker": ("web.office.open_worker",),
    "web.office.new_mandate": ("web.office.register_mandate",),
    "web.office.batches": (
        *("web.office.batch", "web.office.decide", "web.office.post_notice"),
        *("web.office.resubmit_claims", "web.office.withdraw_claims"),
        *("web.office.claim", "web.office.clear_claim", "web.office.reject_claim"),
        *("web.office.claim_deed", "web.office.do_claim_deed"),
        "web.office.open_clawback",
    ),
    "web.office.new_settlement": ("web.office.settle",),
    "web.office.archive_objections": (
        *("web.office.archive_objection", "web.office.answer_archive_objection"),
    ),
    "web.office.objections": ("web.office.objection", "web.office.decide_objection"),
    "web.office.delegations": ("web.office.make_delegation", "web.office.finish_delegation"),
    "web.office.accounts": (
        *("web.office.propose_account", "web.office.confirm_account"),
        *("web.office.refuse_account", "web.office.correct_bounced"),
    ),
    "web.office.corrections": (
        *("web.office.name_correction", "web.office.propose_name"),
        *("web.office.approve_name", "web.office.decline_name"),
        *("web.office.number_correction", "web.office.propose_number"),
        *("web.office.approve_number", "web.office.decline_number"),
    ),
    "web.finance.budgets": ("web.finance.budget", "web.finance.open_budget"),
    "web.finance.files": (
        *("web.finance.file", "web.finance.prepare", "web.finance.check", "web.finance.release"),
        *("web.finance.void", "web.finance.download", "web.finance.book_results"),
    ),
    "web.finance.clawbacks": ("web.finance.repay",),
    "web.custodian.keys": (
        *("web.custodian.make_next_key", "web.custodian.rotate_key", "web.custodian.withdraw_key"),
        "web.custodian.publish_trust",
    ),
    "web.supervisor.statistics": (
        *("web.supervisor.statistics_of", "web.supervisor.statistics_people"),
        "web.supervisor.statistics_file",
    ),
    "web.supervisor.drill": (
        *("web.supervisor.region", "web.supervisor.house", "web.supervisor.people"),
        *("web.supervisor.trace", "web.supervisor.voucher", "web.supervisor.person"),
    ),
    "web.supervisor.audit": ("web.supervisor.verify_trail", "web.supervisor.check_invariants"),
    "web.public.notices": (
        *("web.public.notice", "web.public.lodge_objection"),
        *("web.public.notice_paper", "web.public.notice_list"),
        *("web.public.find_objection", "web.public.objection"),
    ),
    "web.public.institutions": ("web.public.institution", "web.public.joining", "web.public.evaluators"),
    "web.public.classes": ("web.public.training_class", "web.public.inspection_draws"),
    "web.public.check": ("web.public.check_certificate", "web.public.check_voucher"),
    "web.entrance.sessions": (
        *("web.entrance.end_others", "web.entrance.end_one"),
        *("web.entrance.link_identity", "web.entrance.unlink_identity"),
    ),
}
