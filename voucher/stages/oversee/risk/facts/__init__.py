"""The facts of the risk rules read from the database, a window of days at a time, by streamed queries."""

from voucher.stages.oversee.risk.facts.asking import Window as Window
from voucher.stages.oversee.risk.facts.gathering import read_facts as read_facts
from voucher.stages.oversee.risk.facts.gathering import read_marks_of_day as read_marks_of_day
