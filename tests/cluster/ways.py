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
# Each puller without a helper, where only the kubelet's answer matters: after an init container it tells a failed pull
# up to ten seconds late.
each_puller = pytest.mark.parametrize(("ips", "puller"), [("no helper", "job"), ("no helper", "pod")], indirect=["ips"])
