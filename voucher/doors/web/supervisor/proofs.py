"""What is handed to somebody outside: checkpoints to keep, the proof of one payment, the verifier."""

from __future__ import annotations

import io
import json
from inspect import getsource

from flask import send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.ledger.audit import AuditCheckpoint
from voucher.ledger.sealing import anchor_line
from voucher.stages.oversee.handover import verify
from voucher.stages.oversee.handover.proofs import prove_payment

JSON_LINES = "application/x-ndjson"


@supervisor.get("/supervisor/checkpoints.jsonl")
def checkpoints() -> ResponseReturnValue:
    """Hand out every checkpoint as it was signed, one a line, for somebody else to keep."""
    door = the_door()
    with door.read() as session:
        made = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.seq))
        text = "".join(f"{json.dumps(anchor_line(each), ensure_ascii=False)}\n" for each in made)
    return send_file(
        io.BytesIO(text.encode()), mimetype=JSON_LINES, as_attachment=True,
        download_name=f"checkpoints-{door.today:%Y%m%d}.jsonl",
    )  # fmt: skip


@supervisor.get("/supervisor/payments/<int:payment_id>/proof.json")
def payment_proof(payment_id: int) -> ResponseReturnValue:
    """Hand out the proof of one payment: ids, amounts and hashes, no personal data."""
    door = the_door()
    with door.read() as session:
        proof = prove_payment(session, door.keyring, payment_id, current_actor().regions)
    text = json.dumps(proof, ensure_ascii=False, indent=1)
    return send_file(
        io.BytesIO(text.encode()), mimetype="application/json", as_attachment=True,
        download_name=f"payment-{payment_id}-proof.json",
    )  # fmt: skip


@supervisor.get("/supervisor/verify.py")
def verifier() -> ResponseReturnValue:
    """Hand out the program that checks proofs and packages without this system."""
    return send_file(
        io.BytesIO(getsource(verify).encode()), mimetype="text/x-python", as_attachment=True,
        download_name="verify.py",
    )  # fmt: skip
