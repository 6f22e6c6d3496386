"""The scan page without network: the page that is kept for it, and the service worker that keeps it."""

from __future__ import annotations

import json

from flask import Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.shield import let_programs_run
from voucher.doors.web.assets import the_frontend
from voucher.doors.web.institution.blueprint import institution

SCOPE = "/institution/scan"
WORKER_FILE = "counter-sw.js"
SCRIPTS = ("desk.ts", "counter.ts")


@institution.get("/institution/scan/offline")
def scan_offline() -> ResponseReturnValue:
    """Show the scan page of nobody in particular; what it knows lies sealed on the device that opens it."""
    let_programs_run()
    return render_template("institution/scan_offline.html")


@institution.get("/institution/scan/sw.js")
def scan_worker() -> ResponseReturnValue:
    """Hand out the service worker with the name of this build and every file the page may ask for."""
    frontend = the_frontend()
    found = frontend.files.get(WORKER_FILE)
    if found is None:
        abort(404)
    files = [url_for("static", filename=path) for path in frontend.list_files(*SCRIPTS)]
    known = f"self.BUILD={json.dumps(frontend.build)};\nself.FILES={json.dumps(files)};\n"
    answer = Response(known + found.read_text(encoding="utf-8"), mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = SCOPE
    answer.headers["Cache-Control"] = "no-cache"
    return answer
