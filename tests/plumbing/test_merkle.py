"""Merkle trees: every leaf proves itself, no other does, and the published roots come out."""

from __future__ import annotations

import pytest

from voucher.plumbing.merkle import climb, hash_leaf, levels_of, path_of, root_of

# the leaves and the root of eight of them in Google's Certificate Transparency test vectors (RFC 6962)
CT_LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
CT_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", CT_ROOTS)
def test_the_published_roots_come_out(size: int) -> None:
    leaves = [hash_leaf(bytes.fromhex(each)) for each in CT_LEAVES[:size]]
    assert root_of(leaves).hex() == CT_ROOTS[size]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_every_leaf_proves_itself_and_no_other(size: int) -> None:
    leaves = [hash_leaf(bytes([each])) for each in range(size)]
    root, levels = root_of(leaves), levels_of(leaves)
    for index, leaf in enumerate(leaves):
        path = path_of(levels, index)
        assert climb(leaf, path) == root
        assert climb(hash_leaf(b"another"), path) != root


def test_no_leaf_no_root() -> None:
    with pytest.raises(ValueError, match="a leaf"):
        root_of([])
