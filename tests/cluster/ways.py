"""The ways to make a pull: by a job or a pod, with the helper image or without. Every test names those it needs."""

import pytest

# All four, for what must never go wrong in any of them.
every_way = pytest.mark.parametrize(
    ("ips", "puller"),
    [("no helper", "job"), ("no helper", "pod"), ("helper", "job"), ("helper", "pod")],
    indirect=["ips"],
)
# Each puller and each kind of command once.
both_ways = pytest.mark.parametrize(("ips", "puller"), [("no helper", "pod"), ("helper", "job")], indirect=["ips"])
