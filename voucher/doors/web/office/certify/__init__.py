"""Pages of the office for 持证: certificates, numbers, records, revocations."""
