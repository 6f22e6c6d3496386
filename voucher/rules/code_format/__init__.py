"""What a holder shows at a counter, as digits: how each kind of code is spelled, and nothing about trust.

    t_code          T, 22 digits made by the server, good once
"""

from __future__ import annotations

from voucher.rules.code_format.t_code import CODE_MALFORMED, KIND_T, RANDOM_DIGITS, make_t, parse_t

__all__ = ["CODE_MALFORMED", "KIND_T", "RANDOM_DIGITS", "make_t", "parse_t"]
