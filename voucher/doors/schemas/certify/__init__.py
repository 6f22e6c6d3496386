"""The shape of the nouns of 持证: certificates, numbers, the register, the lifelong record."""
