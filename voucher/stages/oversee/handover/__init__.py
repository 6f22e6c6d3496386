"""What is handed to auditors so that they need not believe this system: proofs, and packages that verify."""
