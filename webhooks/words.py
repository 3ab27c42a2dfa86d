"""The words of chat messages, in English and in Chinese."""

from __future__ import annotations

from typing import Any

from webhooks.events import is_bad, words_for
from webhooks.letters import Letter
from webhooks.models import Language, Webhook

_WORDS = {
    "nodes": ("Nodes", "节点"),
    "images": ("Images", "镜像"),
    "asked_by": ("Asked by", "创建者"),
    "tenant": ("Tenant", "租户"),
    "open": ("Open in IPS", "在 IPS 中查看"),
    "on": ("on", "于"),
    "node": ("node", "个节点"),
    "more": ("and {n} more reasons", "另有 {n} 种原因"),
    "digest": ("{n} events, {bad} of them bad", "{n} 条消息, 异常 {bad} 条"),
    "more_events": ("and {n} more", "另有 {n} 条"),
    "hello": ("This is a test. Messages of IPS arrive here.", "这是一条测试消息。IPS 的消息可以送达这里。"),
}


def say(webhook: Webhook, name: str, **values: object) -> str:
    return _WORDS[name][webhook.language == Language.CHINESE].format(**values)


def title(webhook: Webhook, letter: Letter) -> str:
    """What happened to what: `Task partly done: web-nightly`."""
    words = words_for(letter.event, webhook.language == Language.CHINESE)
    name = subject(letter).get("title") or subject(letter).get("name")
    return f"{words}: {name}" if name else words


def subject(letter: Letter) -> dict[str, Any]:
    found: dict[str, Any] = letter.data.get(letter.event.partition(".")[0]) or {}
    return found


def warm(letter: Letter) -> str:
    """`118/120`, or nothing where no nodes are counted."""
    nodes = subject(letter).get("nodes")
    return f"{nodes['succeeded']}/{nodes['desired']}" if nodes and nodes.get("desired") else ""


def on_nodes(webhook: Webhook, group: dict[str, Any]) -> str:
    """`12 nodes: node-1, node-2`"""
    number = group["nodes"]
    plural = "s" if number != 1 and webhook.language == Language.ENGLISH else ""
    return f"{number} {say(webhook, 'node')}{plural}: {', '.join(group['examples'])}"


def digest_title(webhook: Webhook, letters: list[Letter]) -> str:
    return say(webhook, "digest", n=len(letters), bad=sum(is_bad(letter.event) for letter in letters))
