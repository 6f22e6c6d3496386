"""系统接入: an institution's own systems; a secret is shown once, in answer to the form."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, show_once, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.colleagues import ADMINISTRATORS
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.registry.systems import systems as registry
from voucher.registry.systems.rows import SCOPE_NAMES, InstitutionSystem, SystemScope

# what is shown once: whose it is and each secret, each with its name
Shown = tuple[tuple[str, str], list[tuple[str, str]]]
SHOWN_BEFORE = "已经办好。密钥只显示一次，没有存下的请更换密钥"


@institution.get("/institution/systems")
def systems() -> ResponseReturnValue:
    """Show the systems of this institution."""
    return _systems()


@institution.post("/institution/systems")
def register_system() -> ResponseReturnValue:
    """Register a system and show its secret once."""

    def call(work: Work) -> Shown:
        chosen = {each for each in SystemScope if each in request.form.getlist("scope")}
        house = fields.whole("institution_id", "机构")
        name = fields.text("name", "系统名称", limit=40)
        return _shown(*registry.register_system(work, house, name, chosen))

    return show_secret(call, _systems)


@institution.post("/institution/systems/<int:system_id>/secrets")
def rotate_secret(system_id: int) -> ResponseReturnValue:
    """Give a system a new secret and show it once."""

    def call(work: Work) -> Shown:
        secret = registry.rotate_secret(work, system_id)
        return _shown(work.session.get_one(InstitutionSystem, system_id), secret)

    return show_secret(call, _systems)


@institution.post("/institution/systems/<int:system_id>/confirmations")
def confirm_secret(system_id: int) -> ResponseReturnValue:
    """End the former secret of a system at once."""

    def call(work: Work) -> Done:
        registry.confirm_secret(work, system_id)
        return Done("旧密钥已停用，用它换取的令牌也已失效", url_for("web.institution.systems"))

    return submit(call, _systems)


@institution.post("/institution/systems/<int:system_id>/revocations")
def revoke_system(system_id: int) -> ResponseReturnValue:
    """Revoke a system at once."""

    def call(work: Work) -> Done:
        registry.revoke_system(work, system_id)
        return Done("已停用，这个系统当即不能再办理", url_for("web.institution.systems"))

    return submit(call, _systems)


def show_secret(call: Callable[[Work], Shown], again: Callable[[], str]) -> ResponseReturnValue:
    """Act once for the form's key and show the secret, which is kept nowhere."""
    return show_once(call, _page_of_secret, again, SHOWN_BEFORE)


def _page_of_secret(shown: Shown) -> str:
    owner, facts = shown
    return render_template("institution/system_secret.html", owner=owner, secrets=facts)


def _shown(found: InstitutionSystem, secret: str) -> Shown:
    facts = [("系统编号（client_id）", found.client_id), ("密钥（client_secret）", secret)]
    return ("系统名称", found.name), facts


def _systems() -> str:
    with the_door().read() as session:
        return render_template(
            "institution/systems.html",
            houses=[(each.id, each.name) for each in list_houses(session, ADMINISTRATORS)],
            systems=registry.list_systems(session, my_houses(ADMINISTRATORS), the_door().at),
            scopes=[(str(scope), name) for scope, name in SCOPE_NAMES.items()],
        )
