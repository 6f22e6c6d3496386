"""Is it alive, and how does it do: /healthz and /metrics, with nothing personal in either."""

from __future__ import annotations

import time

from flask import Blueprint, Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from voucher.doors.auth.asked import notes, the_app, the_request
from voucher.doors.auth.door import the_door
from voucher.stages.oversee.anchoring import find_open_gap

pulse = Blueprint("pulse", __name__)
EXTENSION = "voucher-metrics"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The numbers of one process, by endpoint and status; never by address, because addresses carry ids."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "voucher_requests", "Requests answered", ["endpoint", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "voucher_request_seconds", "Time to answer", ["endpoint"], registry=self.registry
        )
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, endpoint: str, method: str, status: int) -> Histogram:
        """Count one answer, and return what takes its time; endpoints, methods and statuses are few."""
        known = self._counted.get((endpoint, method, status))
        if known is None:
            known = self.requests.labels(endpoint, method, str(status)), self.seconds.labels(endpoint)
            self._counted[endpoint, method, status] = known
        known[0].inc()
        return known[1]


@pulse.get("/healthz")
def healthz() -> tuple[dict[str, str], int]:
    """Answer whether the database can be reached, and whether the trail is anchored in time."""
    door = the_door()
    try:
        with door.read() as session:
            gap = find_open_gap(session, door.at)
    except SQLAlchemyError:
        return {"status": "unavailable"}, 503
    # an open gap is for people: whoever restarts processes by this answer must not
    return {"status": "ok", "trail": "late" if gap is not None else "anchored"}, 200


@pulse.get("/metrics")
def metrics() -> Response:
    """Return the counters for Prometheus."""
    kept: Metrics = the_app().extensions[EXTENSION]
    return Response(generate_latest(kept.registry), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask) -> None:
    """Count every answer of the app, and open both addresses."""
    kept = Metrics()
    app.extensions[EXTENSION] = kept

    def begin() -> None:
        notes().voucher_began = time.monotonic()

    def count(response: Response) -> Response:
        asked = the_request()
        endpoint = asked.endpoint or "none"
        method = asked.method if asked.method in METHODS else "other"
        seconds = kept.count(endpoint, method, response.status_code)
        began: float | None = notes().get("voucher_began")
        if began is not None:
            seconds.observe(time.monotonic() - began)
        return response

    app.before_request(begin)
    app.after_request(count)
    app.register_blueprint(pulse)
