"""What a kubelet does with one pod: try to start its containers one after the other, tell, wait, try again.

As the real one: a look at the pod first tells what the last look ended with, then tries everything that has not
started. Images are pulled one at a time on a node. A pull back-off begins at 10 s and doubles; a pod never fails by it.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any

from prewarm.simulator import texts
from prewarm.simulator.clock import now
from prewarm.simulator.containers import Container
from prewarm.simulator.podstatus import ENDED, conditions, has_initialized, phase
from prewarm.simulator.recorder import Told
from prewarm.simulator.registry import PullFailed
from prewarm.simulator.resources import PODS
from prewarm.simulator.store import Json, with_metadata

if TYPE_CHECKING:
    from prewarm.simulator.kubelet import Kubelet


class PodWorker:
    """Drives one pod on one node, from its admission to its end."""

    def __init__(self, kubelet: Kubelet, pod: Json) -> None:
        self._kubelet = kubelet
        self._release = kubelet.release
        self.pod = pod
        self.uid: str = pod["metadata"]["uid"]
        spec = pod["spec"]
        self.init = [Container(one, True) for one in spec.get("initContainers") or ()]
        self.main = [Container(one, False) for one in spec["containers"]]
        self._status: Json = {}
        self._told: Told = {}
        self._sandbox = False
        self._address = ""
        self._deadline = float("inf")

    async def run(self) -> None:
        """Admit the pod, then look at it until it has ended."""
        refused = self._kubelet.refusal(self.pod)
        if refused:
            self._reject(*refused)
            return
        self._begin()
        pace = self._kubelet.pace
        await asyncio.sleep(pace.sandbox)
        self._sandbox = True
        self._publish()
        self._address = self._kubelet.next_address()
        noticed = time.monotonic() + pace.relist  # of the new sandbox; the relist goes on while images are pulled
        while True:
            if await self._look():
                noticed = time.monotonic() + pace.relist
            await self._wait(max(0.0, noticed - time.monotonic()))
            noticed = time.monotonic() + pace.sync * random.uniform(1.0, 1.4)
            if time.monotonic() >= self._deadline:
                await self._exceed_deadline()
                return
            self._publish()
            if self._status["phase"] in ENDED:
                return

    async def terminate(self) -> None:
        """Stop what runs because the pod is being deleted, say so, and let it go."""
        grace = self.pod["metadata"].get("deletionGracePeriodSeconds") or 0
        if not self._release.recent and not all(container.ended for container in self.main):
            await asyncio.sleep(grace)
        await asyncio.sleep(self._kubelet.pace.relist)
        self._stop()
        if self._release.recent and self._status:
            self._publish(lost=True)
        self._kubelet.let_go(self.pod)

    def evict(self) -> None:
        """End the pod because the node is short of disk space."""
        self._tell("Warning", "Evicted", texts.evicted(self._release))
        if not self._release.recent:
            kept: Json = {key: self._status[key] for key in ("startTime",) if key in self._status}
            self._write({"phase": "Failed", "reason": "Evicted", "message": texts.evicted(self._release), **kept})
            return
        self._stop()
        target: Json = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
        target |= {"message": texts.evicted(self._release), "lastProbeTime": None, "lastTransitionTime": now()}
        self._publish(end=("Evicted", texts.evicted(self._release)), lost=True, extra=[target])

    async def _look(self) -> bool:
        """Try what has not started yet; True when a container was started, so that there is news soon."""
        waiting = next((container for container in self.init if not container.succeeded), None)
        if waiting is not None:
            return await self._start(waiting)
        moved = False
        for container in self.main:
            if not container.ended and not container.running_since:
                moved = await self._start(container) or moved
        return moved

    async def _start(self, container: Container) -> bool:
        if not await self._ensure_image(container):
            return False
        namespace = self.pod["metadata"]["namespace"]
        broken = container.missing_config(lambda name: self._kubelet.config_keys(namespace, name))
        if broken:
            container.failure = ("CreateContainerConfigError", broken)
            self._tell("Warning", "Failed", f"Error: {broken}", container)
            return False
        reference = container.reference
        assert reference is not None
        container.start(self._kubelet.image(reference), self._release)
        self._tell("Normal", "Created", texts.created(container.name, self._release), container)
        if container.ended and container.ended["reason"] == "StartError":
            self._tell("Warning", "Failed", f"Error: {container.ended['message']}", container)
        else:
            self._tell("Normal", "Started", texts.started(container.name, self._release), container)
        return True

    async def _ensure_image(self, container: Container) -> bool:
        """Kubelet EnsureImageExists: name, presence, back-off, pull."""
        image, policy, reference = container.written, container.spec["imagePullPolicy"], container.reference
        if reference is None:
            message = texts.invalid_name(image, self._release)
            return self._fail(container, "InvalidImageName", message, ("InspectFailed", message))
        present = self._kubelet.has(reference)
        if policy == "Never" and not present:
            message = texts.never_pulled(image)
            return self._fail(container, "ErrImageNeverPull", message, ("ErrImageNeverPull", message))
        if present and policy != "Always":
            self._tell("Normal", "Pulled", texts.present(image, self._release), container)
            return True
        if time.monotonic() < container.pull_failed_at + container.back_off:
            self._tell("Normal", "BackOff", f'Back-off pulling image "{image}"', container)
            told = texts.back_off(image, container.pull_error, self._release)
            return self._fail(container, "ImagePullBackOff", told, None)
        self._tell("Normal", "Pulling", f'Pulling image "{image}"', container)
        try:
            pulled = await self._kubelet.pull(reference)
        except PullFailed as failure:
            pace = self._kubelet.pace
            container.pull_error = str(failure)
            container.pull_failed_at = time.monotonic()
            container.back_off = min(pace.back_off_most, container.back_off * 2 or pace.back_off)
            self._tell("Warning", "Failed", f'Failed to pull image "{image}": {failure}', container)
            return self._fail(container, "ErrImagePull", str(failure), None)
        container.back_off = 0.0
        told = texts.pulled(image, pulled.took, pulled.with_waiting, pulled.image.size, self._release)
        self._tell("Normal", "Pulled", told, container)
        return True

    def _fail(self, container: Container, reason: str, message: str, event: tuple[str, str] | None) -> bool:
        if event:
            self._tell("Warning", *event, container)
        self._tell("Warning", "Failed", f"Error: {reason}", container)
        container.failure = (reason, message)
        return False

    async def _wait(self, seconds: float) -> None:
        until_deadline = max(0.0, self._deadline - time.monotonic())
        await asyncio.sleep(min(seconds, until_deadline))

    def _begin(self) -> None:
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        if seconds:
            self._deadline = time.monotonic() + seconds
        self._status = {"startTime": now(), "qosClass": self.pod["status"].get("qosClass", "BestEffort")}
        self._publish()

    def _reject(self, reason: str, message: str) -> None:
        self._tell("Warning", reason, message)
        shown: Json = {"phase": "Failed", "reason": reason, "message": texts.rejected(message, self._release)}
        if self._release.recent:
            shown |= {"observedGeneration": 1, "qosClass": self.pod["status"].get("qosClass", "BestEffort")}
        self._write(shown | {"startTime": now()})

    async def _exceed_deadline(self) -> None:
        self._tell("Normal", "DeadlineExceeded", texts.DEADLINE)
        end = ("DeadlineExceeded", texts.DEADLINE)
        if not self._release.recent:
            self._publish(end=end)
            return
        self._publish(failed=True)
        await asyncio.sleep(self._kubelet.pace.relist)
        self._stop()
        self._publish(end=end)
        await asyncio.sleep(self._kubelet.pace.relist)
        self._publish(end=end, lost=True)

    def _stop(self) -> None:
        for container in self.main:
            if container.running_since:
                container.end(137, "Error")
        self._sandbox = False

    def _publish(
        self,
        *,
        end: tuple[str, str] | None = None,
        failed: bool = False,
        lost: bool = False,
        extra: list[Json] | None = None,
    ) -> None:
        """Write the pod's status.

        `end` is why the kubelet ends the pod, `failed` says that it is about to, `lost` that containers which never
        started are written off (recent kubelets, TerminatePod).
        """
        if lost:
            self._write_off()
        shown_phase = self._shown_phase(end)
        if end and not self._release.recent:
            self._write(self._bare_end(*end))
            return
        found = conditions(
            self.main,
            self.init,
            shown_phase,
            sandbox=self._sandbox and shown_phase not in ENDED,
            failed=failed or end is not None,
            before=self._status.get("conditions", []),
            release=self._release,
        )
        self._write(self._status | self._whole(shown_phase, (extra or []) + found, end))

    def _whole(self, shown_phase: str, found: list[Json], end: tuple[str, str] | None) -> Json:
        shown: Json = {"phase": shown_phase, "conditions": found, "hostIP": self._kubelet.address}
        shown |= self._statuses()
        if end:
            shown |= {"reason": end[0], "message": end[1]}
        if self._release.recent:
            shown |= {"observedGeneration": 1, "hostIPs": [{"ip": self._kubelet.address}]}
        if self._address:
            shown |= {"podIP": self._address, "podIPs": [{"ip": self._address}]}
        return shown

    def _shown_phase(self, end: tuple[str, str] | None) -> str:
        if end or any(container.lost for container in (*self.main, *self.init)):
            return "Failed"
        return phase(self.main, self.init)

    def _bare_end(self, reason: str, message: str) -> Json:
        """Older kubelets drop the conditions when they end a pod, and keep the waiting states."""
        statuses = self._statuses()
        for entry in statuses["containerStatuses"]:
            entry.pop("started", None)
        kept: Json = {
            key: self._status[key] for key in ("startTime", "qosClass", "podIP", "podIPs") if key in self._status
        }
        return {"phase": "Failed", "reason": reason, "message": message, **kept, **statuses}

    def _statuses(self) -> Json:
        waits_for = "PodInitializing" if self.init else "ContainerCreating"
        shown: Json = {}
        if self.init:
            shown["initContainerStatuses"] = [one.status(waits_for, self._release) for one in self.init]
        return shown | {"containerStatuses": [one.status(waits_for, self._release) for one in self.main]}

    def _write_off(self) -> None:
        if has_initialized(self.main, self.init):
            for container in self.main:
                container.lost = not container.ended
        for container in self.init:
            container.lost = not container.ended and container.failure is not None

    def _write(self, status: Json) -> None:
        self._status = status
        self._kubelet.write_status(self.pod, status)

    def _tell(self, kind: str, reason: str, message: str, container: Container | None = None) -> None:
        self._kubelet.recorder.tell(
            (PODS, self.pod),
            kind,
            reason,
            message,
            host=self._kubelet.name,
            field_path=container.field_path if container else "",
            told=self._told,
        )

    def take(self, pod: Json) -> Any:
        """Remember the pod's newest metadata."""
        self.pod = with_metadata(self.pod, pod["metadata"])
