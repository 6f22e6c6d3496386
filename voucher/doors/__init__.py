"""Thin doors: read, one call, write. Flask, marshmallow and Jinja live only here."""
