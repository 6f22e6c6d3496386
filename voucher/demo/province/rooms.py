"""Classes nobody has come to yet: one still a draft, one returned, one cancelled."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from voucher.demo.province.cast import COOK, HOUSEKEEPER, WELDER
from voucher.demo.province.cohorts import JUNIOR, NONE, Cohort, Reached
from voucher.demo.province.stage import Stage
from voucher.demo.province.training import Training
from voucher.stages.train import classes, reviewing

DEFECTS = "一、没有附考核方案；二、第三次课没有写明实训工位。请一并补正后重新提交"


def note_rooms(stage: Stage) -> None:
    """Put the three classes into the diary; their institution plans them for the month after next."""
    planned = {
        "draft": Cohort("draft", "transfer", "hope", "", WELDER, JUNIOR, 0, -45, Reached.FILED),
        "returned": Cohort("returned", "order", "hope", "", HOUSEKEEPER, JUNIOR, 0, -52, Reached.FILED),
        "cancelled": Cohort("cancelled", "pre-job", "hope", "", COOK, NONE, 0, -38, Reached.FILED),
    }
    rooms = {key: Training(stage, each) for key, each in planned.items()}
    for each in rooms.values():
        stage.note(stage.today - timedelta(days=4), each.draft_class)
    for key in ("returned", "cancelled"):
        stage.note(stage.today - timedelta(days=3), rooms[key].file_class)
    stage.note(stage.today - timedelta(days=2), rooms["cancelled"].approve_class)
    stage.note(stage.today - timedelta(days=1), partial(_return, stage, rooms["returned"]))
    stage.note(stage.today - timedelta(days=1), partial(_cancel, stage, rooms["cancelled"]))


def _return(stage: Stage, room: Training) -> None:
    stage.act("first-review", lambda work: reviewing.return_class(work, room.class_id, DEFECTS))


def _cancel(stage: Stage, room: Training) -> None:
    why = "用工企业推迟招聘，本期岗前培训不再开班"
    stage.act(room.admin, lambda work: classes.cancel_class(work, room.class_id, why))
