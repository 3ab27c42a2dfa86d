"""Run a command that ends when our parent does, where the kernel offers no such thing (macOS).

`python -m ips.supervisor.leash COMMAND…`
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

LOOK_EVERY = 0.5


def main() -> int:
    parent = os.getppid()
    process = subprocess.Popen(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            return process.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if os.getppid() != parent:
                process.kill()
                return process.wait()


if __name__ == "__main__":
    sys.exit(main())
