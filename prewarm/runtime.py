"""What a worker process keeps from turn to turn: its name, its cluster, its pod stream and its sender."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time

from django.conf import settings
from django.utils.functional import cached_property

from prewarm.binding import bind
from prewarm.cluster import Cluster, ClusterBusy, ClusterError, Refused
from prewarm.podstream import PodStream
from prewarm.sender import Sender

log = logging.getLogger(__name__)

OUTAGE_SECONDS = 2.0


class Runtime:
    """Made once per process, at its first turn."""

    def __init__(self) -> None:
        self.holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self._trouble_until = self._busy_until = 0.0
        self._trouble = ""

    @cached_property
    def cluster(self) -> Cluster:
        return Cluster()

    @cached_property
    def installation(self) -> str:
        return str(bind(self.cluster).uuid)

    @cached_property
    def stream(self) -> PodStream:
        stream = PodStream(self.cluster, self.installation, self.stopping)
        stream.start()
        return stream

    @cached_property
    def sender(self) -> Sender:
        return Sender(self.cluster, self.installation, self.stream.wake)

    @cached_property
    def priority_class(self) -> str:
        """The pods' priority class, or none where cluster-setup has not made it: pods then go without."""
        name = settings.PRIORITY_CLASS
        try:
            return name if name and self.cluster.find(f"/apis/scheduling.k8s.io/v1/priorityclasses/{name}") else ""
        except Refused as refused:  # not ours to see: a pod without it is better than none
            log.warning("pods go without a priority class", extra={"error": refused.message})
            return ""

    def ready(self) -> None:
        """Know the cluster, follow its pods. Raises ClusterError when nobody answers, WrongCluster, NotConfigured."""
        _ = self.installation, self.stream

    def note_trouble(self, error: ClusterError) -> None:
        """A write failed. Asked to wait (429), this process creates nothing more for so long."""
        clock = time.monotonic()
        if isinstance(error, ClusterBusy):
            self._busy_until = max(self._busy_until, clock + error.retry_after)
        else:
            self._trouble, self._trouble_until = _waiting_reason(error), clock + OUTAGE_SECONDS

    @property
    def busy(self) -> bool:
        """Whether the API server asked this process to leave it alone for now."""
        return time.monotonic() < self._busy_until

    @property
    def lost(self) -> ClusterError | None:
        """Why the pods cannot be followed, if that lasts. Until they can, nothing is sent: the stream asks for all."""
        lost_for, error = self.stream.interruption()
        return error if lost_for >= OUTAGE_SECONDS else None

    @property
    def trouble(self) -> str:
        """Why nothing can be started in the cluster right now, as a waiting reason; empty when all is well."""
        if error := self.lost:
            return _waiting_reason(error)
        return self._trouble if time.monotonic() < self._trouble_until else ""

    def stop(self) -> None:
        """Hand back what is held, as soon as possible. Called from a signal handler."""
        self.stopping.set()


def _waiting_reason(error: ClusterError) -> str:
    return "cluster_refuses" if isinstance(error, Refused) else "cluster_unreachable"
