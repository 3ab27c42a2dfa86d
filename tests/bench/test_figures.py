"""What the benchmark prints and publishes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import publish
from tests.bench.experiments import EXPERIMENTS
from tests.bench.figures import Figure, Table, number, percentile
from tests.bench.rows import ROWS


def figure(*values: float, name: str = "takeover_s") -> Figure:
    return Figure(name, values, "MariaDB", "default times", "20 s")


def test_every_row_is_measured_by_one_experiment() -> None:
    measured = [row for experiment in EXPERIMENTS for row in experiment.rows]

    assert sorted(measured) == sorted([*ROWS, "order", "growth"])


@pytest.mark.parametrize(("percent", "value"), [(50, 10.0), (95, 19.0), (100, 20.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: int, value: float) -> None:
    assert percentile([float(number) for number in range(20, 0, -1)], percent) == value


def test_numbers_have_the_digits_that_matter() -> None:
    assert [number(value) for value in (0.1234, 1.234, 12.34, 123.4)] == ["0.12", "1.23", "12.3", "123"]


def test_a_line_says_the_median_the_goal_and_the_spread() -> None:
    assert figure(21.0, 35.0, 22.0).line().split() == [
        *("takeover_s", "22.0", "s", "≤", "30.0", "met", "21.0–35.0", "20", "s")
    ]
    assert "MISSED" in figure(31.0).line()


def test_what_is_published_again_replaces_itself_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "MACHINES", tmp_path / "performance.json")
    monkeypatch.setattr(publish, "PEOPLE", tmp_path / "performance.md")
    publish.publish([figure(21.0), figure(0.4, name="preview_5000_ms"), Table("Growth: slow", ("nodes",), [["100"]])])
    publish.publish([figure(22.0, 24.0, 23.0), Table("Growth: fast", ("nodes",), [["5,000"]])])

    published = json.loads((tmp_path / "performance.json").read_text())
    text = (tmp_path / "performance.md").read_text()

    assert {entry["name"]: entry["value"] for entry in published["figures"]} == {
        "takeover_s": 23.0,
        "preview_5000_ms": 0.4,
    }
    assert [table["title"] for table in published["tables"]] == ["Growth: fast"]
    assert "| **23.0** s | 22.0–24.0 | ≤ 30.0 | 20 s | default times |" in text
