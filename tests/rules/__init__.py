"""The law and the arithmetic, table by table."""
