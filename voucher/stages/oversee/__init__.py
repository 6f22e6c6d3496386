"""监管: invariants, statistics and what supervisors ask."""
