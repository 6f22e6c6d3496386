"""Pages of the office for who and what: institutions, corrections, delegations, tariffs."""
