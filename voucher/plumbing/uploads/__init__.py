"""Photographs and PDFs that come from outside: known by content, checked, rid of what they tell aside."""
