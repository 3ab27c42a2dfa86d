"""The form of an API key: recognised by scanners, and a slip of the finger by us."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.key_text import LETTERS, KeyText

SECRET = st.text(LETTERS, min_size=32, max_size=32)
KEY_ID = st.text(LETTERS, min_size=12, max_size=12)


def test_a_new_key_has_the_form_that_scanners_of_repositories_look_for():
    assert re.fullmatch(r"ips_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}", KeyText.new().text)


def test_no_two_are_alike():
    assert len({KeyText.new().text for _ in range(200)}) == 200


@given(KEY_ID, SECRET)
def test_what_was_written_is_read_again(key_id: str, secret: str):
    key = KeyText(key_id, secret)

    assert KeyText.read(key.text) == key


@given(KEY_ID, SECRET, st.integers(0, 54), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_noticed(key_id: str, secret: str, place: int, letter: str):
    text = KeyText(key_id, secret).text
    mistyped = text[:place] + letter + text[place + 1 :]

    assert mistyped == text or KeyText.read(mistyped) is None


@pytest.mark.parametrize("text", ["", "ips_", "ips_a_b", "IPS_" + "a" * 51, KeyText.new().text + "0", "ips_é" * 20])
def test_anything_else_is_no_key(text: str):
    assert KeyText.read(text) is None
