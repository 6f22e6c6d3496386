"""The register over HTTP: asked about one certificate, read strictly, anew every time.

The answer has to be about the number asked. Whether it is about the person asked is said beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from voucher.plumbing.calling import Caller, Failure, NoAnswerError
from voucher.registry.importing.evaluators import read_trade
from voucher.registry.importing.reading import NO_LEVEL_WORDS
from voucher.rules.certificate_numbers import parse_certificate_number
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity, normalise_organisation_code
from voucher.rules.levels import clean_word, parse_level
from voucher.rules.names import normalise_name
from voucher.rules.renewals import carries_over
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify.extract import RegisterRow, read_status

LONGEST_WORD = 80
# a card lasts six years, and one person has cards of a few trades: no working life has more of one number
CARDS_MOST = 60
FIELDS = (
    *("name", "identity_number", "occupation_code", "level"),
    *("number", "issued_on", "evaluator_code", "status"),
)


@dataclass(frozen=True, slots=True)
class RegisterQuestion:
    """A certificate and its holder as they are sent; they leave this house only towards the register.

    `trade_code` and `issued_on` are not sent: they say which of several cards of one number is meant.
    """

    number: str
    identity_number: str
    name: str
    on: date
    trade_code: str
    issued_on: date


class HttpRegister:
    """A register that is asked in JSON and answers with the certificate, or with none."""

    def __init__(self, caller: Caller, aliases: Mapping[str, str]) -> None:
        self._caller = caller
        self._aliases = aliases

    def ask(self, question: RegisterQuestion) -> RegisterRow | None:
        """Return the register's row, or None where it has none of that number. Raises NoAnswerError.

        Of a number that renewed cards keep it is the card asked about, or the last one, sooner of its trade.
        More than one otherwise, a word of another type, an unknown level or status: all of it is no answer.
        """
        answer = self._caller.ask(
            {
                "number": question.number,
                "identity_number": question.identity_number,
                "name": question.name,
            }
        )
        found = answer.get("certificates")
        if not isinstance(found, list) or len(found) > (CARDS_MOST if carries_over(question.number) else 1):
            raise NoAnswerError(Failure.MALFORMED, "certificates")
        rows = [_read(each, question.on) for each in found]
        cards = {self._card_of(row) for row in rows if row.number == question.number}
        if len(rows) > 1 and len(cards) < len(rows):
            raise NoAnswerError(Failure.MALFORMED, "certificates")
        meant = canonical_occupation(question.trade_code, self._aliases), question.issued_on

        def nearness(row: RegisterRow) -> tuple[bool, bool, date]:
            card = self._card_of(row)
            return card[0] == meant[0], card == meant, row.issued_on

        return max(rows, key=nearness, default=None)

    def _card_of(self, row: RegisterRow) -> tuple[str, date]:
        return canonical_occupation(row.trade_code, self._aliases), row.issued_on


def _read(told: Any, on: date) -> RegisterRow:
    if not isinstance(told, Mapping):
        raise NoAnswerError(Failure.MALFORMED, "certificate")
    words = {name: told.get(name) for name in FIELDS}
    for name, word in words.items():
        if not isinstance(word, str) or len(word) > LONGEST_WORD:
            raise NoAnswerError(Failure.MALFORMED, name)
    try:
        return _parse({name: str(word) for name, word in words.items()}, on)
    except (Refused, ValueError):
        # which word it was says enough; the word itself may hold a name
        raise NoAnswerError(Failure.MALFORMED, "word") from None


def _parse(words: Mapping[str, str], on: date) -> RegisterRow:
    level, trade = words["level"], words["occupation_code"]
    return RegisterRow(
        name=normalise_name(words["name"]),
        identity=normalise_identity(words["identity_number"], on),
        trade_code=read_trade(trade) if trade else "",
        level=0 if clean_word(level) in NO_LEVEL_WORDS else int(parse_level(level)),
        number=parse_certificate_number(words["number"], CertificateKind.SPECIAL_OPERATION).text,
        issued_on=date.fromisoformat(words["issued_on"]),
        evaluator_code=normalise_organisation_code(words["evaluator_code"]),
        status=read_status(words["status"]),
    )
