"""Which register answers: connected by an administrator, from a day on, on the record."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.systems import ADDRESS_UNFIT, CONNECTORS, is_fit
from voucher.rules.actor import check_role
from voucher.stages.certify.models_look_ups import RegisterSystem

LOCAL_NAME = "本系统登记摘录（非实时联网）"


def connect_register(work: Work, *, name: str | None = None, address: str | None = None) -> RegisterSystem:
    """Have a register answer from today on; without an address the extracts of this house do.

    Raises Refused role_missing, outside_address_unfit.
    """
    check_role(work.actor, *CONNECTORS)
    if address is not None and not is_fit(address):
        raise ADDRESS_UNFIT.refused()
    system = work.session.get(RegisterSystem, work.today)
    if system is None:
        system = RegisterSystem(since=work.today)
        work.session.add(system)
    system.address = address
    system.name = name or ("全国联网查询" if address else LOCAL_NAME)
    system.connected_by_person_id, system.connected_at = work.actor.person_id, work.at
    work.session.flush()
    way = "http" if address else "embedded"
    audit.record_one(work, "person", work.actor.person_id, "connect_register", way=way)
    return system
