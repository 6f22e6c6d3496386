"""Nouns of who and what: institutions, their people and systems, words and tariffs."""
