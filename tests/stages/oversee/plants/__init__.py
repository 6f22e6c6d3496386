"""A sin for every invariant."""

from __future__ import annotations

from tests.stages.oversee.plants.lives import LIVES
from tests.stages.oversee.plants.money import MONEY
from tests.stages.oversee.plants.payments import PAYMENTS
from tests.stages.oversee.plants.people import PEOPLE
from tests.stages.oversee.plants.shape import Plant as Plant
from tests.stages.oversee.plants.trail import TRAIL
from tests.stages.oversee.plants.vouchers import VOUCHERS

PLANTS: tuple[Plant, ...] = (*MONEY, *PEOPLE, *LIVES, *PAYMENTS, *VOUCHERS, *TRAIL)
