"""What is where, in the API: images on nodes, and whether something may be rolled out."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Rights, tenant_for
from ips.pagination import Pages
from ips.problems import FieldError, Invalid, Problem
from ips.query import chosen, holding, only_known, ordered_by, ordering
from prewarm import references
from prewarm.evidence import Presence
from prewarm.inventory import badge
from prewarm.inventory.coverage import MOST_IMAGES, coverage
from prewarm.inventory.placed import marks_on, on_nodes, spread
from prewarm.inventory.presence import COLUMNS, presence
from prewarm.inventory_serializers import (
    KINDS,
    BadgeLink,
    BadgeRequest,
    CoverageSerializer,
    ImageSpread,
    NodeOfImage,
    shown,
)
from prewarm.models import KnownImage
from prewarm.node_pools import Pools, nodes_in, pool_of, pools_of
from prewarm.node_views import PRESENCES

IMAGE_ORDER = ("name", "bytes", "told_at")
IMAGE = OpenApiParameter("image", str, required=True, description="An image, as a task would name it.")
IMAGES = OpenApiParameter("image", str, many=True, required=True, description="Images, as a task would name them.")
SELECTOR = OpenApiParameter("selector", str, description="A label selector; all nodes without one.")
TENANT = OpenApiParameter("tenant", str, description="Only the nodes of this tenant's pool.")


def readable(texts: Sequence[str], most: int = MOST_IMAGES) -> list[str]:
    """The images that are asked for, each once. Raises Invalid (422, at `image`)."""
    images = list(dict.fromkeys(texts))
    if not 1 <= len(images) <= most:
        say = f"Name {'an image' if most == 1 else f'1 to {most} images'}, like image=nginx:1.27."
        raise Invalid([{"pointer": "image", "code": "required" if not images else "too_many", "detail": say}])
    errors: list[FieldError] = []
    for image in images:
        try:
            references.parse(image)
        except references.InvalidReference as wrong:
            errors.append({"pointer": "image", "code": "invalid", "detail": str(wrong)})
    if errors:
        raise Invalid(errors)
    return images


class InventoryViewSet(viewsets.GenericViewSet[KnownImage]):
    """The images that are known: listed by nodes, or pulled there. Of nodes that one may see, as nodes/ does."""

    queryset = KnownImage.objects.none()

    def get_queryset(self) -> QuerySet[KnownImage]:
        return KnownImage.objects.all()

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="In the name."),
            OpenApiParameter("kind", str, enum=KINDS),
            ordered_by(*IMAGE_ORDER),
        ],
        responses=ImageSpread(many=True),
    )
    def list(self, request: Request) -> Response:
        """Each name by itself, and on how many nodes it is: a tag is not its digest."""
        only_known(request, "search", "kind", "ordering")
        pools = pools_of(Rights.of(request))
        nodes = nodes_in(pools, columns=COLUMNS)
        rows = self.get_queryset()
        if kinds := set(chosen(request, "kind", KINDS)):
            rows = rows if len(kinds) == 2 else (rows.filter if "digest" in kinds else rows.exclude)(name__contains="@")
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "name"))
        rows = rows.order_by(ordering(request, "name", *IMAGE_ORDER), "pk")
        page = self.paginate_queryset(rows) if "" in pools else self.page_among(rows, marks_on(nodes))
        return self.get_paginated_response(ImageSpread(spread(page or [], nodes), many=True).data)

    def page_among(self, rows: QuerySet[KnownImage], marks: set[int]) -> Sequence[KnownImage]:
        """Of the images with these marks: more of them than a statement can name."""
        wanted = [mark for mark in rows.values_list("pk", flat=True) if mark in marks]
        assert self.paginator
        page = self.paginator.paginate_queryset(wanted, self.request, view=self) or []
        found = KnownImage.objects.in_bulk(page)
        return [found[mark] for mark in page if mark in found]

    @extend_schema(
        parameters=[IMAGE, SELECTOR, OpenApiParameter("presence", str, many=True, enum=PRESENCES)],
        responses=NodeOfImage(many=True),
    )
    @action(detail=False, methods=["get"], filter_backends=[])
    def nodes(self, request: Request) -> Response:
        """Where one image is, under the very name that is asked for: which nodes have it, have it not, or may."""
        only_known(request, "image", "selector", "presence")
        (image,) = readable(request.query_params.getlist("image"), most=1)
        presences = {Presence(one) for one in chosen(request, "presence", PRESENCES)}
        nodes = nodes_in(pools_of(Rights.of(request)), request.query_params.get("selector", ""), COLUMNS)
        known = {name: one for name, (one,) in presence([image], nodes).items()}
        pages = Pages()
        wanted = [node for node in nodes if not presences or known[node.name].presence in presences]
        page = pages.paginate_queryset(wanted, request, view=self) or []
        placed = on_nodes(references.parse(image).stored_name, page, known)
        return pages.get_paginated_response(NodeOfImage(placed, many=True).data)


class CoverageView(APIView):
    """May I roll this out? How many of the nodes where it may land have the images."""

    @extend_schema(parameters=[IMAGES, SELECTOR, TENANT], responses=CoverageSerializer)
    def get(self, request: Request) -> Response:
        """Unknown is not ready. A tag is looked for as this tag, a digest as this digest."""
        only_known(request, "image", "selector", "tenant")
        images = readable(request.query_params.getlist("image"))
        return Response(shown(coverage(images, request.query_params.get("selector", ""), self.pools(request))))

    def pools(self, request: Request) -> Pools:
        slug = request.query_params.get("tenant", "")
        return pool_of(tenant_for(request, slug)) if slug else pools_of(Rights.of(request))


class SvgRenderer(BaseRenderer):
    """The picture; what went wrong is told as JSON, whatever was asked for."""

    media_type = "image/svg+xml"
    format = "svg"
    charset = None

    def render(self, data: object, accepted_media_type: str | None = None, renderer_context: object = None) -> bytes:
        return JSONRenderer().render(data) if isinstance(data, dict) else str(data).encode()


class BadgeView(APIView):
    """Coverage as a picture for pages where nobody signs in."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Only who makes an address is asked who he is."""
        asked: Request | None = self.request  # None while the schema is made
        return [] if asked is not None and asked.method != "POST" else super().get_authenticators()

    def get_renderers(self) -> list[BaseRenderer]:
        asked: Request | None = self.request
        shows = asked is not None and asked.method in ("GET", "HEAD")
        return [SvgRenderer(), JSONRenderer()] if shows else super().get_renderers()

    @extend_schema(
        parameters=[
            IMAGES,
            SELECTOR,
            OpenApiParameter("tenant", str, required=True),
            OpenApiParameter("sig", str, required=True, description="As POST answers it with the whole address."),
        ],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        """The picture; caches may keep it for a minute. Any address that IPS did not sign is refused alike."""
        asked = request.query_params
        picture = badge.badge(
            asked.getlist("image"), asked.get("selector", ""), asked.get("tenant", ""), asked.get("sig", "")
        )
        if picture is None:
            raise Problem(400, "invalid_badge", "IPS has made no badge with this address. Make one: POST here.")
        headers = {
            "Cache-Control": f"public, max-age={badge.GOOD_SECONDS}",
            "Cross-Origin-Resource-Policy": "cross-origin",  # pages of others show it
        }
        return Response(picture, headers=headers)

    @extend_schema(request=BadgeRequest, responses={201: BadgeLink})
    def post(self, request: Request) -> Response:
        """An address of a badge, for the nodes of a tenant's pool. It shows a percentage to everybody who has it."""
        asked = BadgeRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = asked.validated_data
        tenant = tenant_for(request, wish["tenant"])
        url = badge.address(wish["images"], wish["selector"], tenant.slug)
        return Response({"url": url, "markdown": badge.markdown(url)}, status=201)
