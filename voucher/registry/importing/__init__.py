"""Files into the registry: one room per kind of table, and the frame that reads, checks and writes them."""
