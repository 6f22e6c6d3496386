"""What the front-end build made: its manifest, an integrity hash per file, answers compressed beforehand."""

from __future__ import annotations

import base64
import hashlib
import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, request, send_file, url_for

from voucher.rules.errors import Family, reason

YEAR_SECONDS = 365 * 24 * 3600
DAY_SECONDS = 24 * 3600
MANIFEST = "manifest.json"
HASHED = "assets/"  # what lies there has its content in its name
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
EXTENSION = "voucher.pages"

FRONTEND_MISSING = reason(
    "frontend_missing",
    "网页的样式和脚本还没有建立",
    "请运行 make frontend，再启动服务",
    "【设】网页缺少样式和脚本时不开放；DESIGN §7",
    Family.UNAVAILABLE,
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One built file: where it lies under /static, and the hash a browser holds it against."""

    path: str
    integrity: str

    @property
    def url(self) -> str:
        """Return the address of the file."""
        return url_for("static", filename=self.path)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry point brings into a page, in the order it is needed."""

    script: Asset
    preloads: tuple[Asset, ...]
    styles: tuple[Asset, ...]


class Frontend:
    """The built front end: read once, when the app is made."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest. Raises Refused frontend_missing."""
        self.folder = folder
        try:
            written = (folder / MANIFEST).read_bytes()
            manifest = json.loads(written)
            self.files = {
                path.relative_to(folder).as_posix(): path
                for path in sorted(folder.rglob("*"))
                if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
            }
            self._manifest: dict[str, dict[str, Any]] = manifest
            self.entries = {
                name.removeprefix("src/"): self._read_entry(manifest, name)
                for name, each in manifest.items()
                if each.get("isEntry")
            }
        except (OSError, ValueError, KeyError) as broken:
            raise FRONTEND_MISSING.refused() from broken
        if not self.entries:
            raise FRONTEND_MISSING.refused()
        self.build = hashlib.sha256(written).hexdigest()[:16]

    def _read_entry(self, manifest: dict[str, dict[str, Any]], name: str) -> Entry:
        chunks: list[str] = []

        def gather(chunk: str) -> None:
            for inner in manifest[chunk].get("imports", ()):
                gather(inner)
            if chunk not in chunks:
                chunks.append(chunk)

        gather(name)
        styles = dict.fromkeys(sheet for chunk in chunks for sheet in manifest[chunk].get("css", ()))
        return Entry(
            script=self._read_asset(manifest[name]["file"]),
            preloads=tuple(self._read_asset(manifest[chunk]["file"]) for chunk in chunks if chunk != name),
            styles=tuple(self._read_asset(sheet) for sheet in styles),
        )

    def list_files(self, *names: str) -> list[str]:
        """Return every file some entry points may ever ask for, what they fetch later included."""
        files: dict[str, None] = {}
        chunks = [f"src/{name}" for name in names]
        for chunk in chunks:
            told = self._manifest[chunk]
            files |= dict.fromkeys([told["file"], *told.get("css", ()), *told.get("assets", ())])
            more = [*told.get("imports", ()), *told.get("dynamicImports", ())]
            chunks += [each for each in more if each not in chunks]
        return list(files)

    def _read_asset(self, path: str) -> Asset:
        digest = hashlib.sha384(self.files[path].read_bytes()).digest()
        return Asset(path, "sha384-" + base64.b64encode(digest).decode())

    def choose(self, path: str) -> tuple[Path, str | None]:
        """Return the file of a path and its encoding, compressed where the browser takes it. Raises 404."""
        plain = self.files.get(path)
        if plain is None:
            abort(404)
        for encoding, ending in ENCODINGS:
            compressed = self.files.get(path + ending)
            if compressed is not None and request.accept_encodings.quality(encoding) > 0:
                return compressed, encoding
        return plain, None


def asset(name: str) -> Entry:
    """Return what an entry point brings: `asset('desk.ts')` in templates."""
    return the_frontend().entries[name]


def the_frontend() -> Frontend:
    """Return the front end of the running app."""
    frontend: Frontend = current_app.extensions[EXTENSION]
    return frontend


def _send(filename: str) -> Response:
    chosen, encoding = the_frontend().choose(filename)
    kept = YEAR_SECONDS if filename.startswith(HASHED) else DAY_SECONDS
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    answer = send_file(chosen, mimetype=kind, conditional=True, max_age=kept)
    answer.headers["Vary"] = "Accept-Encoding"
    if encoding is not None:
        answer.headers["Content-Encoding"] = encoding
    if kept == YEAR_SECONDS:
        answer.cache_control.public = True
        answer.cache_control.immutable = True
    return answer


def install(app: Flask, folder: Path) -> None:
    """Serve what was built under /static and tell templates about it. Raises Refused frontend_missing."""
    app.extensions[EXTENSION] = Frontend(folder)
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=_send)
    app.jinja_env.globals["asset"] = asset
