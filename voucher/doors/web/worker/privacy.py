"""关于我的信息: what is held of me and why, who looked at it, taking it along, and being forgotten."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.own_paper import answer_own_data
from voucher.doors.web.showing import day, moment
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import read_mobile
from voucher.registry.people import read_people
from voucher.rules.errors import Refused
from voucher.rules.retention import check_may_erase
from voucher.stages.oversee.archive import objecting
from voucher.stages.oversee.archive.entries import list_entries
from voucher.stages.oversee.openings import count_openings_of
from voucher.stages.oversee.privacy.erasing import ask_erasure, find_own, withdraw_erasure
from voucher.stages.oversee.privacy.holding import Held, Holding, read_holding
from voucher.stages.oversee.privacy.looks import PersonLook, list_looks, list_masked_looks

LOOKS_SHOWN, MASKED_SHOWN, LOOKS_TAKEN = 20, 5, 1_000
CORRECTIONS_SHOWN, SAID_MAX = 20, 500


@worker.get("/my/data")
def my_data() -> ResponseReturnValue:
    """Show what is held of the person behind the session, who looked, and whether it may be erased."""
    return _show()


@worker.get("/my/data/file")
def my_data_file() -> ResponseReturnValue:
    """Hand out everything held of the person behind the session, as a file programs read."""
    with the_door().read() as session:
        told = _tell(session, my_person_id())
    answer = Response(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json")
    answer.headers["Content-Disposition"] = "attachment; filename=my-data.json"
    return answer


@worker.get("/my/data/paper")
def my_data_paper() -> ResponseReturnValue:
    """Print everything held of the person behind the session."""
    with the_door().read() as session:
        told = _tell(session, my_person_id())
    return answer_own_data(told)


@worker.post("/my/data/corrections")
def ask_for_correction() -> ResponseReturnValue:
    """Ask for a correction of what is held; the office answers with its reason."""

    def call(work: Work) -> Done:
        kind = fields.text("kind", "哪一种信息", limit=40)
        said = fields.text("said", "哪里不对", limit=SAID_MAX)
        filed = objecting.object_to(work, f"{objecting.HELD}{kind}", said)
        words = f"已申请更正，编号 {filed.number}，最迟 {filed.due_on.isoformat()} 答复"
        return Done(words, url_for("web.worker.my_data", _anchor="corrections"))

    return submit(call, _show)


@worker.post("/my/data/erasure")
def ask_to_be_erased() -> ResponseReturnValue:
    """Ask to be erased; two officers decide."""

    def call(work: Work) -> Done:
        if request.form.get("understood") != "1":
            raise fields.FIELD_UNREADABLE.refused(
                field="understood", label="我知道", problem="请勾选，表示知道注销以后不能恢复"
            )
        ask_erasure(work)
        return Done("已申请注销，等待两名审核人员办理；办结以前可以撤回", url_for("web.worker.my_data"))

    return submit(call, _show)


@worker.post("/my/data/erasure/withdrawals")
def withdraw_own_erasure() -> ResponseReturnValue:
    """Take the own request back."""

    def call(work: Work) -> Done:
        withdraw_erasure(work)
        return Done("已撤回注销申请，您的信息照旧", url_for("web.worker.my_data"))

    return submit(call, _show)


def _show() -> str:
    door, person_id, before = the_door(), my_person_id(), fields.cursor()
    with door.read() as session:
        holding = read_holding(session, door.keyring, person_id, door.today)
        looks = list_looks(session, person_id, before_id=before or None, limit=LOOKS_SHOWN + 1)
        asked = objecting.list_objections(
            session, (), person_id=person_id, held_only=True, limit=CORRECTIONS_SHOWN
        )
        return render_template(
            "worker/data.html",
            holding=holding,
            corrections=objecting.view_objections(session, door.keyring, asked, door.today),
            looks=looks[:LOOKS_SHOWN],
            more_url=url_for("web.worker.my_data", after=looks[LOOKS_SHOWN - 1].id, _anchor="looks")
            if len(looks) > LOOKS_SHOWN
            else None,
            first_url=url_for("web.worker.my_data", _anchor="looks") if before else None,
            masked=list_masked_looks(session, person_id, limit=MASKED_SHOWN),
            masked_count=count_openings_of(session, person_id),
            request_=find_own(session, person_id),
            obstacle=_find_obstacle(holding),
        )


def _find_obstacle(holding: Holding) -> object | None:
    try:
        check_may_erase(holding.business, holding.kept, the_door().today)
    except Refused as refused:
        return refused.refusal
    return None


def _tell(session: Session, person_id: int) -> dict[str, Any]:
    """Return everything held of a person in plain words; nothing is masked, since it is their own."""
    door = the_door()
    named = read_people(session, door.keyring, [person_id])[person_id]
    holding = read_holding(session, door.keyring, person_id, door.today)
    looks = list_looks(session, person_id, before_id=None, limit=LOOKS_TAKEN)
    looks += list_masked_looks(session, person_id, limit=LOOKS_TAKEN)
    return {
        "生成时间": moment(door.at),
        "姓名": named.name,
        "证件号码": named.number or "",
        "手机号": read_mobile(session, door.keyring, person_id) or "",
        "保存的信息": [
            {
                "种类": each.rule.name,
                "数量": each.count,
                "用途": each.rule.purpose,
                "依据": each.rule.legal_basis,
                "保存到": _until(each),
            }
            for each in holding.held
        ],
        "记录": [
            {"时间": moment(each.at), "事项": each.title, "内容": dict(each.facts), "状态": each.mark_name}
            for each in list_entries(session, door.keyring, person_id)
        ],
        "谁看过": [_look(each) for each in looks],
    }


def _until(each: Held) -> str:
    if each.rule.months is None:
        return "长期"
    if not each.rule.months:
        return f"到{each.rule.begins}为止"
    return day(each.kept_until) if each.kept_until is not None else "—"


def _look(each: PersonLook) -> dict[str, str]:
    return {"时间": moment(each.at), "看的人": each.by, "看了什么": each.what, "为什么": each.why}
