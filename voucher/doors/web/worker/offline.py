"""Without network: the page that is shown then, and the service worker that keeps what was loaded once."""

from __future__ import annotations

import json

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from voucher.doors.web.assets import the_frontend
from voucher.doors.web.worker.blueprint import worker

SCOPE = "/my"
WORKER_FILE = "sw.js"


@worker.get("/my/no-network")
def no_network() -> ResponseReturnValue:
    """Say that there is no network; the service worker keeps this page, as nobody in particular sees it."""
    return render_template("worker/no_network.html")


@worker.get("/my/sw.js")
def service_worker() -> ResponseReturnValue:
    """Hand out the service worker with the name of this build: another build is another worker."""
    frontend = the_frontend()
    found = frontend.files.get(WORKER_FILE)
    if found is None:
        abort(404)
    content = f"self.BUILD={json.dumps(frontend.build)};\n{found.read_text(encoding='utf-8')}"
    answer = Response(content, mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = SCOPE
    answer.headers["Cache-Control"] = "no-cache"
    return answer
