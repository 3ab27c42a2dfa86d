"""DingTalk's robots: Markdown with a signature, a keyword and people called by name; a digest when much happens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from ips.outbound import Answer
from webhooks import words
from webhooks.kinds import dingtalk_errors
from webhooks.kinds.kind import Post, Verdict
from webhooks.letters import Letter
from webhooks.models import Webhook

MOST_BYTES = 18_000  # of text; 20,000 is what the whole body may have
MOST_REASONS, MOST_LINES = 5, 20
LONGEST_TITLE = 100
WIDE_AT = "\N{FULLWIDTH COMMERCIAL AT}"  # calls nobody
_MARKDOWN = re.compile(r"([\\`*_\[\]()#>!|~])")


class DingTalk:
    hosts: tuple[str, ...] = ("oapi.dingtalk.com",)
    chats = True
    per_minute: int | None = 18  # of the 20 that a robot bears: two are left for whoever shares it

    def post(self, webhook: Webhook, letters: Sequence[Letter], now: datetime) -> Post:
        title, text = _alone(webhook, letters[0]) if len(letters) == 1 else _digest(webhook, list(letters))
        if webhook.keyword and webhook.keyword not in text:
            text = f"{text}\n\n{webhook.keyword}"
        text = _cut(text, MOST_BYTES)
        if webhook.at_mobiles:
            text += "\n\n" + " ".join(f"@{mobile}" for mobile in webhook.at_mobiles)
        message = {
            "msgtype": "markdown",
            "markdown": {"title": title[:LONGEST_TITLE], "text": text},
            "at": {"atMobiles": webhook.at_mobiles, "isAtAll": False},
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        return Post(address(webhook, now), {"Content-Type": "application/json; charset=utf-8"}, body)

    def judge(self, answer: Answer) -> Verdict:
        return dingtalk_errors.judge(answer)


def address(webhook: Webhook, now: datetime) -> str:
    """The robot's address; signed, where it has a secret, for the hour around now."""
    if not webhook.secret:
        return webhook.url
    milliseconds = round(now.timestamp() * 1000)
    content = f"{milliseconds}\n{webhook.secret}".encode()
    sign = base64.b64encode(hmac.new(webhook.secret.encode(), content, hashlib.sha256).digest())
    joint = "&" if "?" in webhook.url else "?"
    return f"{webhook.url}{joint}timestamp={milliseconds}&sign={quote_plus(sign)}"


def escaped(text: str) -> str:
    """Names and messages of others format nothing, and call nobody."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split())).replace("@", WIDE_AT)


def _alone(webhook: Webhook, letter: Letter) -> tuple[str, str]:
    title, data, subject = words.title(webhook, letter), letter.data, words.subject(letter)
    lines = [f"### {escaped(title)}", escaped(data["text"]) if subject else words.say(webhook, "hello")]
    facts = {"nodes": words.warm(letter), "asked_by": str(subject.get("asked_by") or ""), "tenant": data["tenant"]}
    lines += ["\n".join(f"- {words.say(webhook, name)}: {escaped(value)}" for name, value in facts.items() if value)]
    lines += _failures(webhook, data)
    if data["link"]:
        lines.append(f"[{words.say(webhook, 'open')}]({data['link']})")
    return title, "\n\n".join(lines)


def _failures(webhook: Webhook, data: dict[str, Any]) -> list[str]:
    groups = data.get("failures", [])
    lines = [
        f"- **{escaped(group['label'])}** – {escaped(words.on_nodes(webhook, group))[:300]}"
        for group in groups[:MOST_REASONS]
    ]
    left = len(groups) - MOST_REASONS + data.get("more_failures", 0)
    if left > 0:
        lines.append(f"- {words.say(webhook, 'more', n=left)}")
    return ["\n".join(lines)] if lines else []


def _digest(webhook: Webhook, letters: list[Letter]) -> tuple[str, str]:
    title = f"IPS: {words.digest_title(webhook, letters)}"
    lines = [_line(webhook, letter) for letter in letters[:MOST_LINES]]
    if (left := len(letters) - MOST_LINES) > 0:
        lines.append(f"- {words.say(webhook, 'more_events', n=left)}")
    return title, f"### {escaped(title)}\n\n" + "\n".join(lines)


def _line(webhook: Webhook, letter: Letter) -> str:
    counted = f" ({words.warm(letter)})" if words.warm(letter) else ""
    what = escaped(f"{words.title(webhook, letter)[:150]}{counted}")
    return f"- [{what}]({letter.data['link']})" if letter.data["link"] else f"- {what}"


def _cut(text: str, most: int) -> str:
    data = text.encode()
    return text if len(data) <= most else data[:most].decode(errors="ignore") + "…"
