"""What search engines are told: the pages worth finding, and the ones with people's lines left out."""

from __future__ import annotations

from xml.sax.saxutils import escape

from flask import Response, url_for
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.web.public.blueprint import public
from voucher.registry.directory import NOT_PUBLIC
from voucher.registry.institutions import Institution

PAGES = (
    "home", "guide", "joining", "classes", "institutions", "evaluators", "standards", "levels", "notices",
    "check", "figures", "dictionary", "accessibility", "privacy",
)  # fmt: skip
MOST_ADDRESSES = 50_000  # what one site map may hold (sitemaps.org)


@public.get("/robots.txt")
def robots() -> Response:
    """Allow the public pages one by one: desks, lists of people and objections are nobody's to collect."""
    allowed = [f"{url_for(f'web.public.{each}')}$" for each in PAGES]
    lines = ["User-agent: *", "Disallow: /", "Allow: /static/", "Allow: /institutions/", "Allow: /classes/"]
    lines += [f"Allow: {each}" for each in allowed]
    lines += [f"Sitemap: {url_for('web.public.sitemap', _external=True)}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@public.get("/sitemap.xml")
def sitemap() -> Response:
    """List the public pages and every institution of the directory."""
    with the_door().read() as session:
        ids = session.scalars(
            select(Institution.id)
            .where(Institution.state.not_in(NOT_PUBLIC))
            .order_by(Institution.id)
            .limit(MOST_ADDRESSES - len(PAGES))
        ).all()
    found = [url_for(f"web.public.{each}", _external=True) for each in PAGES]
    found += [url_for("web.public.institution", institution_id=each, _external=True) for each in ids]
    body = "".join(f"<url><loc>{escape(each)}</loc></url>" for each in found)
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>',
        mimetype="application/xml",
    )
