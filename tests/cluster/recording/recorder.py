"""Makes pods as IPS does, watches what becomes of them, and writes it down."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prewarm.manifests import PullJob, manifest
from tests.cluster.recording.api import Api, Json
from tests.cluster.recording.case import Case, Condition
from tests.cluster.stage import NODES, Stage
from tests.cluster.waiting import wait_until

RECORDINGS = Path(__file__).parents[2] / "prewarm" / "recorded"
RESTRICTED, UNRESTRICTED, FULL = "ips-recorded", "ips-recorded-unrestricted", "ips-recorded-full"
SERVICE_ACCOUNT = "ips-puller"
PODS = "/api/v1/namespaces/{}/pods"
MOVING = ("lastProbeTime", "lastTransitionTime", "observedGeneration")  # of conditions: no news by themselves


class NeverShown(Exception):
    """A pod did not come to look as its case says."""


class Recorder:
    """Records cases on one cluster; each becomes the file `<kubernetes version>/<name of the case>.json`.

    `missing` names those that did not show what they are about.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.api = Api(stage.cluster)
        self.kubernetes = self.api.get("/version")["gitVersion"].removeprefix("v")
        self.folder = RECORDINGS / self.kubernetes
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runtime = self._runtime()
        self.missing: list[str] = []
        self._looks: dict[str, list[Json]] = {}
        self._stop = threading.Event()
        self._places = self._words_for_places()
        for namespace in (RESTRICTED, UNRESTRICTED, FULL):
            self._prepare(namespace)
        for namespace in (RESTRICTED, UNRESTRICTED):
            self.api.watch(PODS.format(namespace), self._take, self._stop)

    def record(self, *cases: Case) -> None:
        """Make all these pods, wait until each has shown what it is about, and write their stories."""
        made = {self.start(case): case for case in cases}
        for name, case in made.items():
            try:
                self.until(name, case, case.until)
            except NeverShown as never:
                self.missing.append(case.name)
                print(never, flush=True)
        for name, case in made.items():
            self.end(name, case)

    def start(self, case: Case) -> str:
        """Make the case's pod and return its name."""
        body = self.pod(case)
        name = str(body["metadata"]["name"])
        self._looks[name] = []
        self.api.make(PODS.format(_namespace(case)), body)
        return name

    def until(self, name: str, case: Case, condition: Condition) -> None:
        """Wait until the pod has shown this; containers may show one thing after the other."""
        self._wait(name, case, lambda: any(condition(look["status"]) for look in self._looks[name]))

    def until_event(self, name: str, case: Case, reason: str) -> None:
        self._wait(name, case, lambda: any(event["reason"] == reason for event in self._events(name, case)))

    def end(self, name: str, case: Case) -> None:
        """Delete the pod, wait until it is gone, and write its story."""
        time.sleep(case.linger)
        self.drop(name, case)
        time.sleep(1.0)  # events follow on a way of their own
        story = {"looks": self._looks[name], "events": self._events(name, case)}
        self._write(case.name, case.how, images=case.images, **story)

    def drop(self, name: str, case: Case) -> None:
        """Delete the pod and wait until it is gone."""
        self.api.delete(f"{PODS.format(_namespace(case))}/{name}")
        self._wait(name, case, lambda: bool(self._looks[name] and self._looks[name][-1].get("gone")))

    def secret(self, name: str, registry: str, account: Json) -> None:
        """A pull secret with this account."""
        document = json.dumps({"auths": {registry: account}})
        self.api.make(
            f"/api/v1/namespaces/{RESTRICTED}/secrets",
            {
                "metadata": {"name": name},
                "type": "kubernetes.io/dockerconfigjson",
                "stringData": {".dockerconfigjson": document},
            },
        )

    def refused(self, name: str, how: str, code: int, answer: Json) -> None:
        """Write down an answer of the API server that is no pod."""
        assert code >= 400, (name, code, answer)
        self._write(name, how, images=[], refusal={"code": code, "status": answer})

    def event_of_job(self, name: str, how: str, message: str) -> None:
        """Write down why a Job has no pod."""
        self._write(name, how, images=[], refusal={"code": 403, "status": {"message": message}, "via": "event"})

    def pod(self, case: Case) -> Json:
        """The object that IPS would create, with the case's own change."""
        made = manifest(
            PullJob(
                name=f"ips-{case.name[:40]}-{uuid.uuid4().hex[:8]}",
                installation="recorded",
                task="recorded",
                tenant="recorded",
                batch=0,
                request_id="",
                namespace=_namespace(case),
                service_account=SERVICE_ACCOUNT,
                priority_class="",
                node=case.node,
                node_taints=(),
                images=case.images,
                pull_policy=case.policy,
                pull_secrets=case.secrets,
                timeout_seconds=case.deadline,
                helper_image=case.helper,
                via_job=case.scheduled,
            )
        )
        if case.scheduled:
            template = made["spec"]["template"]
            made = {"apiVersion": "v1", "kind": "Pod", "metadata": made["metadata"], "spec": template["spec"]}
        own: Json = json.loads(json.dumps(made))  # a manifest shares parts with all others
        case.change(own)
        return own

    def close(self) -> None:
        """Remove what was made for recording."""
        self._stop.set()
        for namespace in (RESTRICTED, UNRESTRICTED, FULL):
            self.api.delete(f"/api/v1/namespaces/{namespace}")

    def _take(self, kind: str, pod: Json) -> None:
        looks = self._looks.get(pod["metadata"]["name"])
        if looks is None:
            return
        look: Json = {"status": pod["status"]}
        if kind == "DELETED":
            look["gone"] = True
        elif pod["metadata"].get("deletionTimestamp"):
            look["deleting"] = True
        if not looks or _steady(looks[-1]) != _steady(look):
            looks.append(look)

    def _wait(self, name: str, case: Case, condition: Callable[[], bool]) -> None:
        try:
            wait_until(condition, case.name, case.seconds)
        except TimeoutError as timeout:
            raise NeverShown(f"{timeout}; seen last: {json.dumps(self._looks[name][-1:])}") from timeout

    def _events(self, name: str, case: Case) -> list[Json]:
        query = {"fieldSelector": f"involvedObject.kind=Pod,involvedObject.name={name}"}
        found = self.api.get(f"/api/v1/namespaces/{_namespace(case)}/events", **query)["items"]
        found.sort(key=lambda event: (event.get("firstTimestamp") or "", int(event["metadata"]["resourceVersion"])))
        kept = ("type", "reason", "message", "count")
        return [
            {**{key: event.get(key) for key in kept}, "fieldPath": event["involvedObject"].get("fieldPath", "")}
            for event in found
        ]

    def _write(self, name: str, how: str, **what: Any) -> None:
        document = {"case": name, "how": how, "kubernetes": self.kubernetes, "runtime": self.runtime, **what}
        text = one_thing_a_line(document)
        for place, word in self._places:
            text = text.replace(place, word)
        (self.folder / f"{name}.json").write_text(text)
        print(f"{self.kubernetes} {name}", flush=True)

    def _runtime(self) -> str:
        node = self.api.get(f"/api/v1/nodes/{NODES[0]}")
        return str(node["status"]["nodeInfo"]["containerRuntimeVersion"])

    def _words_for_places(self) -> list[tuple[str, str]]:
        """A recording speaks of nodes as they are usually installed, not of this machine's folders."""
        words = {"containerd": "/var/lib/containerd", "state": "/run/containerd", "root": "/var/lib/kubelet"}
        return [
            (str(self.stage.cluster.node(number).folder / part), word)
            for number in (1, 2)
            for part, word in words.items()
        ]

    def _prepare(self, namespace: str) -> None:
        labels = {} if namespace == UNRESTRICTED else {"pod-security.kubernetes.io/enforce": "restricted"}
        self.api.make("/api/v1/namespaces", {"metadata": {"name": namespace, "labels": labels}})
        account = {"metadata": {"name": SERVICE_ACCOUNT}, "automountServiceAccountToken": False}
        self.api.make(f"/api/v1/namespaces/{namespace}/serviceaccounts", account)


def one_thing_a_line(document: Json) -> str:
    """JSON with one line for each look and each event, so that two recordings can be compared by eye."""
    lines = []
    for key, value in document.items():
        many = isinstance(value, list) and value and isinstance(value[0], dict)
        inner = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value) if many else ""
        lines.append(f" {json.dumps(key)}: " + (f"[\n  {inner}\n ]" if many else json.dumps(value, ensure_ascii=False)))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _namespace(case: Case) -> str:
    return UNRESTRICTED if case.unrestricted else RESTRICTED


def _steady(look: Json) -> str:
    """A look without the times that change although nothing has happened."""
    status = dict(look["status"])
    status["conditions"] = [
        {key: value for key, value in one.items() if key not in MOVING} for one in status.get("conditions") or ()
    ]
    return json.dumps({**look, "status": status}, sort_keys=True)
