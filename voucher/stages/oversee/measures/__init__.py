"""处置措施: the graduated ladder, proposed by one and confirmed by another, with its effect in view."""
