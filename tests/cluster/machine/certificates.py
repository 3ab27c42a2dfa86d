"""A certificate authority of the cluster's own, the certificates it gives, and the kubeconfigs that hold them."""

import json
import subprocess
from pathlib import Path

from tests.cluster.machine.versions import Version

SERVER_NAMES = "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.0.0.1"


class Certificates:
    """Files in one folder; what is there is kept."""

    def __init__(self, folder: Path, version: Version) -> None:
        self.folder, self.version = folder, version

    def prepare(self) -> None:
        """Make the authority, the key that signs service account tokens, and the control plane's certificates."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.file("ca.crt").exists():
            self._openssl(
                "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out unfinished.crt -days 3650 -subj /CN=ca"
            )
            self.file("unfinished.crt").replace(self.file("ca.crt"))
        if not self.file("sa.pub").exists():
            self._openssl("genrsa -out sa.key 2048")
            self._openssl("rsa -in sa.key -pubout -out sa.pub")
        self.issue("apiserver", "/CN=kube-apiserver", SERVER_NAMES)
        self.issue("admin", "/O=system:masters/CN=admin")
        self.issue("controller-manager", "/CN=system:kube-controller-manager")
        self.issue("scheduler", "/CN=system:kube-scheduler")

    def issue(self, name: str, subject: str, alternative_names: str = "") -> Path:
        """Give a certificate for clients and servers; returns the kubeconfig that uses it."""
        kubeconfig = self.file(f"{name}.kubeconfig")
        if kubeconfig.exists():
            return kubeconfig
        extensions = (
            f"extendedKeyUsage=serverAuth,clientAuth\n{alternative_names and 'subjectAltName='}{alternative_names}\n"
        )
        self.file(f"{name}.extensions").write_text(extensions)
        self._openssl(f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj {subject}")
        signed = f"-CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out {name}.crt -extfile {name}.extensions"
        self._openssl(f"x509 -req -in {name}.csr {signed}")
        user = {"client-certificate": str(self.file(f"{name}.crt")), "client-key": str(self.file(f"{name}.key"))}
        return self.kubeconfig(name, user)

    def kubeconfig(self, name: str, user: dict[str, str]) -> Path:
        """Write a kubeconfig for a user of this cluster (YAML that is JSON)."""
        cluster = {"server": self.version.api, "certificate-authority": str(self.file("ca.crt"))}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": cluster}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
            "current-context": "context",
        }
        unfinished, finished = self.file(f".{name}.kubeconfig"), self.file(f"{name}.kubeconfig")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(document, indent=1))
        return unfinished.replace(finished)

    def file(self, name: str) -> Path:
        return self.folder / name

    def _openssl(self, arguments: str) -> None:
        subprocess.run(["openssl", *arguments.split()], cwd=self.folder, check=True, capture_output=True)
