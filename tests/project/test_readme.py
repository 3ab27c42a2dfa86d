"""The README tells the truth about settings, and stays short."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()


def test_every_setting_is_in_the_table_and_no_other():
    files = [ROOT / "ips" / "settings.py", ROOT / "ips" / "web_server.py"]
    read = set(re.findall(r'env\w+\(\s*"(IPS_\w+)"', "".join(file.read_text() for file in files)))
    table = README.partition("## Settings")[2].partition("\n## ")[0]

    assert set(re.findall(r"`(IPS_[A-Z_]+)`", table)) == read


def test_it_is_read_in_one_go():
    assert len(README.splitlines()) <= 150


def test_every_command_it_names_is_there():
    makefile = (ROOT / "Makefile").read_text()
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")}

    assert all(f"\n{target}:" in makefile for target in re.findall(r"make ([a-z-]+)", README) if target != "it")
    assert set(re.findall(r"manage\.py ([a-z_-]+)", README)) <= commands
