"""A room of the API: looking reads in one session, acting is one act in one transaction, once per key."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import Schema
from sqlalchemy.orm import Session

from voucher.doors.api.answering import Foreseen, answer_once, digest_body, hear_of, take_body
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.bearers import check_proving
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import Entry
from voucher.doors.auth.matrix.systems import SYSTEMS
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.problem import BODY_INVALID
from voucher.plumbing.idempotency import KEY_HEADER, MAX_KEY_LENGTH, Answer, fingerprint
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.pieces import digest_pieces, lay_open
from voucher.plumbing.wire import Row
from voucher.registry import catalogue
from voucher.rules.actor import REGION_FOREIGN, ROLE_NAMES
from voucher.rules.errors import KeptRefused, Refusal, Refused

_KEY_PARAMETER = {
    "in": "header",
    "name": KEY_HEADER,
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
    "description": "每次办理一个新值；同值同内容重发只办理一次，答复相同",
    "example": "5f0c6f0e-6d0a-4a53-9d0b-7f8e1c1d2a3b",
}

_KEY_FORGOTTEN = {
    **_KEY_PARAMETER,
    "required": False,
    "description": "可以带，但不记：每次都重新办理，答复不留存",
}

_MULTIPART = "multipart/form-data"

View = Callable[..., Any]
# told of a refusal once nothing of the refused act is left, with what was asked and the ids of the address
Witness = Callable[[dict[str, Any], dict[str, Any], Refusal], None]


class Room(Blueprint):
    """A blueprint whose views are given a session to read, or a work to act in."""

    def look(
        self, path: str, *, answer: type[Schema], query: type[Schema] | None = None, example: Any = None
    ) -> Callable[[View], View]:
        """Register `view(session, asked, **ids)`, whose result is written by the answer's schema."""

        def register(view: View) -> View:
            @wraps(view)
            def run(*asked: dict[str, Any], **ids: Any) -> Any:
                with the_door().read() as session:
                    return view(session, asked[0] if asked else {}, **ids)

            told = self.response(200, answer, example=example)(run)
            if query is not None:
                told = self.arguments(query(), location="query")(told)
            entry = self._entry(view.__name__, writes=False, names="<" in path or query is not None)
            self._open(path, "GET", view, self.doc(**entry)(told))
            return view

        return register

    def act(
        self,
        path: str,
        *,
        body: type[Schema],
        answer: type[Schema],
        status: int = 201,
        example: Any = None,
        rate: Any = None,
        witness: Witness | None = None,
        ahead: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
        said_once: str | None = None,
        foresee: Callable[[Work, dict[str, Any], str], Foreseen | None] | None = None,
    ) -> Callable[[View], View]:
        """Register `view(work, body, **ids)`, run once per key; `example` is of the body.

        The witness is told whatever the act itself refused, after nothing of it is left; `ahead` is called
        before the act, while no transaction is open. What is `said_once` (a secret) is not stored: the same
        key again is answered with null there. What `foresee` asks of the database before the view is run is
        handed to it as `foreseen`.
        """

        def register(view: View) -> View:
            written = answer()
            check_proving(f"{self.name}.{view.__name__}", asks_ahead=foresee is not None)

            @wraps(view)
            def run(given: dict[str, Any], **ids: Any) -> Response:
                reached = False
                more = dict(ids)
                if ahead is not None:
                    ahead(given, ids)

                def look_ahead(work: Work, key: str) -> Callable[[], list[Row] | None]:
                    nonlocal reached
                    reached = False  # run again after a race, what is refused may be the key, not the act
                    foreseen = more["foreseen"] = foresee(work, given, key) if foresee is not None else None
                    return lambda: hear_of(work, foreseen)

                def act(work: Work) -> Answer:
                    nonlocal reached
                    reached = True
                    return Answer(status, written.dump(view(work, given, **more)))

                try:
                    return answer_once(act, digest_body(), said_once, look_ahead if foresee else None)
                except Refused as refused:
                    if reached and witness is not None and not isinstance(refused, KeptRefused):
                        witness(given, ids, refused.refusal)
                    raise

            # one schema for every request: a class would be built anew for each
            told = self.arguments(given := body(), example=example)(self.response(status, answer)(run))
            entry = self._entry(view.__name__, writes=True, limited=rate is not None)
            told = self.doc(**entry, parameters=[_KEY_PARAMETER])(told)
            told = wraps(told)(take_body(self.ARGUMENTS_PARSER, given, run))
            self._open(path, "POST", view, rate(told) if rate is not None else told)
            return view

        return register

    def ask(
        self,
        path: str,
        *,
        body: type[Schema],
        answer: type[Schema],
        status: int = 200,
        example: Any = None,
        rate: Any = None,
        keep: bool = True,
        witness: Witness | None = None,
    ) -> Callable[[View], View]:
        """Register `view(work, body, **ids)`, run anew each time: no answer is stored under the key.

        For what must not be stored (a code) and for what has no effect; with keep=False everything is rolled
        back at the end (a dry run).
        """

        def register(view: View) -> View:
            written = answer()

            @wraps(view)
            def run(given: dict[str, Any], **ids: Any) -> Response:
                try:
                    told = perform(lambda work: written.dump(view(work, given, **ids)), keep=keep)
                except Refused as refused:
                    if witness is not None:
                        witness(given, ids, refused.refusal)
                    raise
                response = jsonify(told)
                response.status_code = status
                return response

            told = self.response(status, answer)(run)
            told = self.arguments(body(), example=example)(told)
            entry = self._entry(view.__name__, writes=True, limited=rate is not None)
            entry |= {"parameters": [_KEY_FORGOTTEN]}
            told = self.doc(**entry)(told)
            self._open(path, "POST", view, rate(told) if rate is not None else told)
            return view

        return register

    def act_on_file(
        self, path: str, *, form: type[Schema], answer: type[Schema], in_pieces: bool = False
    ) -> Callable[[View], View]:
        """Register `view(work, form, file, **ids)` for a multipart body with one part called `file`.

        The file is its name and its bytes; `in_pieces` leaves these where the upload lies on the disk.
        """

        def register(view: View) -> View:
            written = answer()

            @wraps(view)
            def run(given: dict[str, Any], **ids: Any) -> Response:
                file = request.files.get("file")
                if file is None or not file.filename:
                    raise BODY_INVALID.refused(fields={"file": ["必填"]})
                digest = digest_pieces(file.stream)

                def act(work: Work) -> Answer:
                    with lay_open(file.stream) as content:
                        held = content if in_pieces else bytes(content)
                        told = view(work, given, (file.filename, held), **ids)
                    return Answer(201, written.dump(told))

                return answer_once(
                    act, fingerprint(request.method, request.path, sorted(request.form.items()), digest)
                )

            told = self.response(201, answer)(run)
            told = self.arguments(form(), location="form", content_type=_MULTIPART)(told)
            entry = self._entry(view.__name__, writes=True) | {
                "parameters": [_KEY_PARAMETER],
                # read from the parts, not from the fields of the form; described with them
                "requestBody": {"content": {_MULTIPART: {"schema": _with_file(form)}}},
            }
            self._open(path, "POST", view, self.doc(**entry)(told))
            return view

        return register

    def describe_look(self, name: str) -> Callable[[View], View]:
        """Document a view that answers with a file and changes nothing: no key."""
        described: Callable[[View], View] = self.doc(**self._entry(name, writes=False))
        return described

    def describe_act(self, name: str) -> Callable[[View], View]:
        """Document a view that acts by itself: its key, and who may come in."""
        described: Callable[[View], View] = self.doc(
            **self._entry(name, writes=True), parameters=[_KEY_PARAMETER]
        )
        return described

    def describe_own(self, name: str, *, writes: bool) -> Callable[[View], View]:
        """Document a view about the caller's own session: no key, and nothing is named."""
        described: Callable[[View], View] = self.doc(**self._entry(name, writes=writes, names=False))
        return described

    def describe_entrance(self, name: str) -> Callable[[View], View]:
        """Document a view that lets somebody in: no key, no session, and a limit on how often."""
        told = self._entry(name, writes=True, limited=True)
        told["responses"] |= _named(HTTPStatus.UNAUTHORIZED)
        described: Callable[[View], View] = self.doc(**told)
        return described

    def _entry(self, name: str, *, writes: bool, names: bool = True, limited: bool = False) -> dict[str, Any]:
        """Return what the documentation says of who may come in; the matrix is the one that knows.

        `names` says that the request names something, which may be missing or wrong.
        """
        access = MATRIX[f"{self.name}.{name}"]
        public = access.who is Entry.PUBLIC
        told = {"responses": _refusals(writes=writes, names=names, public=public, limited=limited)}
        if public:
            return {**told, "security": [], "description": f"{access.note}。无须登录。"}
        security: dict[str, list[str]] = {"session": [], "csrf": []} if writes else {"session": []}
        ways = [security]
        scope = SYSTEMS.get(f"{self.name}.{name}")
        if scope is not None:
            ways.append({"system": [str(scope)]})
        if isinstance(access.who, Entry):
            return {**told, "security": ways, "description": f"{access.note}。登录即可。"}
        roles = "、".join(name for role, name in ROLE_NAMES.items() if role in access.who)
        return {**told, "security": ways, "description": f"{access.note}。权限：{roles}。"}

    def _open(self, path: str, method: str, view: View, told: View) -> None:
        self.add_url_rule(path, view.__name__, told, methods=[method])


def _refusals(*, writes: bool, names: bool, public: bool, limited: bool) -> dict[str, str]:
    """Return every status a request may be refused with, by its component in the description."""
    statuses = {HTTPStatus.BAD_REQUEST}
    if not public:
        statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if names or writes:
        statuses |= {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
    if writes:
        statuses |= {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    if limited:
        statuses.add(HTTPStatus.TOO_MANY_REQUESTS)
    return _named(*statuses)


def _with_file(form: type[Schema]) -> type[Schema]:
    """Return what describes a form together with its part called `file`."""
    part = Upload(required=True, metadata={"description": "文件本身，须带文件名"})
    return form.from_dict({"file": part}, name=f"{form.__name__}WithFile")


def _named(*statuses: HTTPStatus) -> dict[str, str]:
    return {str(int(each)): each.name for each in sorted(statuses)}


def within(session: Session, region_code: str | None) -> frozenset[str]:
    """Return the caller's regions, or those below the one asked for. Raises Refused region_foreign."""
    regions = current_actor().regions
    if region_code is None:
        return regions
    if region_code not in regions:
        raise REGION_FOREIGN.refused(region=region_code)
    return regions & frozenset(catalogue.list_subtree(session, region_code))
