"""电子档案: one person's whole record, objected to, shown to others, signed."""
