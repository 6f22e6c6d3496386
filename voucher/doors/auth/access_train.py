"""The access matrix of the API for training: institutions, classes, places in them, scans."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    DESK,
    EVALUATOR_STAFF,
    INSTITUTION_STAFF,
    OFFICERS,
    SIGNED_IN,
    Access,
)
from voucher.rules.actor import Role

TRAIN: dict[str, Access] = {
    "dictionaries.show_dictionary": Access(SIGNED_IN, "查看字典"),
    "institutions.list_institutions": Access(DESK | INSTITUTION_STAFF | EVALUATOR_STAFF, "查看机构"),
    "institutions.show_institution": Access(DESK | INSTITUTION_STAFF | EVALUATOR_STAFF, "查看机构"),
    "institutions.sanction_institution": Access(
        OFFICERS | {Role.SUPERVISOR}, "处置机构；移出目录、黑名单和恢复由人社部门办理"
    ),
}
