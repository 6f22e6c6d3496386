"""Money that came back, as finance tells it: registered by one person, booked by another."""

from __future__ import annotations

from functools import partial

from tests.scene import Scene
from voucher.stages.settle.repaying import repay


def pay_back(
    scene: Scene, clawback_id: int, amount_fen: int, document: str | None = None, why: str = ""
) -> None:
    """Have the maker register a repayment by its document and the checker book it.

    `why` says that as much booked before was another payment.
    """
    scene.serials += 1
    said = document or f"缴款书 {scene.serials}"
    for login in ("制单员", "付款复核员"):
        scene.do(
            login, partial(repay, clawback_id=clawback_id, amount_fen=amount_fen, document=said, why=why)
        )
