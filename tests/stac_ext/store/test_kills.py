"""Proves that a program that is killed at any moment of its writing leaves a whole store. `KILLS` says how often."""

import os
import random
import subprocess

import pytest

from stac_ext.model import Visibility
from stac_ext.store.opening import open_store
from stac_ext.store.writer import CatalogueWriter, Put
from tests.stac_ext.store.processes import line_of, started
from tests.stac_ext.store.wholeness import assert_whole, stamped

KILLS = int(os.environ.get("KILLS", "5"))


@pytest.mark.timeout(120 + 20 * KILLS)
def test_a_killed_writer_leaves_nothing_half_written(store_url: str) -> None:
    open_store(store_url).close()
    chance = random.Random()
    seqs = []
    for number in range(KILLS):
        with started("write-on", store_url, seed=chance.randrange(10**6)) as other:
            assert line_of(other) == "ready"
            with pytest.raises(subprocess.TimeoutExpired):
                other.wait(chance.uniform(0, 1))
            other.kill()
        database = open_store(store_url)
        assert_whole(database)
        seqs.append(database.seq())
        again = CatalogueWriter(database).put(stamped(1, f"after{number}", Visibility.PUBLIC, 2), 2**60, now=0)
        assert again is Put.CHANGED
        assert_whole(database)
        database.close()
    assert seqs == sorted(seqs)
    assert seqs[-1] > KILLS + 1, "nothing was written before the kills"
