"""Storms: 64 at once on one entitlement, one budget, one key; kill -9 under load; run by `make storm`.

Every storm has a control beside it that must fail, so that a calm result means something.
"""
