"""Ways into an exam: on evidence, and by education no higher than it opens."""

from __future__ import annotations

import pytest

from voucher.rules.entries import Education, Entry, EntryWay, check_entry
from voucher.rules.errors import Refused

OPENED = {Education.SECONDARY: 3, Education.HIGHER: 4, Education.BACHELOR: 4}


@pytest.mark.parametrize("level", range(1, 9))
@pytest.mark.parametrize("education", list(Education))
def test_education_opens_levels_up_to_its_own(education: Education, level: int) -> None:
    """中职毕业到中级工，高职、应用型本科到高级工。"""
    entry = Entry(EntryWay.EDUCATION, "毕业证书 001", education)
    if level <= OPENED[education]:
        check_entry(entry, level, OPENED)
        return
    with pytest.raises(Refused, match="entry_level_too_high"):
        check_entry(entry, level, OPENED)


@pytest.mark.parametrize("way", [each for each in EntryWay if each is not EntryWay.EDUCATION])
def test_other_ways_stand_on_their_evidence_alone(way: EntryWay) -> None:
    check_entry(Entry(way, "豫人社〔2023〕1号"), 5, OPENED)
    with pytest.raises(Refused, match="entry_evidence_missing"):
        check_entry(Entry(way, " "), 5, OPENED)
    check_entry(None, 0, OPENED)
    with pytest.raises(Refused, match="entry_way_missing"):
        check_entry(None, 1, OPENED)
