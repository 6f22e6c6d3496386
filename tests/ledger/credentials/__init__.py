"""Credentials, keys and codes."""
