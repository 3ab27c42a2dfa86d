"""`POST hooks/{token}/`: where registries tell what was pushed. The token and the secret are all that opens it."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.request_rate import count
from ips.client_address import client_address, counted_as
from ips.problems import Invalid, Problem
from ips.request_id import current_request_id
from ips.strict_json import StrictJSONParser
from prewarm.clock import database_now
from webhooks.inbound.credentials import hook_of, is_secret_of
from webhooks.inbound.kinds import KINDS, NotUnderstood
from webhooks.inbound.receiving import MOST_EVENTS, Sender, receive, refuse
from webhooks.inbound.serializers import Notification, Received
from webhooks.models import RegistryHook

log = logging.getLogger(__name__)


class AnyJSONParser(StrictJSONParser):
    """JSON, however it is called: registries have names of their own for what they send."""

    media_type = "*/*"


class HookView(APIView):
    """Registries tell here what was pushed. What they tell is written down; tasks are made of it later."""

    authentication_classes = ()
    parser_classes = (AnyJSONParser,)

    @extend_schema(request={"application/json": Notification}, responses={202: Received}, auth=[])
    def post(self, request: Request, token: str) -> Response:
        """Take what a registry sends. An unknown token is answered like any missing thing."""
        hook = hook_of(token, database_now())
        if hook is None:
            raise Http404
        sender = Sender(client_address(request._request), current_request_id())
        if not is_secret_of(hook, request.headers.get("Authorization", ""), database_now()):
            raise _not_believed(hook, sender)
        _count(hook, f"hook {hook.pk}", sender)
        try:
            told = KINDS[hook.kind].read(request.data)
        except ParseError as wrong:
            refuse(hook, "not_understood", sender, str(wrong.detail))
            raise
        except NotUnderstood as wrong:
            refuse(hook, "not_understood", sender, str(wrong))
            raise Invalid([{"pointer": "", "code": "not_understood", "detail": str(wrong)}]) from wrong
        if len(told) > MOST_EVENTS:
            text = f"{len(told)} events in one body; {MOST_EVENTS} are possible."
            refuse(hook, "not_understood", sender, text)
            raise Invalid([{"pointer": "events", "code": "too_many", "detail": text}])
        heard = receive(hook, told, sender)
        log.info("a registry told", extra={"hook": str(hook.pk), "accepted": heard.accepted, "ignored": heard.reasons})
        return Response({"accepted": heard.accepted, "ignored": heard.ignored}, status=202)


def _not_believed(hook: RegistryHook, sender: Sender) -> Problem:
    """Counted apart, by address: who knows the token alone keeps nobody else out."""
    _count(hook, f"hook {hook.pk} not believed {counted_as(sender.address)}", sender, told=False)
    refuse(hook, "bad_secret", sender)
    return Problem(401, "bad_secret", "Send the secret of this hook in the header Authorization.")


def _count(hook: RegistryHook, who: str, sender: Sender, *, told: bool = True) -> None:
    """Raises Problem (429) when more arrives than the hook takes in a minute."""
    allowance = count(who, settings.HOOK_REQUESTS_PER_MINUTE)
    if allowance.left >= 0:
        return
    if told:
        refuse(hook, "too_often", sender)
    text = f"This hook takes {settings.HOOK_REQUESTS_PER_MINUTE} requests a minute. Try again in {allowance.seconds} s."
    raise Problem(429, "throttled", text, retry_after=max(1, allowance.seconds))
