"""One spelling whatever the keyboard."""

from voucher.rules.spelling import fold_spelling


def test_widths_spaces_and_invisible_marks_fall_away_and_case_stays() -> None:
    assert fold_spelling("\ufeff４１０ １０\t５\u200bｘ\u3000Y\x00") == "410105xY"
