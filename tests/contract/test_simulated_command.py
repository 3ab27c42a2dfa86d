"""Starting and stopping a simulated cluster."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from prewarm.simulator.options import Options, parse
from prewarm.simulator.running import simulated_cluster

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """The process and the one line that it prints."""
    command = [sys.executable, "-m", "prewarm.simulator", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline()


def test_it_says_where_it_is_and_writes_a_kubeconfig(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "kubeconfig"
    process, line = start("--nodes", "3", "--version", "1.20.2", "--kubeconfig", str(file))
    try:
        found = re.search(r"Simulated Kubernetes 1\.20\.2, 3 nodes: (http://127\.0\.0\.1:\d+) \(kubeconfig ", line)
        assert found, line
        config = json.loads(file.read_text())
        assert config["clusters"][0]["cluster"]["server"] == found[1]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(httpx.get(f"{found[1]}/api/v1/nodes").json()["items"]) == 3
        assert httpx.get(f"{found[1]}/version").json()["gitVersion"] == "v1.20.2"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_although_somebody_watches(how: signal.Signals) -> None:
    process, line = start("--nodes", "1")
    url = re.findall(r"http://[^ \n]+", line)[0]

    with httpx.stream("GET", f"{url}/api/v1/nodes", params={"watch": "1"}, timeout=30) as watch:
        assert next(watch.iter_lines())
        process.send_signal(how)
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 0
    assert errors == ""


def test_it_starts_without_django() -> None:
    code = "import sys, prewarm.simulator.serve; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_manage_py_starts_it_too(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "simcluster", "--help"]

    answer = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"IPS_VAR_DIR": str(tmp_path)}
    )

    assert answer.returncode == 0, answer.stderr
    for option in ("--nodes", "--speed", "--port", "--version", "--kubeconfig"):
        assert option in answer.stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5"])
def test_it_cannot_be_reached_from_outside(host: str) -> None:
    with pytest.raises(ValueError, match="is not a loopback address"):
        Options(host=host)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--speed", "5-1"], "speed must be MIN-MAX seconds"),
        (["--version", "latest"], "is no Kubernetes version"),
        (["--nodes", "-1"], "nodes must be at least 0"),
        (["--host", "10.0.0.1"], "is not a loopback address"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(arguments)

    assert why in capsys.readouterr().err


def test_it_is_the_same_cluster_after_every_start() -> None:
    uids = set()
    for _ in range(2):
        with simulated_cluster(Options(nodes=0)) as sim:
            uids.add(httpx.get(f"{sim.url}/api/v1/namespaces/kube-system").json()["metadata"]["uid"])

    assert len(uids) == 1


def test_it_comes_with_what_cluster_setup_makes() -> None:
    with simulated_cluster(Options(nodes=0)) as sim:
        namespace = httpx.get(f"{sim.url}/api/v1/namespaces/ips-pull")
        account = httpx.get(f"{sim.url}/api/v1/namespaces/ips-pull/serviceaccounts/ips-puller")
        priority = httpx.get(f"{sim.url}/apis/scheduling.k8s.io/v1/priorityclasses/ips-prewarm")

    assert namespace.json()["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert account.status_code == 200
    assert priority.json()["value"] == -1000


def test_some_nodes_can_be_ill_from_the_start() -> None:
    with simulated_cluster(Options(nodes=5, faults={"notready": 2})) as sim:
        nodes = httpx.get(f"{sim.url}/api/v1/nodes").json()["items"]

    ready = [
        condition["status"]
        for node in nodes
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    ]
    assert sorted(ready) == ["True", "True", "True", "Unknown", "Unknown"]
