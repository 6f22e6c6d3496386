"""Candidates' appeals: filed, answered by the evaluator, taken to the office, and met where they are upheld.

    filing      against a result, a refusal at the door, a refused registration
    going_on    what who appealed does next: takes it back, takes it to the office
    answering   the evaluator: takes it up, upholds it with a correction, rejects it
    deciding    the office, for good
    settling    what was upheld against a door or a registration is met by another exam
    closing     what the clock does when a last day has passed
    reading     what all of them read and lock first

What was upheld against scores is met by a confirmed correction (`righting`). An open appeal stops nothing
but the end of its voucher: nobody loses by appealing.
"""
