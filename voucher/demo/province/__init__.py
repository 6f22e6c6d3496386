"""The living part of the demonstration: a province where something is under way at every desk."""
