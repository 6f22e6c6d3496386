"""Pages go out compressed: on a slow line a page is there in a third of the time."""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

KINDS = frozenset({"text/html", "text/csv", "application/json", "application/xml"})
WORTH_IT_BYTES = 600
LEVEL = 6
# a name of random length in the head of the file: what is compressed tells nothing by its length (BREACH)
NOISE_BYTES = 100


def pack(response: Response) -> Response:
    """Return an answer compressed where the browser takes it and it pays."""
    said = response.content_length
    if said is not None and said < WORTH_IT_BYTES:
        # the same for every browser, as nearly every answer of the API is
        return response
    if (
        response.mimetype not in KINDS
        or response.direct_passthrough
        or response.is_streamed
        or "Content-Encoding" in response.headers
        or response.status_code < 200
        or response.status_code in (204, 304)
    ):
        return response
    plain = response.get_data()
    if len(plain) < WORTH_IT_BYTES:
        # the same for every browser
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings.quality("gzip"):
        return response
    packed = io.BytesIO()
    noise = "x" * secrets.randbelow(NOISE_BYTES)
    with gzip.GzipFile(noise, "wb", LEVEL, packed, mtime=0) as file:
        file.write(plain)
    response.set_data(packed.getvalue())
    response.headers["Content-Encoding"] = "gzip"
    return response


def install(app: Flask) -> None:
    """Compress every page of an app on its way out."""
    app.after_request(pack)
