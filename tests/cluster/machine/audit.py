"""Which requests a user made, as the API server itself writes them down (audit.k8s.io/v1). Nobody else is recorded."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


def flags(folder: Path, users: Sequence[str]) -> list[str]:
    """Write the policy into the folder; the flags with which the API server follows it."""
    rules = [{"level": "Metadata", "users": list(users), "omitStages": ["RequestReceived", "ResponseStarted"]}]
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [*rules, {"level": "None"}]}
    (folder / "audit-policy.json").write_text(json.dumps(policy))
    return [
        f"--audit-policy-file={folder / 'audit-policy.json'}",
        f"--audit-log-path={folder / 'audit.log'}",
        "--audit-log-mode=batch",
        "--audit-log-batch-max-wait=1s",
    ]


def requests(folder: Path) -> Counter[str]:
    """How many requests were answered so far, by verb and resource: `create pods`. The last second may be missing."""
    log = folder / "audit.log"
    if not log.exists():
        return Counter()
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.endswith("}"))
    return Counter(f"{line['verb']} {line.get('objectRef', {}).get('resource', line['requestURI'])}" for line in lines)
