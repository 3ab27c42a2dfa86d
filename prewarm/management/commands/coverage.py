"""`manage.py coverage IMAGE…`: may this be rolled out? For pipelines: the exit status is the answer."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from rest_framework.renderers import JSONRenderer

from accounts.models import Tenant
from accounts.permissions import DEFAULT_TENANT
from ips.operator_command import NO_PUBLIC_URL, USAGE, OperatorCommand
from ips.problems import Problem
from prewarm.inventory import badge
from prewarm.inventory.coverage import Coverage, ImageShare, coverage
from prewarm.inventory_serializers import shown
from prewarm.inventory_views import readable
from prewarm.node_pools import pool_of
from prewarm.terminal.layout import Page, width_of
from prewarm.wording import listed, nodes

BELOW = 1


class Command(OperatorCommand):
    """Counts as a platform administrator, in this process."""

    help = (
        "Tell on how many nodes images are. Unknown is not ready. Exit status: 0 at least --min percent of the nodes "
        "have all of them, 1 fewer, 2 usage, 4 IPS is out of order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("images", nargs="+", metavar="IMAGE", help="image references, like nginx:1.27")
        parser.add_argument("--selector", default="", metavar="S", help="nodes with these labels (default: all)")
        parser.add_argument("--tenant", default=DEFAULT_TENANT, help="in whose node pool (default: %(default)s)")
        parser.add_argument("--min", default="100", metavar="P", help="percent that are enough (default: %(default)s)")
        parser.add_argument("--json", action="store_true", help="print one JSON object on stdout, as the API does")
        parser.add_argument("--badge", action="store_true", help="print the address of a badge for this instead")

    def handle(self, *args: Any, **options: Any) -> None:
        least = _percent(options["min"])
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=USAGE)
        try:
            images = readable(options["images"])
            found = coverage(images, options["selector"], pool_of(tenant))
        except Problem as refused:
            raise CommandError("\n".join(one["detail"] for one in refused.errors), returncode=USAGE) from refused
        if options["badge"]:
            self.stdout.write(badge.address(images, options["selector"], tenant.slug))
            if not settings.PUBLIC_URL:
                self.stderr.write(NO_PUBLIC_URL)
            return
        if options["json"]:
            self.stdout.write(JSONRenderer().render(shown(found)).decode())
        else:
            self.stdout.write("\n".join(_lines(found, self.stdout.isatty())))
        if not found.reaches(least):
            sys.exit(BELOW)


def _percent(text: str) -> float:
    try:
        least = float(text)
    except ValueError:
        least = -1.0
    if not 0 <= least <= 100:
        raise CommandError(f"--min {text}: give a percentage from 0 to 100.", returncode=USAGE)
    return least


def _lines(found: Coverage, is_terminal: bool) -> list[str]:
    page = Page(width_of(is_terminal))
    where = f"with {found.selector}" if found.selector else "in all"
    if not found.nodes:
        page.text(f"No node matches {found.selector}." if found.selector else "There are no nodes.", 0)
        return page.lines
    page.text(f"{found.percent:g} % ready: {nodes(found.ready)} of {found.nodes:,} {where}", 0)
    if not found.fresh:
        page.text("The cluster has not been heard from for a while, so nothing is known of any node.", 0)
    for share in found.images:
        _image(page, share)
    return page.lines


def _image(page: Page, share: ImageShare) -> None:
    page.heading(share.image, f"{share.percent:g} % ({share.ready:,} of {share.nodes:,})")
    for word, count, some in (
        ("missing", share.missing, share.missing_nodes),
        ("unknown", share.unknown, share.unknown_nodes),
    ):
        if count:
            page.text(f"{word} on {nodes(count)}:")
        by_text: dict[str, list[str]] = {}
        for one in some:
            by_text.setdefault(one.text, []).append(one.node)
        for text, names in by_text.items():
            page.text(f"{listed(names)}: {text}", 4, hang=2)
