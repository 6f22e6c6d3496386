"""What is handed out: proofs and packages that need no belief in this system, the statistics as a file."""
