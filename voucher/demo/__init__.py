"""The demonstration: synthetic people and a published quarter, settled by hands like the real ones."""
