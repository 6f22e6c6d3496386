"""Revoking a certificate as an officer does who has just looked at what falls with it: as the play does."""

from __future__ import annotations

from voucher.demo.province.revoking import revoke_certificate as revoke_certificate
