"""Pages, by who stands there; each calls the same act as the API."""
