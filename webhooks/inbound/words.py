"""Why nothing followed from something that arrived, in words."""

from __future__ import annotations

IGNORED = {
    "not_a_push": "It is no push of an image.",
    "not_a_manifest": "It is a layer or something else that nobody pulls by itself.",
    "no_tag": "It was pushed without a tag; rules are for tags.",
    "no_rule": "No rule of this hook is for this repository and tag.",
    "heard_before": "This event arrived before.",
    "same_digest": "This tag was pushed with the same content a moment ago, and its task was made then.",
    "too_old": "It happened too long ago.",
    "hook_disabled": "The hook is disabled.",
    "not_an_image": "Its name is no image reference.",
}
REFUSED = {
    "bad_secret": "The secret in the header Authorization is missing or wrong.",
    "not_understood": "The body is not of this kind of registry.",
    "too_often": "More arrived than the hook takes in a minute.",
}
