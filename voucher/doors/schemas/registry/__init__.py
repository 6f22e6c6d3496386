"""The shape of the nouns of who and what: institutions, their people and systems, words and tariffs."""
