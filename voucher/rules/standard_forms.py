"""The forms a standard of a subsidy takes: what certificate it prices, and training priced by itself."""

from __future__ import annotations

from enum import StrEnum

from voucher.rules.vocabulary import CertificateKind

CARD_RENEWAL = "card_renewal"


class Form(StrEnum):
    """The forms a standard may take, beside the values of CertificateKind."""

    LEVEL_CERTIFICATE = "level_certificate"
    SPECIAL_SKILL = "special_skill"
    TRAINING_COMPLETION = "training_completion"
    TRAINING_COMPLETION_HOUR = "training_completion_hour"
    SPECIAL_OPERATION = "special_operation"
    SPECIAL_EQUIPMENT = "special_equipment"
    PRE_JOB = "pre_job"
    SENIOR_UPGRADE = "senior_upgrade"
    CARD_RENEWAL = "card_renewal"


# training for which a document names an amount of its own, whatever other training for that certificate earns
OWN_FORMS = {
    (CertificateKind.TRAINING_COMPLETION, "pre_job"): Form.PRE_JOB,
    (CertificateKind.TRAINING_COMPLETION, "senior_upgrade"): Form.SENIOR_UPGRADE,
    (CertificateKind.SPECIAL_OPERATION, CARD_RENEWAL): Form.CARD_RENEWAL,
}
# whoever renews a card never earns what a first one does, even where no amount for renewing is in force
NEVER_ANOTHER = frozenset({Form.CARD_RENEWAL})
