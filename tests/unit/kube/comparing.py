"""Comparing what would be sent with what is stored."""

import json
from typing import Any


def as_text(value: Any) -> Any:
    """Captures show the JSON in environment variables parsed."""
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("value"), dict) and "name" in value:
        return {**value, "value": json.dumps(value["value"])}
    return {key: as_text(item) for key, item in value.items()}


def contained(sent: Any, live: Any) -> bool:
    """Whether all that is sent stands in `live` to the letter, lists in the same order."""
    if isinstance(sent, dict):
        there = live or {}
        return all(contained(value, there.get(key)) for key, value in sent.items())
    if isinstance(sent, list):
        there = live or []
        return len(sent) == len(there) and all(map(contained, sent, there))
    return bool(sent == live)
