"""What reads papers for the tests reads every one: a packed page may end in any byte."""

from __future__ import annotations

import zlib
from itertools import count

from tests.papers import unpack


def test_a_page_whose_last_byte_looks_like_the_end_of_a_line_is_read_whole() -> None:
    packs = ((each, zlib.compress(each)) for each in (b"(%d) Tj" % number for number in count()))
    said, packed = next((each, packed) for each, packed in packs if packed.endswith(b"\r"))
    body = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\n" % (len(packed), packed)
    assert unpack(body) == said
