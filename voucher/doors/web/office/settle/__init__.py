"""Pages of the office for 兑现: claims, batches, objections, what is printed and signed."""
