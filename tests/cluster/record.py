"""`python -m tests.cluster.record VERSION`: writes tests/prewarm/recorded/ anew, from what real kubelets say.

Takes some minutes. The tests of the classifier read the recordings and need no cluster.
"""

import argparse
import sys

from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.versions import VERSIONS
from tests.cluster.recording import network_cases, node_cases, pull_cases, refusal_cases
from tests.cluster.recording.recorder import Recorder
from tests.cluster.stage import Stage

PARTS = {
    "well": pull_cases.record_what_goes_well,
    "names": pull_cases.record_names_and_rights,
    "answers": pull_cases.record_answers,
    "slow": pull_cases.record_slow_answers,
    "contents": pull_cases.record_contents,
    "after": pull_cases.record_after_the_pull,
    "disks": pull_cases.record_full_disks,
    "networks": network_cases.record,
    "rejections": node_cases.record_rejections,
    "deadlines": node_cases.record_deadlines,
    "small": node_cases.record_small_kubelet,
    "evictions": node_cases.record_evictions,
    "refusals": refusal_cases.record,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="record", description=__doc__)
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.parts) - PARTS.keys()):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    cluster = Cluster(VERSIONS[arguments.version])
    with cluster.alone():
        cluster.up()
        stage = Stage(cluster)
        recorder = Recorder(stage)
        try:
            for part in arguments.parts:
                PARTS[part](recorder)
        finally:
            recorder.close()
            stage.remove_images()
    if recorder.missing:
        print(f"not shown: {', '.join(recorder.missing)}")
    return 1 if recorder.missing else 0


if __name__ == "__main__":
    sys.exit(main())
