"""亲情代办: who may act for whom, since when, until when, and how it was agreed to."""
