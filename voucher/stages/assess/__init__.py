"""评价: exam batches and results."""
