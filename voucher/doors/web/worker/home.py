"""The first page: what can be used now, the next lesson, where the money is, what is to be done."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import USABLE, my_person_id, show
from voucher.registry.consents.reading import count_helped
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.queries.applications import count_asked_back
from voucher.stages.settle.queries.denials import page_own_subsidies
from voucher.stages.train import queries as training
from voucher.stages.train.queries.intake_denials import list_own_entries

LESSONS_AHEAD = 3
NAMES_LOOKED_AT, NAMES_SHOWN = 10, 2
SUBSIDIES_LOOKED_AT = 4  # those of two vouchers


@worker.get("/my")
def home() -> ResponseReturnValue:
    """Show what this worker needs first."""
    door, person_id = the_door(), my_person_id()
    with door.read() as session:
        cards = issuing.list_wallet(session, person_id)
        lessons = training.next_sessions(session, person_id, door.at, limit=LESSONS_AHEAD)
        stopped = training.list_stopped_classes(session, person_id, door.at)
        places = issuing.list_places(session, person_id)
        asked_back = count_asked_back(session, person_id)
        entries = list_own_entries(session, door.keyring, person_id, limit=NAMES_LOOKED_AT)
        helps = count_helped(session, person_id, door.today)
        money = page_own_subsidies(session, door.keyring, person_id, door.today, limit=SUBSIDIES_LOOKED_AT)
    # after its last day one in a class still waits for what was scanned there without a network
    left = (each for each in cards if each.state in USABLE and each.redeem_by >= door.today)
    usable = sorted(left, key=lambda each: each.redeem_by)
    # what is still on its way is asked for before what has arrived
    subsidies = sorted(money, key=lambda each: each.pace is None)
    under_way = [show(each) for each in cards if each.tab == "使用中" and each not in usable]
    return render_template(
        "worker/home.html",
        top=show(usable[0]) if usable else None,
        others=[show(each) for each in usable[1:]],
        under_way=under_way,
        lessons=lessons,
        stopped=stopped,
        places=places,
        asked_back=asked_back,
        helps=helps,
        named=[each for each in entries if each.may_deny and not each.denial][:NAMES_SHOWN],
        subsidy=subsidies[0] if subsidies else None,
        moving=sum(each.pace is not None for each in subsidies),
    )
