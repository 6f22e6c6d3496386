"""Institutions' own systems: registered, given tokens, told what happened."""
