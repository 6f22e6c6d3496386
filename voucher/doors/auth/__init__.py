"""Who is at the door, and which doors are open to them."""
