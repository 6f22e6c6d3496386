"""Nouns of 监管: holds, measures, complaints, stars, joins, retention."""
