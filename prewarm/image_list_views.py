"""The image library in the API."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from accounts.permissions import Rights, asked_by, tenant_for
from ips.entity_tags import Tagged, unless_changed
from ips.human_names import HumanNameField
from ips.query import holding, only_known, ordered_by, ordering
from ips.strict_fields import StrictFields
from prewarm import image_lists, references
from prewarm.models import ImageList
from prewarm.task_request import ImageField

MOST_TAGS, LONGEST_NOTES = 20, 2000
SHOWN = 2  # images of a list in the library
ORDER = ("name", "created_at", "changed_at")


class ImageListSerializer(serializers.ModelSerializer[ImageList]):
    tenant = serializers.SlugRelatedField[ImageList]("slug", read_only=True)
    created_by = serializers.SlugRelatedField[ImageList]("username", read_only=True, allow_null=True)
    images = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ImageList
        fields: tuple[str, ...] = (
            "id",
            "tenant",
            "name",
            "images",
            "notes",
            "tags",
            "created_by",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields


class ImageListLine(ImageListSerializer):
    """A list as a line of the library: how many images it has, and the first of them."""

    images = None  # type: ignore[assignment]  # there may be hundreds in each
    image_count = serializers.SerializerMethodField()
    first_images = serializers.SerializerMethodField()

    class Meta(ImageListSerializer.Meta):
        fields = (
            "id",
            "tenant",
            "name",
            "image_count",
            "first_images",
            "notes",
            "tags",
            "created_by",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields

    def get_image_count(self, row: ImageList) -> int:
        return len(row.images)

    def get_first_images(self, row: ImageList) -> list[str]:
        images: list[str] = row.images[:SHOWN]
        return images


class ImageListChange(StrictFields):
    name = HumanNameField(required=False)
    images = serializers.ListField(
        child=ImageField(max_length=references.MAX_LENGTH),
        required=False,
        allow_empty=False,
        min_length=1,  # as allow_empty says in better words, for the OpenAPI document
        max_length=settings.MAX_IMAGES,
    )
    notes = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_NOTES)
    tags = serializers.ListField(child=HumanNameField(), required=False, max_length=MOST_TAGS)

    def validate_images(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_tags(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))


class ImageListRequest(ImageListChange):
    tenant = serializers.SlugField(max_length=63, default="", help_text="By default `default`.")
    name = HumanNameField()
    images = serializers.ListField(
        child=ImageField(max_length=references.MAX_LENGTH),
        allow_empty=False,
        min_length=1,
        max_length=settings.MAX_IMAGES,
    )


class ImageListViewSet(Tagged, viewsets.GenericViewSet[ImageList]):
    """The image library: lists that a task can name (`image_lists`) instead of writing the images out."""

    serializer_class = ImageListSerializer
    queryset = ImageList.objects.none()
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

    def get_queryset(self) -> QuerySet[ImageList]:
        return Rights.of(self.request).among(ImageList.objects.select_related("tenant", "created_by"))

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("tag", str),
            OpenApiParameter("search", str, description="In name, images, notes and tags."),
            ordered_by(*ORDER),
        ],
        responses=ImageListLine(many=True),
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "tag", "search", "ordering")
        rows = self.get_queryset()
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(tenant__slug=tenant)
        if tag := request.query_params.get("tag", "")[:100]:
            tagged = [pk for pk, tags in rows.values_list("pk", "tags") if tag in tags]
            rows = rows.filter(pk__in=tagged)
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "name", "images", "notes", "tags"))
        rows = rows.order_by(ordering(request, "name", *ORDER), "id")
        return self.get_paginated_response(ImageListLine(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=ImageListRequest, responses={201: ImageListSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        asked = ImageListRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        made = image_lists.make_list(tenant_for(request, wish.pop("tenant")), asked_by(request), wish)
        headers = {"Location": f"/api/v1/image-lists/{made.pk}/"}
        return Response(ImageListSerializer(made).data, status=201, headers=headers)

    @extend_schema(request=ImageListChange, responses=ImageListSerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named. Tasks that named the list before stay as they are."""
        kept = self.get_object()
        asked = ImageListChange(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = image_lists.change_list(kept, asked_by(request), asked.validated_data)
        return Response(ImageListSerializer(changed).data)

    @extend_schema(responses={204: None})
    @unless_changed
    def destroy(self, request: Request, pk: str) -> Response:
        image_lists.delete_list(self.get_object(), asked_by(request))
        return Response(status=204)
