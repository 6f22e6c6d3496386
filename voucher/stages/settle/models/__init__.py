"""The tables of 兑现: batches and claims, signatures, notices, payments and what is recovered."""
