"""Sins against vouchers: redeemed twice, by another, claimed unearned, money not as promised."""

from __future__ import annotations

from tests.stages.oversee.plants.shape import AT, SOMEBODY, Plant

ENROLLED = "(SELECT MAX(id) FROM voucher WHERE state = 'enrolled')"


def kept(act: str, source: str, target: str, budget: str) -> str:
    """Return a movement for an enrolled voucher that nobody booked on it, in one of the budgets."""
    account = "SELECT a.id FROM account a WHERE a.budget_id = b.id AND a.role"
    return f"""
        INSERT INTO transfer (from_account_id, to_account_id, amount_fen, act, voucher_id, project_id,
                              actor_person_id, at)
        SELECT ({account} = '{source}'), ({account} = '{target}'), 1, '{act}', v.id, v.project_id, 1, {AT}
        FROM voucher v JOIN budget b ON {budget} WHERE v.id = {ENROLLED}
    """


VOUCHERS: tuple[Plant, ...] = (
    Plant(
        3,
        "每张券最多一次有效核销",
        (
            """
            INSERT INTO redemption (id, voucher_id, person_id, enrolment_id, class_id, institution_id,
                                    screen_code_id, device, nonce, redeemed_at, redeemed_by_person_id)
            SELECT id + 900000, voucher_id, person_id, enrolment_id, class_id, institution_id, screen_code_id,
                   device, nonce, redeemed_at, redeemed_by_person_id
            FROM redemption
            """,
        ),
        ("redemption",),
        refused=True,
    ),
    Plant(
        3,
        "一个出示码只核销一次，且是本券用过的码",
        (f"UPDATE screen_code SET voucher_id = {ENROLLED}",),
    ),
    Plant(
        3,
        "一个出示码只核销一次，且是本券用过的码",
        ("UPDATE redemption SET screen_code_id = NULL, presentation_id = id + 900000",),
        ("redemption",),
        refused=True,
    ),
    Plant(
        3,
        "离线登记确认的，都是本券在本班的核销",
        (
            f"""
            INSERT INTO offline_scan (id, institution_id, class_id, client_id, digest, voucher_id,
                                      scanned_at, received_at, received_by_person_id, outcome, redemption_id)
            SELECT 900000, institution_id, class_id, 'sin', 'sin', {ENROLLED}, {AT}, {AT}, 1, 'confirmed', id
            FROM redemption WHERE id = (SELECT MIN(id) FROM redemption)
            """,
        ),
    ),
    Plant(
        4,
        "领取、锁定、核销、上课、考试、持证、申领的都是持有人",
        (f"UPDATE completion SET person_id = {SOMEBODY}",),
        ("completion",),
        refused=True,
    ),
    Plant(
        5,
        "培训券锁定的享受资格与本券、本人、本项补贴相符",
        (
            (
                "UPDATE entitlement SET state = 'freed' WHERE id IN"
                f" (SELECT entitlement_id FROM commitment WHERE voucher_id = {ENROLLED})"
            ),
        ),
    ),
    Plant(
        6,
        "按券申领的都有有效核销和合格结业",
        ("UPDATE completion SET passed = 0",),
        ("completion",),
        refused=True,
    ),
    Plant(
        6,
        "按券申领的都有有效核销和合格结业",
        (
            (
                "UPDATE redemption SET reversal_asked_by_person_id = 1, reversed_by_person_id = 2,"
                f" reversed_at = {AT}"
            ),
        ),
    ),
    Plant(
        6,
        "须经评价的证书，按券申领的都有公布的合格成绩",
        ("UPDATE exam_result SET confirmed_at = NULL, confirmed_by_person_id = NULL",),
    ),
    Plant(
        6,
        "按券申领的证书即该券所换的证书",
        ("UPDATE voucher_proof SET certificate_id = certificate_id + 900000",),
        ("voucher_proof",),
        refused=True,
    ),
    Plant(
        7,
        "持证的券都有本人、本职业、本等级核验一致的证书",
        ("UPDATE voucher_proof SET level = level + 1",),
        ("voucher_proof",),
        refused=True,
    ),
    Plant(
        7,
        "持证的券都有本人、本职业、本等级核验一致的证书",
        ("DELETE FROM voucher_proof",),
        ("voucher_proof",),
        refused=True,
    ),
    Plant(
        24,
        "培训券占用等于该券的流水",
        (kept("reserve", "available", "reserved", "b.id = v.budget_id"),),
    ),
    Plant(
        24,
        "培训券流水只用本券的预算，只占用和释放",
        (kept("reserve", "available", "reserved", "b.id = (SELECT MIN(id) FROM budget)"),),
    ),
    Plant(
        24,
        "培训券占用等于上限，锁定后等于尚未转入申领的承诺",
        (f"UPDATE voucher SET reserved_fen = reserved_fen - 1 WHERE id = {ENROLLED}",),
    ),
    Plant(
        24,
        "培训券占用等于上限，锁定后等于尚未转入申领的承诺",
        ("UPDATE voucher SET reserved_fen = 0 WHERE state = 'issued'",),
    ),
    Plant(24, "发放数量等于名册已发之数，不超过券种数量", ("UPDATE programme SET quantity = 1",)),
    Plant(
        24,
        "排队等候资金的名册行恰是候补行",
        ("UPDATE issue_line SET outcome = 'pending' WHERE outcome = 'waiting'",),
    ),
)
