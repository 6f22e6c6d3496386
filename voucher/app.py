"""Assembles the house: nothing below imports it."""
