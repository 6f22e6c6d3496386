"""JSON under /api/v1: an act that is no plain reading or writing is a noun."""
