"""Jobs: the pod that the controller makes, and what the Job says in the end."""

from __future__ import annotations

from typing import Any

from tests.contract.pods import Pods, as_job, held, helped, image_id
from tests.contract.server import Json, Server, wait_for


def pod_of(pods: Pods, job: Json) -> Json:
    return wait_for(lambda: next(iter(pods.of_job(job)), None), "the Job's pod")


def conditions(job: Json) -> dict[str, str | None]:
    return {one["type"]: one.get("reason") for one in job["status"].get("conditions", ()) if one["status"] == "True"}


def wait_condition(pods: Pods, job: Json, kind: str) -> Json:
    def look() -> Json | None:
        found = pods.job_now(job)
        return found if kind in conditions(found) else None

    return wait_for(look, f"the Job's condition {kind}; last: {pods.job_now(job)['status']}", 90)


def test_a_jobs_pod_carries_the_templates_labels_and_its_owner(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(held(cluster.small), cluster.nodes[0]))

    pod = pod_of(pods, job)

    name, uid = job["metadata"]["name"], job["metadata"]["uid"]
    labels: dict[str, Any] = pod["metadata"]["labels"]
    assert (labels["app"], labels["job-name"], labels["controller-uid"]) == ("contract", name, uid)
    assert ("batch.kubernetes.io/job-name" in labels) is cluster.recent
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": uid}
    assert pod["metadata"]["ownerReferences"] == [owner | {"controller": True, "blockOwnerDeletion": True}]
    assert pod["metadata"]["name"].startswith(f"{name}-")
    assert pod["metadata"].get("finalizers") == (["batch.kubernetes.io/job-tracking"] if cluster.recent else None)
    created = pods.wait_event(job, "SuccessfulCreate")
    assert created["message"] == f"Created pod: {pod['metadata']['name']}"
    assert created["source"]["component"] == "job-controller"


def test_a_job_completes(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(helped(cluster.helper, cluster.small), cluster.nodes[0]))

    done = wait_condition(pods, job, "Complete")
    pod = pod_of(pods, job)

    assert done["status"]["succeeded"] == 1
    assert done["status"]["completionTime"] and done["status"]["startTime"]
    assert not done["status"].get("active")
    assert pod["spec"]["nodeName"] == cluster.nodes[0]
    assert pod["status"]["phase"] == "Succeeded"
    assert image_id(pod, "img0")
    assert pods.wait_event(job, "Completed")["message"] == "Job completed"
    if cluster.recent:
        assert conditions(done) == {"SuccessCriteriaMet": "CompletionsReached", "Complete": "CompletionsReached"}


def test_a_job_whose_pod_exceeds_its_deadline_fails_and_keeps_the_pod(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(held(cluster.missing, activeDeadlineSeconds=cluster.moment // 2), cluster.nodes[0]))

    failed = wait_condition(pods, job, "Failed")
    pod = pod_of(pods, job)

    assert conditions(failed)["Failed"] == "BackoffLimitExceeded"
    assert ("FailureTarget" in conditions(failed)) is cluster.recent
    assert failed["status"]["failed"] == 1
    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Failed", "DeadlineExceeded")
    assert pods.wait_event(job, "BackoffLimitExceeded")["type"] == "Warning"


def test_a_job_whose_image_is_missing_does_not_fail_by_itself(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(helped(cluster.helper, cluster.missing), cluster.nodes[0]))

    pods.wait_state(pod_of(pods, job), "img0", "ImagePullBackOff")
    found = pods.job_now(job)

    assert conditions(found) == {}
    assert found["status"]["active"] == 1


def test_a_job_for_a_node_that_does_not_exist_waits(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(held(cluster.small), "no-such-node"))

    pod = pod_of(pods, job)

    assert pods.wait_event(pod, "FailedScheduling")
    assert pods.now(pod)["status"]["phase"] == "Pending"


def test_deleting_a_job_in_the_background_takes_its_pod_along(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(held(cluster.small), cluster.nodes[0]))
    pod = pod_of(pods, job)

    uid = job["metadata"]["uid"]
    path = f"{pods.jobs}/{job['metadata']['name']}"
    answer = cluster.delete(path, propagationPolicy="Background", preconditions={"uid": uid}, gracePeriodSeconds=0)

    assert answer.json()["status"] == "Success"
    details = {"name": job["metadata"]["name"], "group": "batch", "kind": "jobs", "uid": uid}
    assert answer.json()["details"] == details
    assert cluster.http.get(path).status_code == 404
    wait_for(lambda: not pods.exists(pod), "the pod to go")


def test_deleting_a_job_in_the_foreground_waits_for_its_pod(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(helped(cluster.helper, cluster.missing), cluster.nodes[0]))
    pod = pod_of(pods, job)
    path = f"{pods.jobs}/{job['metadata']['name']}"

    answer = cluster.delete(path, propagationPolicy="Foreground")

    assert answer.json()["metadata"]["finalizers"] == ["foregroundDeletion"]
    wait_for(lambda: cluster.http.get(path).status_code == 404, "the Job to go")
    assert not pods.exists(pod)


def test_deleting_a_job_without_saying_how_leaves_its_pod(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(held(cluster.small), cluster.nodes[0]))
    pod = pod_of(pods, job)
    path = f"{pods.jobs}/{job['metadata']['name']}"

    cluster.delete(path)
    wait_for(lambda: cluster.http.get(path).status_code == 404, "the Job to go")

    assert not pods.now(pod)["metadata"].get("ownerReferences")


def test_jobs_are_deleted_together_with_their_pods(cluster: Server, pods: Pods) -> None:
    jobs = [pods.create_job(as_job(held(cluster.small), cluster.nodes[0])) for _ in range(2)]
    made = [pod_of(pods, job) for job in jobs]

    answer = cluster.http.request(
        "DELETE", pods.jobs, params={"labelSelector": "app=contract"}, json={"propagationPolicy": "Background"}
    )

    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 2
    wait_for(lambda: not any(pods.exists(pod) for pod in made), "the pods to go")
    assert cluster.get(pods.jobs)["items"] == []


def test_a_job_notices_that_its_pod_was_deleted(cluster: Server, pods: Pods) -> None:
    """Recent controllers count it as failed; old ones make another pod."""
    job = pods.create_job(as_job(held(cluster.small), cluster.nodes[0]))
    pod = pod_of(pods, job)
    pods.wait_state(pod, "img0", "CreateContainerConfigError")

    cluster.delete(pods.at(pod), gracePeriodSeconds=0)

    if cluster.recent:
        assert conditions(wait_condition(pods, job, "Failed"))["Failed"] == "BackoffLimitExceeded"
        wait_for(lambda: not pods.exists(pod), "the pod to go")
    else:
        wait_for(lambda: pods.of_job(job)[:1] != [] and not pods.exists(pod), "another pod")


def test_a_jobs_own_deadline_deletes_the_pod(cluster: Server, pods: Pods) -> None:
    job = pods.create_job(as_job(held(cluster.missing), cluster.nodes[0], activeDeadlineSeconds=3))
    pod = pod_of(pods, job)

    failed = wait_condition(pods, job, "Failed")

    assert conditions(failed)["Failed"] == "DeadlineExceeded"
    wait_for(lambda: not pods.exists(pod), "the pod to go")
