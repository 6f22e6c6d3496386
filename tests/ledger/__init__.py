"""What may never be lost or doubled."""
