"""Slack's incoming webhooks: blocks with the summary, the first failures by reason, and a link."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ips.outbound import Answer
from webhooks import words
from webhooks.kinds.kind import Outcome, Post, Verdict, by_status
from webhooks.letters import Letter
from webhooks.models import Webhook

LONGEST_HEADER, LONGEST_SECTION, LONGEST_FIELD = 150, 3000, 2000
MOST_REASONS = 5
# What Slack says in plain text, and whether anything would ever get through again.
GONE = {
    "no_service": "This webhook was removed in Slack. Make a new one there.",
    "no_team": "The workspace does not exist any more.",
    "invalid_token": "Slack does not know this address. Copy it anew.",
    "channel_is_archived": "The channel is archived. Take another one.",
    "channel_not_found": "The channel does not exist any more.",
    "action_prohibited": "An administrator of the workspace forbids it.",
}
SENT_WRONG = ("invalid_payload", "invalid_blocks", "no_text", "too_many_attachments", "msg_blocks_too_long")


class Slack:
    hosts: tuple[str, ...] = ("hooks.slack.com", "hooks.slack-gov.com")
    chats = True
    per_minute: int | None = None

    def post(self, webhook: Webhook, letters: Sequence[Letter], now: datetime) -> Post:
        (letter,) = letters
        message = {"text": escaped(words.title(webhook, letter))[:LONGEST_SECTION], "blocks": _blocks(webhook, letter)}
        body = json.dumps(message, ensure_ascii=False).encode()
        return Post(webhook.url, {"Content-Type": "application/json; charset=utf-8"}, body)

    def judge(self, answer: Answer) -> Verdict:
        """Success is 200 and `ok`; errors are a word of plain text with a status of their own."""
        said = answer.body[:100].decode(errors="replace").strip()
        if answer.status == 200 and said == "ok":
            return Verdict(Outcome.DELIVERED)
        if said in GONE:
            return Verdict(Outcome.GONE, said, GONE[said])
        if said in SENT_WRONG:
            return Verdict(Outcome.STOP, said, f"Slack does not accept the message: {said}.")
        found = by_status(answer)
        if found.outcome == Outcome.DELIVERED:
            return Verdict(Outcome.STOP, "not_slack", "Slack answers ok, and this answers something else.")
        return found


def escaped(text: str) -> str:
    """As Slack wants it, so that no name calls the whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(webhook: Webhook, letter: Letter) -> list[dict[str, Any]]:
    subject, data = words.subject(letter), letter.data
    header = words.title(webhook, letter)[:LONGEST_HEADER]
    text = words.say(webhook, "hello") if not subject else str(data["text"])
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": header}}, _section(escaped(text))]
    fields = {
        "nodes": words.warm(letter),
        "images": str(subject.get("images") or ""),
        "asked_by": str(subject.get("asked_by") or ""),
        "tenant": str(data["tenant"]),
    }
    told = [
        _mrkdwn(f"*{words.say(webhook, name)}*\n{escaped(value)}"[:LONGEST_FIELD])
        for name, value in fields.items()
        if value
    ]
    blocks.append({"type": "section", "fields": told})
    if lines := _failures(webhook, data):
        blocks.append(_section("\n".join(lines)))
    if data["link"]:
        button = {"type": "plain_text", "text": words.say(webhook, "open")}
        blocks.append({"type": "actions", "elements": [{"type": "button", "text": button, "url": data["link"]}]})
    return blocks


def _failures(webhook: Webhook, data: dict[str, Any]) -> list[str]:
    groups = data.get("failures", [])
    lines = [
        escaped(f"• {group['label']} – {words.on_nodes(webhook, group)}"[:250])
        + (f"\n> {escaped(' '.join(group['message'].split())[:250])}" if group["message"] else "")
        for group in groups[:MOST_REASONS]
    ]
    left = len(groups) - MOST_REASONS + data.get("more_failures", 0)
    return [*lines, words.say(webhook, "more", n=left)] if left > 0 else lines


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text[:LONGEST_SECTION])}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}
