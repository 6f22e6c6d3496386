"""POST /oauth/token: an institution's system trades its secret for a token (RFC 6749 4.4), by Authlib."""

from __future__ import annotations

import secrets
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from flask import Blueprint, Flask, Request, Response, current_app, request

from voucher.doors.auth.door import ANYBODY, the_door
from voucher.doors.auth.shield import limiter, sign_in_rate
from voucher.doors.auth.sign_in import read_rules
from voucher.registry.systems.rows import SystemScope
from voucher.registry.systems.tokens import ProvenSystem, issue_token, prove_secret

EXTENSION = "voucher_oauth"
TOKEN_BYTES = 32

oauth = Blueprint("oauth", __name__)


class _Client(ClientMixin):
    """Whoever names themselves at the token endpoint, registered or not: told apart by the secret only."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.proven: ProvenSystem | None = None

    def get_client_id(self) -> str:
        """Return the name given."""
        return self.client_id

    def check_client_secret(self, client_secret: str) -> bool:
        """Return whether the secret is good; a failure is counted in a transaction that is kept."""
        rules = read_rules()
        self.proven = the_door().perform_as(
            ANYBODY, lambda work: prove_secret(work, self.client_id, client_secret, rules)
        )
        return self.proven is not None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Return whether a system may prove itself this way: by header or in the form."""
        return endpoint == "token" and method in _Grant.TOKEN_ENDPOINT_AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether tokens are given out: to systems of institutions that are not stopped."""
        return grant_type == _Grant.GRANT_TYPE and self.proven is not None and self.proven.may_serve

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return what was asked for, all that is registered where nothing was, None where it is too much."""
        registered = self.proven.scopes if self.proven is not None else frozenset()
        wanted = set(scope.split()) if scope else set(registered)
        if not wanted <= registered:
            return None
        return " ".join(each for each in SystemScope if each in wanted)


class _Grant(ClientCredentialsGrant):
    """Client credentials, by header or in the form."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class _Asked(FlaskOAuth2Request):
    """A request to the token endpoint, as arrived: the shield, which knows the proxy, insists on HTTPS."""

    def __init__(self, arrived: Request) -> None:
        address = arrived.url.replace("http://", "https://", 1)
        OAuth2Request.__init__(self, method=arrived.method, uri=address, headers=arrived.headers)
        self._request = arrived
        self.payload = FlaskOAuth2Payload(arrived)


class _Server(AuthorizationServer):
    """Authlib's server over our own rows."""

    def create_oauth2_request(self, _request: object) -> _Asked:
        """Return the running request."""
        return _Asked(request)

    def query_client(self, client_id: str) -> _Client:
        """Return somebody of this name; whether there is one is not said before the secret is proven."""
        return _Client(client_id)

    def save_token(self, token: dict[str, Any], asked: Any) -> None:
        """Keep the hash of a token."""
        proven: ProvenSystem = asked.client.proven
        the_door().perform_as(
            ANYBODY, lambda work: issue_token(work, proven, token["access_token"], token["scope"])
        )


@oauth.post("/oauth/token")
@limiter.limit(sign_in_rate)
def fetch_token() -> Response:
    """Answer with a token, or with an error as RFC 6749 5.2 writes it."""
    answer: Response = current_app.extensions[EXTENSION].create_token_response()
    return answer


def install(app: Flask) -> None:
    """Open the token endpoint."""
    server = _Server(app)
    server.register_token_generator(
        "default",
        BearerTokenGenerator(
            lambda **_asked: secrets.token_urlsafe(TOKEN_BYTES),
            expires_generator=lambda client, _kind: client.proven.lifetime_minutes * 60,
        ),
    )
    server.register_grant(_Grant)
    app.extensions[EXTENSION] = server
    app.register_blueprint(oauth)
