"""Somebody who uses nothing but the keyboard: from one thing to the next, tick, press, write."""

from __future__ import annotations

from tests.browser.looking import Person

FURTHEST = 600
# what a screen reader would call the thing under the keys
ASK_FOCUS = """() => {
  const each = document.activeElement;
  if (!each || each === document.body) return '';
  const label = each.labels && each.labels.length ? each.labels[0].textContent : '';
  return (label || each.getAttribute('aria-label') || each.textContent || '').trim();
}"""
# whether it can be seen that the keys are there
ASK_RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
}"""


def tab_to(person: Person, words: str) -> None:
    """Go on from thing to thing until the one that begins with these words, which has to be seen to be it."""
    for _ in range(FURTHEST):
        person.page.keyboard.press("Tab")
        if str(person.page.evaluate(ASK_FOCUS)).startswith(words):
            assert person.page.evaluate(ASK_RING), f"{words}: it cannot be seen where the keys are"
            return
    raise AssertionError(f"no key leads to {words} on {person.page.url}")


def press_by_keys(person: Person, words: str, key: str = "Enter") -> None:
    """Go to a button and push it."""
    tab_to(person, words)
    with person.page.expect_navigation():
        person.page.keyboard.press(key)


def tick_by_keys(person: Person, words: str) -> None:
    """Go to a box and tick it."""
    tab_to(person, words)
    person.page.keyboard.press("Space")
    assert person.page.evaluate("() => document.activeElement.checked")


def write_by_keys(person: Person, label: str, words: str) -> None:
    """Go to a field and write over what stands in it."""
    tab_to(person, label)
    person.page.keyboard.press("Control+A")
    person.page.keyboard.type(words)
