"""Nouns of 兑现: claims, batches, notices, payments, budgets."""
