"""Applications for vouchers that are not given at once: filed, clarified, decided by an officer."""
