"""Every unique constraint that two people can run into is told as a refusal, never as a server error."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from sqlalchemy import Index, Table, UniqueConstraint

import voucher
from voucher.plumbing import constraints
from voucher.plumbing.db import Model
from voucher.rules.errors import Family, Reason

# nobody can race for these, and why
ALONE = {
    "uq_account_budget_id_role": "opened with its budget, which is unique",
    "uq_amount_band_minimum_fen_since": "loaded by init",
    "uq_audit_checkpoint_seq": "one sealer at a time",
    "uq_audit_seal_audit_row_id": "one sealer at a time",
    "uq_audit_seal_chain_hash": "one sealer at a time",
    "uq_bonus_standard_item_code_kind_region_code_since": "loaded by init",
    "uq_bank_template_code_since": "loaded by init",
    "uq_class_session_class_id_position": "written with its own class, locked meanwhile",
    "uq_competition_placing_competition_team_first_since": "loaded by init",
    "uq_institution_system_client_id": "made up at random",
    "uq_institution_system_user_id": "opened with its own new account",
    "uq_issue_line_issue_id_person_id": "written with its own new issue",
    "uq_issue_line_issue_id_position": "written with its own new issue",
    "uq_ladder_step_level_method_since": "loaded by init",
    "uq_modifier_code": "loaded by init",
    "uq_moved_voucher_move_id_voucher_id": "written with its own move",
    "uq_parameter_name_region_code_since": "loaded by init",
    "uq_payment_line_payment_file_id_institution_id": "written with its own new file",
    "uq_payment_line_payment_file_id_position": "written with its own new file",
    "uq_payment_line_reference": "carries the number of its own new file",
    "uq_phone_draw_entry_draw_id_position": "written with its own draw, whose class is locked meanwhile",
    "uq_phone_draw_entry_draw_id_voucher_id": "written with its own draw, whose class is locked meanwhile",
    "uq_retention_rule_kind_since": "loaded by init",
    "uq_settlement_line_batch_id_certificate_id": "written with its own new batch",
    "uq_settlement_line_batch_id_position": "written with its own new batch",
    "uq_standard_code": "loaded by init",
    "uq_system_secret_secret_index": "made up at random",
}


def load_every_room() -> None:
    for room in pkgutil.walk_packages(voucher.__path__, "voucher."):
        if not room.name.endswith("__main__"):
            importlib.import_module(room.name)


def find_untold(tables: list[Table]) -> set[str]:
    """Return the unique constraints and indexes that neither contain the primary key nor have a refusal."""
    found = set()
    for table in tables:
        unique: list[UniqueConstraint | Index] = [
            each for each in table.constraints if isinstance(each, UniqueConstraint)
        ]
        unique += [each for each in table.indexes if each.unique]
        for each in unique:
            key = set(table.primary_key.columns)
            if not key <= set(each.columns) and str(each.name) not in constraints._BY_NAME:
                found.add(str(each.name))
    return found


def test_what_two_people_can_run_into_is_told_as_a_refusal() -> None:
    load_every_room()
    assert find_untold(list(Model.metadata.tables.values())) == set(ALONE)


def find_reasons_that_need_facts(reasons: Iterable[Reason]) -> set[str]:
    """Return the reasons a database cannot give, because their words name a fact it does not tell."""
    found = set()
    for each in reasons:
        try:
            each.refusal()
        except KeyError:
            found.add(each.code)
    return found


def test_what_a_constraint_tells_needs_no_facts() -> None:
    load_every_room()
    assert find_reasons_that_need_facts(constraints._BY_NAME.values()) == set()
    planted = Reason("planted", "账号名“{login}”已被使用", "请换一个", "【设】", Family.CONFLICT)
    assert find_reasons_that_need_facts([planted]) == {"planted"}
