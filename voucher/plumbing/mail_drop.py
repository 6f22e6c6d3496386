"""Mail left for the machine's own mail system: one file per letter, whole or not there at all."""

from __future__ import annotations

import os
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path


def drop_mail(folder: Path, name: str, to: str, subject: str, text: str) -> Path:
    """Write a letter to the outbox folder and return its file; a name already there is written anew."""
    letter = EmailMessage(policy=SMTP)
    letter["To"], letter["Subject"] = to, subject
    letter.set_content(text)
    folder.mkdir(parents=True, exist_ok=True)
    path, draft = folder / f"{name}.eml", folder / f".{name}.part"
    with draft.open("wb") as out:
        out.write(bytes(letter))
        out.flush()
        os.fsync(out.fileno())
    draft.rename(path)
    return path
