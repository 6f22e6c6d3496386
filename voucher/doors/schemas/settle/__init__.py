"""The shape of the nouns of 兑现: claims, batches, notices, payments, budgets."""
