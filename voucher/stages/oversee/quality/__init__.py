"""质量评估: a year in figures beside those of its peers, and the stars a published formula makes of it."""
