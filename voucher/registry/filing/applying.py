"""What an applicant does with a filing: opened, filled part by part, handed in, taken back.

Whoever applies for an institution nobody has an account of is a person with an account of his own; the
office's acceptance makes him its administrator.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from voucher.ledger import audit, states
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, subjects
from voucher.registry.filing.limits import PHOTOS_LEAST
from voucher.registry.filing.models import (
    Filing,
    FilingLicence,
    FilingRoom,
    FilingRoomPhoto,
    FilingScope,
    FilingTeacher,
)
from voucher.registry.filing.reading import (
    APPLICANTS,
    CONTACT,
    LEGAL,
    MOBILE,
    Parts,
    find_in_force,
    get_own_filing,
    has_administrator,
    read_contact,
    read_parts,
)
from voucher.registry.institutions import Institution
from voucher.registry.subjects import ORGANISATION
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.filing import SOURCE, check_complete, check_licence_dates
from voucher.rules.identity import normalise_mobile, normalise_organisation_code
from voucher.rules.lifecycle import STATE_NAMES, Thing, check_event
from voucher.rules.names import normalise_name
from voucher.rules.vocabulary import InstitutionKind, parse_institution_kind

# an institution that has been taken off the list, or was never on it, applies anew
APPLIES_AGAIN = ("refused", "delisted")

INSTITUTION_KNOWN = reason(
    "institution_has_staff",
    "统一社会信用代码为 {code} 的机构已在系统中，由该机构的管理员申请变更",
    "请用该机构管理员的账号登录后提交；还没有管理员账号的，请带营业执照或登记证书到县（市、区）人社部门开通",
    SOURCE,
    Family.CONFLICT,
)
FILING_FIXED = reason(
    "filing_not_editable",
    "备案申请当前为“{state}”，不能修改",
    "只有草稿和退回补正的可以修改；已提交的可先撤回，现行备案请另行申请变更",
    SOURCE,
    Family.CONFLICT,
)
CODE_FIXED = reason(
    "filing_code_fixed",
    "备案申请的统一社会信用代码不能改",
    "代码填错的，请撤回这件申请，重新填写一件",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class FirstPage:
    """Who an institution is: code, name, kind (code or Chinese word), region, address, who answers for it."""

    code: str
    name: str
    kind: str
    region_code: str
    address: str
    legal_name: str
    contact_name: str
    contact_mobile: str


def open_filing(work: Work, page: FirstPage) -> Filing:
    """Open a filing as a draft; a change begins with everything the filing in force holds.

    Raises Refused role_missing, institution_has_staff, filing_incomplete, region_unknown,
    institution_kind_unknown, name_malformed, mobile_malformed and what reading a code refuses.
    """
    check_role(work.actor, *APPLICANTS)
    code = normalise_organisation_code(page.code)
    known = work.session.scalars(select(Institution).where(Institution.code == code)).first()
    mine = known is not None and work.actor.serves(known.id, Role.INSTITUTION_ADMIN)
    if known is not None and not mine and known.state != "refused":
        raise INSTITUTION_KNOWN.refused(code=code)
    made = Filing(
        code=code,
        institution_id=known.id if known is not None else None,
        applicant_person_id=work.actor.person_id,
        applicant_user_id=work.actor.user_id,
        opened_at=work.at,
        **states.first_state(Thing.FILING, "open"),
    )
    _fill(work, made, page)
    work.session.add(made)
    work.session.flush()
    states.begin(work, Thing.FILING, [made.id], "open")
    before = find_in_force(work.session, known.id) if known is not None and mine else None
    if before is not None:
        _copy(work, before, made)
    return made


def change_filing(work: Work, institution_id: int) -> Filing:
    """Open a change of the filing in force of an institution the actor administers, with all it holds.

    Raises Refused role_missing, filing_not_editable where nothing is in force.
    """
    check_role(work.actor, Role.INSTITUTION_ADMIN)
    before = find_in_force(work.session, institution_id)
    if before is None or not work.actor.serves(institution_id, Role.INSTITUTION_ADMIN):
        raise FILING_FIXED.refused(state="没有现行备案")
    told = read_contact(work.session, work.keyring, before)
    if told is None:
        raise subjects.SUBJECT_ERASED.refused()
    page = FirstPage(
        before.code, before.name, before.kind, before.region_code, before.address,
        told.legal_name, told.contact_name, told.contact_mobile,
    )  # fmt: skip
    return open_filing(work, page)


def fill_filing(work: Work, filing_id: int, page: FirstPage) -> Filing:
    """Write the first page of a draft or returned filing anew.

    Raises Refused institution_filing_missing, filing_not_editable, filing_code_fixed and as `open_filing`.
    """
    found = get_editable(work, filing_id)
    if normalise_organisation_code(page.code) != found.code:
        raise CODE_FIXED.refused()
    _fill(work, found, page)
    work.session.flush()
    audit.record_one(work, str(Thing.FILING), found.id, "fill", seq=found.seq)
    return found


def get_editable(work: Work, filing_id: int) -> Filing:
    """Return an own filing that may be written on. Raises institution_filing_missing, filing_not_editable."""
    found = get_own_filing(work, filing_id)
    if found.state not in ("draft", "returned"):
        raise FILING_FIXED.refused(state=STATE_NAMES[Thing.FILING][found.state])
    return found


def file_filing(work: Work, filing_id: int) -> Filing:
    """Hand a filing in for review; a new institution becomes known as an applicant by it.

    Raises Refused institution_filing_missing, filing_incomplete, licence_dates_wrong, event_not_allowed,
    filing_open_already, institution_has_staff.
    """
    found = get_own_filing(work, filing_id)
    check_event(Thing.FILING, found.state, "file")
    parts = read_parts(work.session, found.id)
    scope = {each.trade_code for each in parts.scope}
    check_complete(
        {"地址": found.address},
        {
            "证照": len(parts.licences),
            "申请的职业和等级": len(parts.scope),
            "师资": len(parts.teachers),
            "场地": len(parts.rooms),
            **_count_photos(work, found, parts),
        },
        {code for each in parts.teachers for code in each.trade_codes.split()},
        catalogue.name_trades(work.session, sorted(scope)),
    )
    for each in parts.licences:
        check_licence_dates(each.since, each.until, work.today)
    _make_known(work, found)
    states.move(work, Filing, [found], "file")
    return found


def withdraw_filing(work: Work, filing_id: int) -> Filing:
    """Take a filing back before it is decided. Raises institution_filing_missing, event_not_allowed."""
    found = get_own_filing(work, filing_id)
    states.move(work, Filing, [found], "withdraw")
    return found


def _fill(work: Work, filing: Filing, page: FirstPage) -> None:
    check_complete({"机构名称": page.name, "地址": page.address}, {}, (), {})
    index = work.keyring.blind_index(ORGANISATION, filing.code)
    key = subjects.open_keys(work, [index])[index]
    filing.name, filing.address = page.name.strip(), page.address.strip()
    filing.kind = page.kind if page.kind in set(InstitutionKind) else str(parse_institution_kind(page.kind))
    filing.region_code = catalogue.get_region(work.session, page.region_code).code
    filing.legal_name_sealed = work.keyring.seal(key, LEGAL, normalise_name(page.legal_name))
    filing.contact_name_sealed = work.keyring.seal(key, CONTACT, normalise_name(page.contact_name))
    filing.contact_mobile_sealed = work.keyring.seal(key, MOBILE, normalise_mobile(page.contact_mobile))


def _make_known(work: Work, filing: Filing) -> None:
    """Open the institution of a first filing, or have one that was refused or delisted apply again."""
    known = work.session.scalars(
        select(Institution).where(Institution.code == filing.code).with_for_update()
    ).first()
    if known is None:
        known = Institution(
            code=filing.code,
            name=filing.name,
            kind=filing.kind,
            region_code=filing.region_code,
            **states.first_state(Thing.INSTITUTION, "apply"),
        )
        work.session.add(known)
        work.session.flush()
        states.begin(work, Thing.INSTITUTION, [known.id], "apply")
    elif _is_of_others(work, known.id):
        raise INSTITUTION_KNOWN.refused(code=filing.code)
    elif known.state in APPLIES_AGAIN:
        states.move(work, Institution, [known], "apply")
    elif filing.institution_id is None:
        raise INSTITUTION_KNOWN.refused(code=filing.code)
    filing.institution_id = known.id
    work.session.flush()


def _count_photos(work: Work, filing: Filing, parts: Parts) -> dict[str, int]:
    """Return by label whether each room shows as many photographs as its region asks for."""
    regions = catalogue.list_ancestry(work.session, filing.region_code)
    least = require_parameter_number(work.session, PHOTOS_LEAST, work.today, regions)
    held = Counter(each.room_id for each in parts.photos)
    return {
        f"场地“{room.name}”的照片（至少 {least} 张）": int(held[room.id] >= least) for room in parts.rooms
    }


def _is_of_others(work: Work, institution_id: int) -> bool:
    """Return whether somebody administers an institution, and the actor does not."""
    serves = work.actor.serves(institution_id, Role.INSTITUTION_ADMIN)
    return not serves and has_administrator(work.session, institution_id, work.today)


def _copy(work: Work, before: Filing, made: Filing) -> None:
    """Let a change begin with what is in force; the papers are the same."""
    parts = read_parts(work.session, before.id)
    rooms = {
        each.id: FilingRoom(
            filing_id=made.id, name=each.name, address=each.address, region_code=each.region_code,
            seats=each.seats, equipment=each.equipment, latitude_e6=each.latitude_e6,
            longitude_e6=each.longitude_e6,
        )
        for each in parts.rooms
    }  # fmt: skip
    work.session.add_all(
        [
            *(
                FilingLicence(
                    filing_id=made.id, kind=each.kind, number=each.number, authority=each.authority,
                    since=each.since, until=each.until, paper_id=each.paper_id,
                )
                for each in parts.licences
            ),
            *(
                FilingScope(
                    filing_id=made.id, trade_code=each.trade_code, level=each.level,
                    project_id=each.project_id,
                )
                for each in parts.scope
            ),
            *(
                FilingTeacher(
                    filing_id=made.id, person_id=each.person_id, qualification=each.qualification,
                    certificate_number=each.certificate_number, until=each.until,
                    trade_codes=each.trade_codes,
                )
                for each in parts.teachers
            ),
            *rooms.values(),
        ]
    )  # fmt: skip
    work.session.flush()
    work.session.add_all(
        FilingRoomPhoto(filing_id=made.id, room_id=rooms[each.room_id].id, paper_id=each.paper_id)
        for each in parts.photos
    )
    work.session.flush()
