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
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity, normalise_organisation_code
from voucher.rules.levels import clean_word, parse_level
from voucher.rules.names import normalise_name
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify.extract import RegisterRow, read_status

LONGEST_WORD = 80
FIELDS = (
    *("name", "identity_number", "occupation_code", "level"),
    *("number", "issued_on", "evaluator_code", "status"),
)


@dataclass(frozen=True, slots=True)
class RegisterQuestion:
    """A certificate and its holder as they are sent; they leave this house only towards the register."""

    number: str
    identity_number: str
    name: str
    on: date


class HttpRegister:
    """A register that is asked in JSON and answers with the certificate, or with none."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def ask(self, question: RegisterQuestion) -> RegisterRow | None:
        """Return the register's row, or None where it has none of that number. Raises NoAnswerError.

        More than one, a word of another type, an unknown level or status: all of it is no answer.
        """
        answer = self._caller.ask(
            {
                "number": question.number,
                "identity_number": question.identity_number,
                "name": question.name,
            }
        )
        found = answer.get("certificates")
        if not isinstance(found, list) or len(found) > 1:
            raise NoAnswerError(Failure.MALFORMED, "certificates")
        return _read(found[0], question.on) if found else None


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
