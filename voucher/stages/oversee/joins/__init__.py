"""审计比对: lists of others held against what was paid here, frozen with their hash; and the house itself."""
