"""The kinds of webhooks, each in a file of its own."""

from webhooks.kinds.dingtalk import DingTalk
from webhooks.kinds.generic import Generic
from webhooks.kinds.kind import Kind, Outcome, Post, Verdict
from webhooks.kinds.slack import Slack
from webhooks.models import WebhookKind

KINDS: dict[str, Kind] = {
    WebhookKind.GENERIC: Generic(),
    WebhookKind.SLACK: Slack(),
    WebhookKind.DINGTALK: DingTalk(),
}

__all__ = ["KINDS", "Kind", "Outcome", "Post", "Verdict"]
