"""兑现: claims, signatures, public notice, payment and recovery."""
