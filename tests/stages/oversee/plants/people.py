"""Sins against people and hands."""

from __future__ import annotations

from tests.stages.oversee.plants.shape import APPROVED, AT, PAID, SOMEBODY, Plant, answered

FILED = f"SELECT submitter_person_id FROM claim WHERE id = {APPROVED}"
RELEASED = (
    "SELECT f.releaser_person_id FROM payment_file f JOIN payment p ON p.payment_file_id = f.id"
    f" WHERE p.claim_id = {PAID}"
)

PEOPLE: tuple[Plant, ...] = (
    Plant(
        4,
        "证书持有人、核验对象、享受资格与申领人是同一人",
        (f"UPDATE claim SET person_id = {SOMEBODY} WHERE id = {APPROVED}",),
        ("claim",),
        refused=True,
    ),
    Plant(4, "批次各行的人员即证书和申领的人员", (f"UPDATE settlement_line SET person_id = {SOMEBODY}",)),
    Plant(
        7,
        "每个申领都有本证书本职业本等级核验一致的快照",
        (
            (
                f"UPDATE claim SET verification_id = (SELECT MIN(v.id) FROM verification v"
                f" WHERE v.person_id <> claim.person_id) WHERE id = {APPROVED}"
            ),
        ),
        ("claim",),
        refused=True,
    ),
    Plant(
        7,
        "每笔拨付都以本申领核验一致的快照为依据",
        (
            (
                "UPDATE payment SET verification_id = (SELECT MIN(v.id) FROM verification v"
                " WHERE v.person_id <> payment.person_id)"
            ),
        ),
        ("payment",),
        refused=True,
    ),
    Plant(
        7,
        "每个奖补申领和拨付都以本人本事项本单位的登记为依据",
        (f"UPDATE claim SET basis_id = 900001 WHERE id = {APPROVED}",),
        ("claim",),
        refused=True,
    ),
    Plant(
        7,
        "核验一致的快照都有登记有效的本人本证记录",
        ("UPDATE register_entry SET status = 'revoked'",),
        ("register_entry",),
        refused=True,
    ),
    Plant(
        18,
        "盲索引与人员一一对应",
        (
            (
                # of two people one is moved for certain, whoever's index happens to be the first
                "UPDATE person SET blind_index = (SELECT MIN(blind_index) FROM person)"
                f" WHERE id IN ({SOMEBODY}, (SELECT MIN(id) FROM person))"
            ),
        ),
        ("person",),
        refused=True,
    ),
    Plant(
        18,
        "每个人员都有自己的密钥记录",
        (
            (
                "DELETE FROM subject_key WHERE blind_index ="
                f" (SELECT blind_index FROM person WHERE id = {SOMEBODY})"
            ),
        ),
        ("subject_key",),
        refused=True,
    ),
    Plant(
        18,
        "每个曾用号码只指向一个人，且不是任何人的现用号码",
        ((f"UPDATE former_number SET blind_index = (SELECT blind_index FROM person WHERE id = {SOMEBODY})"),),
        ("former_number",),
        refused=True,
    ),
    Plant(
        18,
        "现用号码即最近一次审核通过的更正",
        (
            (
                "UPDATE person SET blind_index = (SELECT MIN(former_index) FROM number_correction)"
                " WHERE id = (SELECT MIN(person_id) FROM number_correction)"
            ),
        ),
        ("person", "former_number"),
        refused=True,
    ),
    Plant(
        18,
        "曾用号码都出自一次审核通过的号码变更",
        ("UPDATE number_correction SET kind = 'wrong'",),
        ("number_correction",),
        refused=True,
    ),
    Plant(
        8,
        "号码更正由本人以外的两人提出和审核",
        ("UPDATE number_correction SET decided_by_person_id = proposed_by_person_id",),
        ("number_correction",),
        refused=True,
    ),
    Plant(
        8,
        "一人在一个申领中只有一个环节",
        (
            (
                "INSERT INTO claim_hand (claim_id, person_id, step)"
                f" SELECT id, submitter_person_id, 'approve' FROM claim WHERE id = {APPROVED}"
            ),
        ),
        ("claim_hand",),
        refused=True,
    ),
    Plant(
        8,
        "一人在一个申领中只有一个环节",
        (
            (
                "UPDATE signature SET signer_person_id = submitter_person_id"
                " WHERE id = (SELECT MIN(id) FROM signature)"
            ),
        ),
        ("signature",),
        refused=True,
    ),
    Plant(
        8,
        "批次的签署人等于批次内申领的签名人",
        ("DELETE FROM batch_hand WHERE step = 'approve'",),
        ("batch_hand",),
        refused=True,
    ),
    Plant(
        8,
        "批次的签署人等于批次内申领的签名人",
        (
            (
                "INSERT INTO batch_hand (batch_id, person_id, step)"
                " SELECT batch_id, MIN(person_id), 'province_review' FROM batch_hand GROUP BY batch_id"
            ),
        ),
        ("batch_hand",),
    ),
    Plant(
        8,
        "审批通过的申领四个环节由四人办齐",
        ("DELETE FROM signature WHERE step = 'approve'",),
        ("signature",),
        refused=True,
    ),
    Plant(
        8,
        "人工核定的提出人、确认人与申报人各不相同",
        ("UPDATE clearing SET confirmed_by_person_id = proposed_by_person_id",),
        ("clearing",),
        refused=True,
    ),
    Plant(
        8,
        "处理异议的人没有办理过该申领",
        (
            (
                "UPDATE objection SET decided_by_person_id ="
                " (SELECT submitter_person_id FROM claim WHERE claim.id = objection.claim_id)"
            ),
        ),
        ("objection",),
        refused=True,
    ),
    Plant(
        8,
        "本人反映由本人以外的两人答复和确认",
        (answered(FILED, FILED),),
        ("claim_denial",),
        refused=True,
    ),
    Plant(
        8,
        "答复本人反映的人没有办理、核定、签发过该申领",
        (answered(FILED, SOMEBODY),),
        ("claim_denial",),
        refused=True,
    ),
    Plant(
        8,
        "答复本人反映的人没有办理、核定、签发过该申领",
        (answered(SOMEBODY, RELEASED, PAID),),
        ("claim_denial",),
        refused=True,
    ),
    Plant(
        8,
        "放行本人反映停住的申领的两人没有办理、核定过该申领",
        (
            answered("NULL", "NULL", hold="900009"),
            (
                "INSERT INTO reinstatement (id, thing, object_id, why, asked_by_person_id, asked_at,"
                f" decided_by_person_id, decided_at) VALUES (900001, 'hold', 900009, '-', ({FILED}), {AT},"
                f" {SOMEBODY}, {AT})"
            ),
        ),
        ("claim_denial", "reinstatement"),
        refused=True,
    ),
    Plant(
        8,
        "不予通过的人没有申报过该申领，审批以后不予通过的没有办理过其他环节",
        (
            (
                "UPDATE state_event SET actor_person_id = (SELECT submitter_person_id FROM claim"
                " WHERE claim.id = object_id) WHERE thing = 'claim' AND event = 'reject'"
            ),
        ),
        ("state_event",),
        refused=True,
    ),
    Plant(
        8,
        "因异议成立、本人反映属实终止的申领由作出决定的人终止",
        ("UPDATE state_event SET event = 'uphold' WHERE thing = 'claim' AND event = 'reject'",),
        ("state_event",),
        refused=True,
    ),
    Plant(
        8,
        "拨付文件的制单、复核、签发是三个人",
        ("UPDATE payment_file SET checker_person_id = maker_person_id",),
        ("payment_file",),
        refused=True,
    ),
    Plant(
        8,
        "签发人没有办理过文件中的任何申领",
        (
            (
                "UPDATE payment_file SET releaser_person_id ="
                " (SELECT MIN(signer_person_id) FROM signature WHERE step = 'first_review')"
                " WHERE state = 'closed'"
            ),
        ),
        ("payment_file",),
        refused=True,
    ),
    Plant(
        8,
        "收款账户由两人提出和确认",
        ("UPDATE payee_account SET confirmed_by_person_id = proposed_by_person_id",),
        ("payee_account",),
        refused=True,
    ),
    Plant(
        8,
        "姓名变更由两人提出和批准",
        ("UPDATE former_name SET approved_by_person_id = proposed_by_person_id",),
        ("former_name",),
        refused=True,
    ),
)
