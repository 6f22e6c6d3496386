"""Refusals and mistakes as answers: problem details for machines, a page for people."""
