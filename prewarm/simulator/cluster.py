"""The whole simulated cluster: store, API, controllers and nodes, put together."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from aiohttp import web

from prewarm.simulator.api import Api
from prewarm.simulator.control import Control
from prewarm.simulator.faults import Faults
from prewarm.simulator.fleet import Fleet
from prewarm.simulator.garbage import JobGarbage, PodGarbage, TaintEviction
from prewarm.simulator.jobcontroller import JobController
from prewarm.simulator.options import Options
from prewarm.simulator.podsecurity import ENFORCE_LABEL
from prewarm.simulator.recorder import Recorder
from prewarm.simulator.registry import Registry
from prewarm.simulator.registryfront import RegistryFront
from prewarm.simulator.resources import NAMESPACES, PRIORITY_CLASSES, SERVICE_ACCOUNTS
from prewarm.simulator.scheduler import Scheduler
from prewarm.simulator.store import Store, with_metadata
from prewarm.simulator.verbs import Verbs

PULL_NAMESPACE = "ips-pull"
PULL_SERVICE_ACCOUNT = "ips-puller"
PRIORITY_CLASS = "ips-prewarm"
BIGGEST_BODY = 3 * 1024 * 1024  # bytes, as at the real API server


class SimulatedCluster:
    """Starts and stops with its event loop."""

    def __init__(self, options: Options) -> None:
        self.options = options
        release, pace = options.release, options.pace
        self.store = Store(options.history)
        self.registry = Registry(release, options.speed)
        self.front = RegistryFront(self.registry)
        recorder = Recorder(self.store, release)
        self.verbs = Verbs(self.store, release)
        deletion = self.verbs.deletion
        faults = Faults()
        TaintEviction(self.store, deletion, recorder, release)
        self.fleet = Fleet(self.store, self.registry, recorder, pace)
        self.api = Api(self.verbs, release, faults, pace.bookmark)
        self.control = Control(self.verbs, self.api, faults, self.registry, self.fleet)
        self._loops: list[Coroutine[Any, Any, None]] = [
            Scheduler(self.store, recorder, release).run(),
            JobController(self.store, self.verbs, recorder, release, pace).run(),
            JobGarbage(self.store, deletion).run(),
            PodGarbage(self.store, deletion, release, pace).run(),
            self.fleet.beat(),
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self.url = ""

    def begin(self) -> None:
        """Make the nodes and let the controllers run, in the running event loop. Nobody can talk to it yet."""
        self._furnish()
        self.fleet.add(self.options.nodes, self.options.faults)
        self._tasks = [asyncio.create_task(loop) for loop in self._loops]

    async def start(self) -> None:
        """Begin, then listen; `url` says where."""
        self.begin()
        app = web.Application(client_max_size=BIGGEST_BODY)
        app.router.add_route("*", "/_sim/{rest:.*}", self.control.handle)
        app.router.add_route("*", "/v2/{rest:.*}", self.front.handle)
        app.router.add_route("*", "/{path:.*}", self.api.handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.options.host, self.options.port, backlog=1024)
        await site.start()
        address = self._runner.addresses[0]
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        self.url = f"http://{host}:{address[1]}"
        if self.options.kubeconfig:
            write_kubeconfig(Path(self.options.kubeconfig), self.url)

    async def stop(self) -> None:
        """End watches and loops, and stop listening."""
        self.api.end_watches()
        for kubelet in self.fleet.kubelets.values():
            kubelet.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()

    def _furnish(self) -> None:
        """What every cluster has, and what `cluster-setup` makes."""
        for name in ("default", "kube-system", "kube-public", "kube-node-lease", PULL_NAMESPACE):
            labels = {ENFORCE_LABEL: "restricted"} if name == PULL_NAMESPACE else {}
            self.verbs.create(NAMESPACES, "", {"metadata": {"name": name, "labels": labels}})
        system = self.store.get(NAMESPACES, "", "kube-system")
        self.store.write(NAMESPACES, with_metadata(system, {"uid": self.options.cluster_id}))
        account = {"metadata": {"name": PULL_SERVICE_ACCOUNT}, "automountServiceAccountToken": False}
        self.verbs.create(SERVICE_ACCOUNTS, PULL_NAMESPACE, account)
        for name, value in (("system-cluster-critical", 2_000_000_000), (PRIORITY_CLASS, -1000)):
            policy = "Never" if value < 0 else "PreemptLowerPriority"
            body = {"metadata": {"name": name}, "value": value, "preemptionPolicy": policy}
            self.verbs.create(PRIORITY_CLASSES, "", body)


def write_kubeconfig(file: Path, url: str) -> None:
    """Write a kubeconfig for the cluster at this address, readable by its owner only, whole or not at all."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "simulated", "cluster": {"server": url}}],
        "users": [{"name": "simulated", "user": {"token": "simulated"}}],
        "contexts": [
            {"name": "simulated", "context": {"cluster": "simulated", "user": "simulated", "namespace": PULL_NAMESPACE}}
        ],
        "current-context": "simulated",
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text(json.dumps(content, indent=1) + "\n")
    new.replace(file)
