"""Every rule of the money with one thing wrong in it: its own tests have to notice."""
