"""Short messages: the port the house sends through, and the one that speaks HTTP to a provider.

Never called within a transaction: letters of the outbox are carried here.
"""

from __future__ import annotations

from typing import Protocol

import pybreaker
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from voucher.rules.errors import Family, reason

SOURCE = "【设】短信通道"
CONNECT_SECONDS, ANSWER_SECONDS = 3, 5
TRIES_AGAIN = 2
FAILURES_ALLOWED, REST_SECONDS = 5, 30
TOO_MANY, SERVER_FAULT = 429, 500

SMS_UNREACHABLE = reason(
    "sms_unreachable",
    "短信通道暂时没有响应",
    "系统会自动重发；长时间收不到短信请改用密码登录或到窗口办理",
    SOURCE,
    Family.UNAVAILABLE,
)
SMS_NOT_TAKEN = reason(
    "sms_not_taken",
    "短信通道拒收了这条短信",
    "请核对手机号能否接收短信；接口账号或签名有误的，请联系系统管理员",
    SOURCE,
)


class SmsPort(Protocol):
    """Whatever takes a short message for a number."""

    def send(self, number: str, words: str, reference: str) -> None:
        """Hand over one message; the same reference again is the same message.

        Raises Refused sms_unreachable, sms_not_taken.
        """


class HttpSms:
    """Hands messages to a provider: POST with reference, mobile and text, and a bearer token.

    Waits and tries again within bounds; after several failures in a row it rests and refuses at once, so
    that a dead provider does not hold the worker. The reference lets the provider take a message once.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self._url = url
        self._timeouts = (CONNECT_SECONDS, answer_seconds)
        self._breaker = pybreaker.CircuitBreaker(fail_max=FAILURES_ALLOWED, reset_timeout=rest_seconds)
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        retry = Retry(
            total=TRIES_AGAIN,
            backoff_factor=0.2,
            status_forcelist=(502, 503, 504),
            allowed_methods=frozenset({"POST"}),
            raise_on_status=False,
        )
        self._session.mount(url, HTTPAdapter(max_retries=retry))

    def send(self, number: str, words: str, reference: str) -> None:
        """Hand over one message. Raises Refused sms_unreachable, sms_not_taken."""
        asked = {"reference": reference, "mobile": number, "text": words}
        try:
            status = self._breaker.call(self._post, asked)
        except (requests.RequestException, pybreaker.CircuitBreakerError):
            # what went wrong may carry the number in its text, so it does not travel along
            raise SMS_UNREACHABLE.refused() from None
        if status == TOO_MANY:
            raise SMS_UNREACHABLE.refused()
        if not 200 <= status < 300:
            raise SMS_NOT_TAKEN.refused(status=status)

    def _post(self, asked: dict[str, str]) -> int:
        answer = self._session.post(self._url, json=asked, timeout=self._timeouts, allow_redirects=False)
        if answer.status_code >= SERVER_FAULT:
            raise requests.HTTPError(f"status {answer.status_code}")
        return answer.status_code
