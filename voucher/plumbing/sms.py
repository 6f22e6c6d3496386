"""Short messages: the port the house sends through, and the one that speaks HTTP to a provider.

Never called within a transaction: letters of the outbox are carried here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from voucher.plumbing.calling import Caller, Failure, NoAnswerError, Patience
from voucher.rules.errors import Family, reason

SOURCE = "【设】短信通道"
# somebody waits for a code: a provider that stumbled is tried again sooner than another authority
PATIENCE = Patience(rest=timedelta(seconds=30))

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

    The reference lets the provider take a message once, however often it is handed over.
    """

    def __init__(self, url: str, token: str, *, patience: Patience = PATIENCE) -> None:
        self._provider = Caller(url, token=token, patience=patience, name="sms")

    def send(self, number: str, words: str, reference: str) -> None:
        """Hand over one message. Raises Refused sms_unreachable, sms_not_taken."""
        try:
            self._provider.tell({"reference": reference, "mobile": number, "text": words})
        except NoAnswerError as silent:
            if silent.failure is Failure.REFUSED:
                raise SMS_NOT_TAKEN.refused(why=silent.detail) from None
            raise SMS_UNREACHABLE.refused() from None
