"""What can be heard of: one table of all kinds of events."""

from __future__ import annotations

from dataclasses import dataclass

TEST = "webhook.test"


@dataclass(frozen=True)
class EventKind:
    """`bad` ones are all that a webhook hears of that wants failures only."""

    name: str
    english: str
    chinese: str
    bad: bool = False


_ALL = (
    EventKind("task.created", "Task asked for", "任务已创建"),
    EventKind("task.started", "Task started", "任务已开始"),
    EventKind("task.stopped", "Task is being stopped", "任务正在停止", bad=True),
    EventKind("task.cancel_requested", "Task is being cancelled", "任务正在取消"),
    EventKind("task.paused", "Task paused", "任务已暂停"),
    EventKind("task.resumed", "Task goes on", "任务已继续"),
    EventKind("task.succeeded", "Task succeeded", "任务成功"),
    EventKind("task.partial", "Task partly done", "任务部分完成", bad=True),
    EventKind("task.failed", "Task failed", "任务失败", bad=True),
    EventKind("task.cancelled", "Task cancelled", "任务已取消"),
    EventKind("schedule.fired", "Schedule fired", "计划已触发"),
    EventKind("schedule.skipped", "Schedule skipped a run", "计划跳过一次运行", bad=True),
    EventKind("schedule.missed", "Schedule missed runs", "计划错过运行", bad=True),
    EventKind("schedule.failed", "Schedule could not make its task", "计划未能创建任务", bad=True),
    EventKind("policy.covered", "Policy covered: all is warm", "策略已覆盖"),
    EventKind("policy.gap", "Policy has images to pull", "策略有镜像待拉取"),
    EventKind("policy.cannot", "Policy cannot keep its images warm", "策略无法保持镜像", bad=True),
    EventKind(TEST, "Test", "测试"),
)
EVENTS = {kind.name: kind for kind in _ALL}
CHOOSABLE = [name for name in EVENTS if name != TEST]


def is_bad(name: str) -> bool:
    return name in EVENTS and EVENTS[name].bad


def words_for(name: str, chinese: bool) -> str:
    kind = EVENTS.get(name)
    return (kind.chinese if chinese else kind.english) if kind else name
