"""The groups of people who go through the loop together, each stopped where something waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from voucher.demo.province.cast import COOK, ELECTRICIAN, NOODLES, NURSE, STREAMING, TURNER


class Reached(IntEnum):
    """How far a cohort has come; each includes what stands before it."""

    FILED = 1
    ISSUED = 2
    ACCEPTED = 3
    ENROLLED = 4
    TRAINING = 5
    ATTENDED = 6
    TRAINED = 7
    PLANNED = 8
    EXAMINED = 9
    ENTERED = 10
    ASSESSED = 11
    UPLOADED = 12
    CERTIFIED = 13
    CLAIMED = 14
    FIRST_REVIEWED = 15
    SECOND_REVIEWED = 16
    NOTICED = 17
    CLEARED = 18
    APPROVED = 19
    PREPARED = 20
    CHECKED = 21
    BOUNCED = 22
    SETTLED = 23
    REVOKED = 24


@dataclass(frozen=True, slots=True)
class Cohort:
    """One class of people: under which offer, at whom, evaluated by whom, begun how many days ago.

    `size` people are issued a voucher; `unfinished` of them fail the final exam of the class, `failing` of
    those who sit the evaluator's exam do not pass. `delivered_by` (承训) is the institution that teaches
    where it is not the one that organises (主办).
    """

    key: str
    offer: str
    trainer: str
    evaluator: str
    trade_code: str
    level: int
    size: int
    begun_days_ago: int
    reached: Reached
    failing: int = 0
    hours: int = 40
    unfinished: int = 0
    mode: str = "offline"
    delivered_by: str = ""
    begins_at_hour: int = 8


JUNIOR, INTERMEDIATE, NONE = 2, 3, 0
COHORTS: tuple[Cohort, ...] = (
    Cohort("settled", "nurse", "hope", "yuquan", NURSE, JUNIOR, 18, 150, Reached.SETTLED, failing=2),
    Cohort("revoked", "electrician", "college", "jishui", ELECTRICIAN, INTERMEDIATE, 6, 170, Reached.REVOKED),
    Cohort("bounced", "electrician", "industry", "potou", ELECTRICIAN, INTERMEDIATE, 4, 140, Reached.BOUNCED),
    Cohort("checked", "nurse", "centre", "lilin", NURSE, JUNIOR, 4, 57, Reached.CHECKED),
    Cohort("prepared", "electrician", "vocational", "tianshui", ELECTRICIAN, INTERMEDIATE, 10, 54,
           Reached.PREPARED),
    Cohort("approved", "apprentice", "steel", "kejing", TURNER, INTERMEDIATE, 12, 52, Reached.APPROVED),
    Cohort("cleared", "nurse", "household", "chengliu", NURSE, JUNIOR, 10, 49, Reached.CLEARED),
    Cohort("noticed", "nurse", "centre", "lilin", NURSE, JUNIOR, 14, 34, Reached.NOTICED),
    Cohort("second", "electrician", "industry", "potou", ELECTRICIAN, INTERMEDIATE, 8, 60,
           Reached.SECOND_REVIEWED, mode="blended"),
    Cohort("first", "nurse", "farm", "dayu", NURSE, JUNIOR, 9, 58, Reached.FIRST_REVIEWED,
           delivered_by="centre"),
    Cohort("claimed", "noodles", "station", "shaoyuan", NOODLES, NONE, 16, 56, Reached.CLAIMED),
    Cohort("certified", "nurse", "hope", "sili", NURSE, JUNIOR, 12, 50, Reached.CERTIFIED, failing=1),
    Cohort("uploaded", "electrician", "hope", "yuquan", ELECTRICIAN, INTERMEDIATE, 7, 44, Reached.UPLOADED),
    Cohort("assessed", "streaming", "online", "shaoyuan", STREAMING, NONE, 11, 40, Reached.ASSESSED,
           failing=2, mode="online"),
    Cohort("entered", "nurse", "hope", "yuquan", NURSE, JUNIOR, 8, 34, Reached.ENTERED, failing=1),
    Cohort("examined", "nurse", "hope", "yuquan", NURSE, JUNIOR, 6, 22, Reached.EXAMINED),
    # its exam is today
    Cohort("planned", "nurse", "hope", "yuquan", NURSE, JUNIOR, 9, 17, Reached.PLANNED),
    Cohort("trained", "apprentice", "steel", "yuquan", TURNER, INTERMEDIATE, 10, 18, Reached.TRAINED,
           unfinished=1),
    Cohort("completion", "completion", "hope", "", COOK, NONE, 13, 40, Reached.CLAIMED),
    Cohort("lecture", "lecture", "centre", "", COOK, NONE, 20, 30, Reached.TRAINED),
    Cohort("attended", "nurse", "hope", "", NURSE, JUNIOR, 10, 10, Reached.ATTENDED),
    Cohort("training", "nurse", "hope", "", NURSE, JUNIOR, 12, 2, Reached.TRAINING),
    # an evening class that begins today
    Cohort("evening", "nurse", "hope", "", NURSE, JUNIOR, 4, 0, Reached.TRAINING, hours=20,
           begins_at_hour=19),
    Cohort("enrolled", "electrician", "hope", "", ELECTRICIAN, INTERMEDIATE, 12, -6, Reached.ENROLLED),
    Cohort("accepted", "nurse", "hope", "", NURSE, JUNIOR, 10, -12, Reached.ACCEPTED),
    Cohort("issued", "electrician", "hope", "", ELECTRICIAN, INTERMEDIATE, 10, -14, Reached.ISSUED),
    Cohort("filed", "nurse", "hope", "", NURSE, JUNIOR, 15, -16, Reached.FILED),
)  # fmt: skip
# days between the first day of a class and each step after it
SESSION_DAYS = 5
LEAD_DAYS = {
    "draft": -32,
    "file_class": -31,
    "file_roster": -30,
    "approve_class": -26,
    "issue": -25,
    "accept": -24,
    "enrol": -12,
}
AFTER_DAYS = {
    "finish": 7,
    "plan": 9,
    "exam": 17,
    "enter": 18,
    "publish": 19,
    "upload": 23,
    "register": 25,
    "claim": 27,
    "first": 29,
    "second": 31,
    "notice": 32,
    "clear": 46,
    "approve": 47,
    "prepare": 48,
    "check": 49,
    "bank": 52,
}
