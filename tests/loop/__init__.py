"""Stories: what people do and what they see, readable as Chinese sentences."""
