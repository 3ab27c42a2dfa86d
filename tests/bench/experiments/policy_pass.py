"""One pass of a policy over 5,000 nodes × 50 images: the first, which writes a row of each node, and those after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.stage import MARIADB, own_database

PROJECT = Path(__file__).parents[3]
NODES, IMAGES, LACKING = 5_000, 50, 5
SETTINGS = f"{NODES:,} nodes × {IMAGES} images, {LACKING} missing on each; the slowest of first, steady, after losses"
# Nodes that list 45 of the 50 images; a pass over all, one without news, one after 500 nodes lost ten more.
PASSES = f"""
import json, time
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from accounts.audit import By
from accounts.models import Tenant
from prewarm.clock import database_now
from prewarm.marks import marks_of
from prewarm.models import Node, NodeView, Policy
from prewarm.policies import keeping, passing

def listing(left_out):
    images = [[100, [f"docker.io/library/app-{{n}}:1"]] for n in range({IMAGES} - left_out)]
    return {{"images": images, "marks": marks_of(images)}}

now = timezone.now()
NodeView.load()
NodeView.objects.update(complete_at=now, heard_at=now)
Node.objects.all().delete()
Policy.objects.all().delete()
Node.objects.bulk_create([
    Node(name=f"node-{{n:05}}", uid=str(n), ready=True, os="linux", arch="amd64", seen_at=now, digest=str(n),
         labels={{"pool": "web", "kubernetes.io/hostname": f"node-{{n:05}}"}}, **listing({LACKING}))
    for n in range({NODES})
], batch_size=500)
wish = {{"name": "web", "images": [f"app-{{n}}:1" for n in range({IMAGES})], "node_selector": "pool=web"}}
policy = keeping.make_policy(Tenant.objects.get(slug="default"), By(None, "bench"), wish)

def one_pass():
    NodeView.objects.update(heard_at=timezone.now())
    policy = Policy.objects.select_related("tenant").get()
    assert passing.claim(policy, database_now())
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        passing.run(policy, None)
        took = time.perf_counter() - began
    return took, len(asked)

passes = [one_pass(), one_pass()]
Node.objects.filter(name__lt="node-00500").update(**listing({LACKING} + 10))
passes.append(one_pass())
policy.refresh_from_db()
assert policy.pairs == {NODES * IMAGES} and policy.missing == {NODES * LACKING} + 5_000, policy.missing
print(json.dumps([max(took for took, _ in passes), max(asked for _, asked in passes)]))
"""


def policy_pass(runs: int) -> Iterator[Figure]:
    with own_database() as (folder, where, _):
        environment = {**os.environ, **where, "IPS_VAR_DIR": str(folder), "IPS_SECRET_KEY": "bench" * 10}
        _manage(environment, "migrate", "--verbosity=0")
        taken = [json.loads(_manage(environment, "shell", "-c", PASSES).splitlines()[-1]) for _ in range(runs)]
    yield Figure("policy_pass_5000x50_s", tuple(took for took, _ in taken), MARIADB, SETTINGS)
    yield Figure("policy_pass_queries", tuple(float(asked) for _, asked in taken), MARIADB, SETTINGS)


def _manage(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, str(PROJECT / "manage.py"), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout
