"""etcd, API server, controller manager and scheduler, each on loopback, with TLS, RBAC and node authorization."""

import time
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.machine.kubectl import Kubectl, KubectlFailed
from tests.cluster.machine.places import binaries
from tests.cluster.machine.processes import Processes
from tests.cluster.machine.progress import CannotRun
from tests.cluster.machine.versions import HOST, Version

NAMES = ["etcd", "apiserver", "controller-manager", "scheduler"]
SILENCE = 20  # seconds until a node counts as not ready; the default of 40 would make tests wait
SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc"


def start(
    processes: Processes,
    version: Version,
    kubectl: Kubectl,
    *,
    silence: int = SILENCE,
    apiserver_flags: Sequence[str] = (),
    without: Sequence[str] = (),
) -> None:
    """Start the four, `without` these controllers; returns once the API server is ready and the others are running."""
    folder, pki = processes.folder, processes.folder / "pki"
    processes.start("etcd", etcd(folder, version))
    processes.start("apiserver", [*apiserver(folder, pki, version), *apiserver_flags])
    wait_for(kubectl, processes, "get", "--raw", "/readyz")
    # before this role binding exists, the controller manager ends as soon as it is started
    wait_for(kubectl, processes, "get", "clusterrolebinding", "system:kube-controller-manager")
    chosen = [f"--controllers=*{''.join(f',-{name}' for name in without)}"]
    processes.start("controller-manager", [*controller_manager(folder, pki, version, silence), *chosen])
    processes.start("scheduler", [binary(version, "kube-scheduler"), *client(pki, "scheduler", version, 259)])


def etcd(folder: Path, version: Version) -> list[str]:
    """No fsync: this cluster lives shorter than the machine."""
    client_url, peer_url = (f"http://{HOST}:{version.port(last)}" for last in (379, 380))
    return [
        *("etcd", "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync", "--quota-backend-bytes", "4294967296"),
        *("--listen-client-urls", client_url, "--advertise-client-urls", client_url, "--listen-peer-urls", peer_url),
    ]


def apiserver(folder: Path, pki: Path, version: Version) -> list[str]:
    return [
        binary(version, "kube-apiserver"),
        f"--etcd-servers=http://{HOST}:{version.port(379)}",
        f"--bind-address={HOST}",
        f"--secure-port={version.port(443)}",
        f"--advertise-address={HOST}",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--service-account-issuer={SERVICE_ACCOUNT_ISSUER}",
        f"--api-audiences={SERVICE_ACCOUNT_ISSUER}",
        f"--service-account-signing-key-file={pki / 'sa.key'}",
        f"--service-account-key-file={pki / 'sa.pub'}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder / 'certs'}",
    ]


def controller_manager(folder: Path, pki: Path, version: Version, silence: int) -> list[str]:
    return [
        binary(version, "kube-controller-manager"),
        *client(pki, "controller-manager", version, 257),
        f"--service-account-private-key-file={pki / 'sa.key'}",
        f"--root-ca-file={pki / 'ca.crt'}",
        "--use-service-account-credentials=true",
        "--node-monitor-period=2s",
        f"--node-monitor-grace-period={silence}s",
        f"--cert-dir={folder / 'certs'}",
    ]


def client(pki: Path, name: str, version: Version, port: int) -> list[str]:
    """What controller manager and scheduler have in common; 1.20 also had an insecure port, which is closed."""
    kubeconfig = pki / f"{name}.kubeconfig"
    return [
        *(f"--{use}={kubeconfig}" for use in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")),
        f"--bind-address={HOST}",
        f"--secure-port={version.port(port)}",
        "--leader-elect=false",
        *(["--port=0"] if version.minor == 20 else []),
    ]


def binary(version: Version, name: str) -> str:
    return str(binaries(version) / name)


def wait_for(kubectl: Kubectl, processes: Processes, *question: str, seconds: float = 60) -> None:
    """Ask until kubectl succeeds; an API server or etcd that has ended is told at once."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            kubectl(*question)
            return
        except KubectlFailed as failure:
            for name in ("etcd", "apiserver"):
                processes.must_run(name)
            if time.monotonic() > deadline:
                raise CannotRun(f"not ready after {seconds:.0f} s: {failure}") from failure
        time.sleep(0.3)
