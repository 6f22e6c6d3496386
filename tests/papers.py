"""Reading the text of a PDF as typst makes it: glyphs back to characters by each font's own table."""

from __future__ import annotations

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
STREAM = re.compile(rb"/Length (\d+)(?! \d+ R)\b.*?stream\r?\n", re.DOTALL)
FONT_NAME = re.compile(rb"/(f\w+) (\d+) 0 R", re.IGNORECASE)
SHOWN = re.compile(
    rb"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f\s]+)>|\((?:\\.|\((?:\\.|[^\\()])*\)|[^\\()])*\)", re.DOTALL
)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
SAID = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read_text(pdf: bytes) -> str:
    """Return the text of all pages, in the order it is drawn."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    tables = {
        name: _read_table(objects[int(found.group(1))])
        for body in objects.values()
        for name, font in FONT_NAME.findall(body)
        if (found := re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(font), b"")))
    }
    return "".join(
        _read_page(unpack(objects[int(number)]), tables)
        for body in objects.values()
        if re.search(rb"/Type\s*/Page\b", body)
        for number in re.findall(rb"/Contents (\d+) 0 R", body)
    )


def says(pdf: bytes, words: str) -> bool:
    """Return whether a paper says something, wherever its lines break."""
    return "".join(words.split()) in "".join(read_text(pdf).split())


def unpack(body: bytes) -> bytes:
    """Return what the stream of an object holds, nothing for one without."""
    found = STREAM.search(body)
    if found is None:
        return b""
    # as many bytes as the file says: the last one may look like the end of a line
    packed = body[found.end() : found.end() + int(found.group(1))]
    return zlib.decompress(packed) if b"/FlateDecode" in body else packed


def _read_table(body: bytes) -> dict[int, str]:
    table: dict[int, str] = {}
    told = unpack(body)
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", told, re.DOTALL):
        for glyph, said in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            table[int(glyph, 16)] = bytes.fromhex(said.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", told, re.DOTALL):
        for first, last, said in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", part):
            begun = ord(bytes.fromhex(said.decode()).decode("utf-16-be")[-1])
            for place, glyph in enumerate(range(int(first, 16), int(last, 16) + 1)):
                table[glyph] = chr(begun + place)
    return table


def _read_page(content: bytes, tables: dict[bytes, dict[int, str]]) -> str:
    said, table = [], {}
    for found in SHOWN.finditer(content):
        if found.group(1):
            table = tables.get(found.group(1), {})
            continue
        raw = bytes.fromhex(found.group(2).decode()) if found.group(2) else _unescape(found.group()[1:-1])
        said += [table.get(int.from_bytes(raw[at : at + 2]), "") for at in range(0, len(raw), 2)]
    return "".join(said)


def _unescape(raw: bytes) -> bytes:
    def say(found: re.Match[bytes]) -> bytes:
        told = found.group(1)
        return bytes([int(told, 8)]) if told.isdigit() else SAID.get(told, told)

    return ESCAPED.sub(say, raw)
