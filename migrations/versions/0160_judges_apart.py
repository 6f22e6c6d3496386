"""Who judged what a person said of a claim, or set its amount, takes no later hand in it, in the database too."""

from __future__ import annotations

from alembic import op

revision = "0160"
down_revision = "0157"
branch_labels = None
depends_on = None


# what is put for [claim] and [...] stands below: one of the people named is one of those who did it
JUDGED = (
    "EXISTS (SELECT 1 FROM claim_denial WHERE claim_denial.claim_id = [claim] AND ([judges]"
    " OR EXISTS (SELECT 1 FROM reinstatement WHERE reinstatement.thing = 'hold'"
    " AND reinstatement.object_id = claim_denial.hold_id AND ([lifters]))))"
)
SET_AMOUNT = "EXISTS (SELECT 1 FROM clearing WHERE clearing.claim_id = [claim] AND ([setters]))"
HAS_HAND = "EXISTS (SELECT 1 FROM claim_hand WHERE claim_hand.claim_id = [claim] AND ([hands]))"
WHO = {
    "judges": ("claim_denial.answered_by_person_id", "claim_denial.confirmed_by_person_id"),
    "lifters": ("reinstatement.asked_by_person_id", "reinstatement.decided_by_person_id"),
    "setters": ("clearing.proposed_by_person_id", "clearing.confirmed_by_person_id"),
    "hands": ("claim_hand.person_id",),
}


def _did(what: str, claim: str, *people: str) -> str:
    """Return the words for: one of these people did this to the claim."""
    for name, known in WHO.items():
        one = " OR ".join(f"{each} IN ({', '.join(known)})" for each in people)
        what = what.replace(f"[{name}]", one)
    return what.replace("[claim]", claim)


# of rows that say who acted on a claim
ROW_HANDS = (
    (
        "claim_hand_judge",
        _did(JUDGED, "{row}.claim_id", "{row}.person_id"),
        "who judged a denial takes no hand in the claim",
    ),
    (
        "claim_hand_approver",
        "{row}.step = 'approve' AND " + _did(SET_AMOUNT, "{row}.claim_id", "{row}.person_id"),
        "who set an amount does not approve the claim",
    ),
)

RELEASER = (
    "NEW.releaser_person_id IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM payment WHERE payment.payment_file_id = NEW.id AND [how])"
)
OF_CASE = (
    "NEW.thing = 'hold' AND EXISTS"
    " (SELECT 1 FROM claim_denial WHERE claim_denial.hold_id = NEW.object_id AND ([how]))"
)
DECIDED = "NEW.decided_by_person_id IS NOT NULL AND "
SPOKE = ("NEW.answered_by_person_id", "NEW.confirmed_by_person_id")
LIFTED = ("NEW.asked_by_person_id", "NEW.decided_by_person_id")

# trigger, table, the moments it looks, what it refuses, in which words
APART = (
    (
        "payment_file_released_by_judge",
        "payment_file",
        ("UPDATE OF releaser_person_id",),
        RELEASER.replace("[how]", _did(JUDGED, "payment.claim_id", "NEW.releaser_person_id")),
        "who judged a denial of a claim does not release its file",
    ),
    (
        "payment_file_released_by_setter",
        "payment_file",
        ("UPDATE OF releaser_person_id",),
        RELEASER.replace("[how]", _did(SET_AMOUNT, "payment.claim_id", "NEW.releaser_person_id")),
        "who set an amount does not release its file",
    ),
    (
        "objection_decided_by_judge",
        "objection",
        ("UPDATE OF decided_by_person_id",),
        DECIDED + _did(JUDGED, "NEW.claim_id", "NEW.decided_by_person_id"),
        "who judged a denial decides no objection to the claim",
    ),
    (
        "objection_decided_by_setter",
        "objection",
        ("UPDATE OF decided_by_person_id",),
        DECIDED + _did(SET_AMOUNT, "NEW.claim_id", "NEW.decided_by_person_id"),
        "who set an amount decides no objection to the claim",
    ),
    (
        "claim_denial_judged_apart",
        "claim_denial",
        ("UPDATE OF answered_by_person_id, confirmed_by_person_id", "INSERT"),
        f"{_did(HAS_HAND, 'NEW.claim_id', *SPOKE)} OR {_did(SET_AMOUNT, 'NEW.claim_id', *SPOKE)}",
        "who has a hand in a claim judges no denial of it",
    ),
    (
        "reinstatement_lifted_apart",
        "reinstatement",
        ("UPDATE OF decided_by_person_id", "INSERT"),
        OF_CASE.replace(
            "[how]",
            f"{_did(HAS_HAND, 'claim_denial.claim_id', *LIFTED)}"
            f" OR {_did(SET_AMOUNT, 'claim_denial.claim_id', *LIFTED)}",
        ),
        "who has a hand in a claim lets no denial of it go on",
    ),
    (
        "clawback_opened_apart",
        "clawback",
        ("INSERT",),
        (
            "EXISTS (SELECT 1 FROM claim JOIN bonus_basis ON bonus_basis.settles_basis_id = claim.basis_id"
            " WHERE claim.id = NEW.claim_id AND bonus_basis.entered_by_person_id = NEW.opened_by_person_id)"
        ),
        "who entered a settlement opens no receivable of its advance",
    ),
)


def upgrade() -> None:
    """Refuse these from here on; a case is found by its claim."""
    op.create_index("ix_claim_denial_claim", "claim_denial", ["claim_id"])
    small = op.get_bind().dialect.name == "sqlite"
    for name, when, told in ROW_HANDS:
        if small:
            _refuse(name, "INSERT ON claim_hand", when.format(row="NEW"), told)
            continue
        # asked once per statement, since one writes a hundred thousand hands
        any_refused = f"IF EXISTS (SELECT 1 FROM fresh WHERE {when.format(row='fresh')})"  # noqa: S608 — words of our own
        _write_function(name, any_refused, "NULL")
        op.execute(
            f"CREATE TRIGGER {name} AFTER INSERT ON claim_hand REFERENCING NEW TABLE AS fresh "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}('{told}')"
        )
    for name, table, moments, when, told in APART:
        if not small:
            _write_function(name, f"IF {when}", "NEW")
        for place, moment in enumerate(moments):
            one = name if place == 0 else f"{name}_again"
            if small:
                _refuse(one, f"{moment} ON {table}", when, told)
            else:
                op.execute(
                    f"CREATE TRIGGER {one} BEFORE {moment} ON {table} "
                    f"FOR EACH ROW EXECUTE FUNCTION {name}('{told}')"
                )


def _write_function(name: str, when: str, gives: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {when} "
        f"THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN {gives}; END $$"
    )


def _refuse(name: str, moment: str, when: str, told: str) -> None:
    op.execute(f"CREATE TRIGGER {name} BEFORE {moment} WHEN {when} BEGIN SELECT RAISE(ABORT, '{told}'); END")
