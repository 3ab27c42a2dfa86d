"""Recent versions: Kubernetes and containerd are Go modules, built from a module of our own that names them."""

from pathlib import Path

from tests.cluster.machine.workshop import CONTAINERD, KUBERNETES, Workshop, version_values

# k8s.io/kubernetes asks for its staging modules at v0.0.0, so that whoever builds it as a module must replace each.
STAGING = [
    *("api", "apiextensions-apiserver", "apimachinery", "apiserver", "cli-runtime", "client-go"),
    *("cloud-provider", "cluster-bootstrap", "code-generator", "component-base", "component-helpers"),
    *("controller-manager", "cri-api", "cri-client", "cri-streaming", "csi-translation-lib"),
    *("dynamic-resource-allocation", "endpointslice", "externaljwt", "kms", "kube-aggregator"),
    *("kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet", "metrics", "mount-utils"),
    *("pod-security-admission", "sample-apiserver", "sample-cli-plugin", "sample-controller", "streaming"),
]


def build(shop: Workshop) -> None:
    kubernetes, containerd = "k8s.io/kubernetes", "github.com/containerd/containerd/v2"
    minor_and_patch = shop.version.kubernetes.removeprefix("1.")
    replaced = "".join(f"replace k8s.io/{name} => k8s.io/{name} v0.{minor_and_patch}\n" for name in STAGING)
    module(shop.folder / "kubernetes", f"{kubernetes} v{shop.version.kubernetes}", replaced)
    shop.go_build(
        shop.folder / "kubernetes",
        [f"{kubernetes}/cmd/{name}" for name in KUBERNETES],
        set_values=version_values("k8s.io/component-base/version", shop.version),
        env={"GOFLAGS": "-mod=mod -modcacherw"},
    )
    module(shop.folder / "containerd", f"{containerd} v{shop.version.containerd}")
    shop.go_build(
        shop.folder / "containerd",
        [f"{containerd}/cmd/{name}" for name in CONTAINERD],
        set_values={f"{containerd}/version.Version": f"v{shop.version.containerd}"},
        env={"GOFLAGS": "-mod=mod -modcacherw"},
    )


def module(folder: Path, requirement: str, more: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "go.mod").write_text(f"module local/cluster\n\ngo 1.26.0\n\nrequire {requirement}\n\n{more}")
