"""The cluster's nodes in the API, and what is on each of them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Rights
from ips.pagination import Pages
from ips.query import chosen, holding, only_known
from prewarm.evidence import Presence
from prewarm.inventory.placed import on_node
from prewarm.inventory_serializers import KINDS, ImageOfNode
from prewarm.models import Node
from prewarm.node_pools import names_in, pools_of, selector_of
from prewarm.serializers import NodeSerializer

PRESENCES = [one.value for one in Presence]


class NodeViewSet(viewsets.GenericViewSet[Node]):
    """The cluster's nodes as the watcher last saw them; where tenants have node pools, those of one's own tenants."""

    serializer_class = NodeSerializer
    queryset = Node.objects.none()
    lookup_value_regex = "[^/]{1,253}"

    def get_queryset(self) -> QuerySet[Node]:
        mine = names_in(pools_of(Rights.of(self.request)))
        return Node.objects.all() if mine is None else Node.objects.filter(pk__in=mine)

    @extend_schema(
        parameters=[
            OpenApiParameter("selector", str, description="A label selector."),
            OpenApiParameter("search", str, description="In the name."),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "selector", "search")
        rows = self.get_queryset().order_by("name")
        if search := request.query_params.get("search", "")[:253]:
            rows = rows.filter(holding(search, "name"))
        if wanted := selector_of(request.query_params.get("selector", "")):
            labels = Node.objects.values_list("name", "labels")
            rows = rows.filter(pk__in=[name for name, found in labels if wanted.matches(found)])
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(NodeSerializer(page, many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="In the name."),
            OpenApiParameter("kind", str, enum=KINDS),
            OpenApiParameter("presence", str, many=True, enum=PRESENCES),
        ],
        responses=ImageOfNode(many=True),
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def images(self, request: Request, pk: str) -> Response:
        """The images that the node lists or that were pulled there, each name by itself: a tag is not its digest."""
        only_known(request, "search", "kind", "presence")
        kinds, presences = chosen(request, "kind", KINDS), chosen(request, "presence", PRESENCES)
        search = request.query_params.get("search", "")[:200].lower()
        node = get_object_or_404(self.get_queryset(), pk=pk)  # of no tenant: whoever sees it may look
        found = [
            placed
            for placed in on_node(node)
            if search in placed.name.lower()
            and (not kinds or placed.kind in kinds)
            and (not presences or placed.known.presence.value in presences)
        ]
        pages = Pages()
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(ImageOfNode(page, many=True).data)
