"""Programs of the system that `make test` needs; installs them on Debian and its kin as root, else says which.

Runs with the system's python3, before anything is installed: standard library only.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
PROGRAMS = {  # package: a program of it
    "mariadb-server": "mariadbd",
    "libmariadb-dev": "mariadb_config",
    "pkg-config": "pkg-config",
    "gcc": "gcc",
    "git": "git",
    "faketime": "faketime",
    "openssl": "openssl",
    "chromium": "chromium",
    "docker-registry": "docker-registry",
}


def missing() -> list[str]:
    packages = [package for package, program in PROGRAMS.items() if shutil.which(program, path=PATH) is None]
    if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
        packages.append("python3-dev")
    return packages


def main() -> int:
    packages = missing()
    if not packages:
        return 0
    names = " ".join(packages)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        sys.stderr.write(f"The tests need these packages of the system; please install them: {names}\n")
        return 1
    sys.stderr.write(f"Installing system packages for the tests: {names}\n")
    # The tests start a MariaDB of their own; the package shall not start one now.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=True)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=environment, check=True
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
