"""Stories of training: classes, places in them, what is refused at a counter."""
