"""An institution's own program is connected: the step behind the button that shows its secret."""

from __future__ import annotations

from tests.browser.stepping import Stepping, push


def connect(steps: Stepping) -> None:
    """An institution's own program is registered, and its secret shown once."""
    person = steps.at("sandbox", "/institution/systems")
    push(person, "/institution/systems", empty=True)
    steps.note(person, "system-refused", "institution/systems.html")
    person.fill(name="教务程序")
    person.page.locator("main form input[name=scope]").first.check()
    push(person, "/institution/systems")
    steps.note(person, "system-secret", "institution/system_secret.html")
