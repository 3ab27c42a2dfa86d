"""What happened to each image on one node, as a node result keeps it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.image_results import ImageResult, Outcome, read, untouched, write


def test_a_node_result_starts_with_every_image_open() -> None:
    images = read(untouched([0, 3]))

    assert [image.index for image in images] == [0, 3]
    assert all(image.open and not image.warm and image.attempt == 0 for image in images)


def test_a_node_that_is_skipped_starts_with_every_image_ended() -> None:
    images = read(write(ImageResult(n, Outcome.SKIPPED, "node_cordoned") for n in (0, 1)))

    assert [(image.outcome, image.reason, image.open) for image in images] == [("skipped", "node_cordoned", False)] * 2


@pytest.mark.parametrize(
    ("outcome", "is_open", "warm"),
    [
        (Outcome.OPEN, True, False),
        (Outcome.PULLED, False, True),
        (Outcome.ALREADY_PRESENT, False, True),
        (Outcome.FAILED, False, False),
        (Outcome.CANCELLED, False, False),
        (Outcome.SKIPPED, False, False),
    ],
)
def test_only_what_is_on_the_node_is_warm(outcome: Outcome, is_open: bool, warm: bool) -> None:
    (image,) = read(json.loads(json.dumps(write([ImageResult(0, outcome)]))))

    assert (image.open, image.warm) == (is_open, warm)


def test_an_end_that_is_good_forgets_what_went_wrong_before() -> None:
    image = ImageResult(0, reason="registry_unreachable", message_id=7, attempt=2)

    image.end(Outcome.PULLED)

    assert (image.reason, image.message_id, image.attempt) == ("", None, 2)


def test_an_end_that_is_bad_keeps_its_reason_and_message() -> None:
    image = ImageResult(0)

    image.end(Outcome.FAILED, "image_not_found", 9)

    assert (image.outcome, image.reason, image.message_id) == ("failed", "image_not_found", 9)


numbers = st.none() | st.integers(0, 2**40)


@given(
    st.lists(
        st.builds(
            ImageResult,
            index=st.integers(0, 499),
            outcome=st.sampled_from(Outcome),
            reason=st.sampled_from(["", "image_not_found"]),
            milliseconds=numbers,
            size=numbers,
            message_id=numbers,
            attempt=st.integers(0, 20),
            waited=numbers,
        )
    )
)
def test_what_is_written_is_read_back_after_a_trip_through_json(images: list[ImageResult]) -> None:
    assert read(json.loads(json.dumps(write(images)))) == images


def test_a_row_that_was_written_before_waiting_was_kept_is_read() -> None:
    assert read([[0, "pulled", "", 1500, 7, None, 1]]) == [ImageResult(0, Outcome.PULLED, "", 1500, 7, None, 1)]


def test_the_images_of_a_full_node_result_stay_small() -> None:
    images = [ImageResult(n, Outcome.ALREADY_PRESENT, "", 900_000, 10**11, 10**7, 20, 900_000) for n in range(500)]

    assert len(json.dumps(write(images))) < 40_000
