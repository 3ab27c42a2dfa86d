"""What an API server says instead of making a pod, and what a Job says that has none."""

from tests.cluster.recording.case import Case, Json
from tests.cluster.recording.recorder import FULL, PODS, RESTRICTED, Recorder
from tests.cluster.waiting import wait_until

FIRST_WITH_POD_SECURITY = 22
NOBODY = "system:serviceaccount:default:default"


def record(recorder: Recorder) -> None:
    api, images = recorder.api, (f"{recorder.stage.version.registry}/a/big-5:1",)
    pod = recorder.pod(Case("refused", "", images))
    here = PODS.format(RESTRICTED)
    recorder.refused("no-right", "an account without rights", *api.create(here, pod, **{"Impersonate-User": NOBODY}))
    recorder.refused("invalid", "an image with a blank in its name", *api.create(here, with_image(pod, " x ")))
    recorder.refused(
        "no-namespace",
        "a namespace that is not there",
        *api.create(PODS.format("ips-none"), elsewhere(pod, "ips-none")),
    )
    full = PODS.format(FULL)
    quota: Json = {"metadata": {"name": "full"}, "spec": {"hard": {"pods": "0"}}}
    made_full(recorder, quota)
    recorder.refused("quota", "a ResourceQuota of no pods", *api.create(full, elsewhere(pod, FULL)))
    record_job(recorder, "job-quota", "a Job in a namespace with a ResourceQuota of no pods", elsewhere(pod, FULL))
    api.delete(f"/api/v1/namespaces/{FULL}/resourcequotas/full")
    made_full(recorder, {"metadata": {"name": "limits"}, "spec": {"hard": {"limits.memory": "1Gi"}}})
    unlimited = elsewhere(pod, FULL)
    del unlimited["spec"]["containers"][0]["resources"]
    recorder.refused("quota-without-limits", "a quota on memory, a pod without limits", *api.create(full, unlimited))
    api.delete(f"/api/v1/namespaces/{FULL}/resourcequotas/limits")
    if recorder.stage.version.minor >= FIRST_WITH_POD_SECURITY:
        loose = elsewhere(pod, RESTRICTED)
        del loose["spec"]["securityContext"]
        del loose["spec"]["containers"][0]["securityContext"]
        recorder.refused("pod-security", "a pod that is not restricted", *api.create(here, loose))
        record_job(recorder, "job-pod-security", "a Job whose pod is not restricted", loose)


def with_image(pod: Json, image: str) -> Json:
    containers = [{**pod["spec"]["containers"][0], "image": image}]
    return {**pod, "spec": {**pod["spec"], "containers": containers}}


def elsewhere(pod: Json, namespace: str) -> Json:
    """The same pod in another namespace, free to be changed."""
    copy = with_image(pod, pod["spec"]["containers"][0]["image"])
    return {**copy, "metadata": {**pod["metadata"], "namespace": namespace}}


def made_full(recorder: Recorder, quota: Json) -> None:
    """Make a quota, and wait until the controller has counted: before that nothing is refused by it."""
    path = f"/api/v1/namespaces/{FULL}/resourcequotas"
    recorder.api.make(path, quota)
    name = quota["metadata"]["name"]
    wait_until(lambda: bool(recorder.api.get(f"{path}/{name}").get("status", {}).get("used")), "the quota to count")


def record_job(recorder: Recorder, name: str, how: str, pod: Json) -> None:
    """The Job is made, its pod is not: an event says why."""
    namespace, job = pod["metadata"]["namespace"], f"{pod['metadata']['name']}-job"
    jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    spec = {"backoffLimit": 0, "template": {"metadata": {}, "spec": pod["spec"]}}
    recorder.api.make(jobs, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": job}, "spec": spec})
    query = {"fieldSelector": f"involvedObject.kind=Job,involvedObject.name={job},reason=FailedCreate"}
    events = f"/api/v1/namespaces/{namespace}/events"
    wait_until(lambda: bool(recorder.api.get(events, **query)["items"]), f"an event of {job}")
    recorder.event_of_job(name, how, recorder.api.get(events, **query)["items"][0]["message"])
    recorder.api.delete(f"{jobs}/{job}?propagationPolicy=Background")
