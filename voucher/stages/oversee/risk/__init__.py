"""Risk flags (风险线索): the rules run over the facts of the last days, and what becomes of each flag."""
