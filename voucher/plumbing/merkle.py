"""Merkle trees as RFC 6962 draws them: one root stands for many leaves, a short path proves one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def hash_leaf(data: bytes) -> bytes:
    """Return the hash of a leaf; leaves and nodes are hashed apart, or a node could pass for a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of two hashes, the left one first."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of leaves. Raises ValueError where there is none."""
    if not leaves:
        raise ValueError("a tree needs a leaf")
    return levels_of(leaves)[-1][0]


def levels_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return every level of the tree over the hashes of leaves, the leaves first and the root last."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        levels.append(_raise(levels[-1]))
    return levels


def path_of(levels: Sequence[Sequence[bytes]], index: int) -> list[tuple[str, str]]:
    """Return what a leaf is hashed with on its way up: on which side that stands, and its hash in hex.

    Nothing is hashed here: whoever proves many leaves of one tree builds its levels once.
    """
    path: list[tuple[str, str]] = []
    for level in levels:
        beside = index ^ 1
        # the last of an odd number goes up as it is
        if beside < len(level):
            path.append(("left" if beside < index else "right", level[beside].hex()))
        index //= 2
    return path


def climb(leaf: bytes, path: Sequence[tuple[str, str]]) -> bytes:
    """Return the root a leaf and its path lead to."""
    found = leaf
    for side, beside in path:
        other = bytes.fromhex(beside)
        found = hash_node(other, found) if side == "left" else hash_node(found, other)
    return found


def _raise(level: Sequence[bytes]) -> list[bytes]:
    pairs = [hash_node(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
    return [*pairs, level[-1]] if len(level) % 2 else pairs
