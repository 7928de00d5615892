"""Cutting a text to what a channel carries, counted in UTF-8 bytes; no character is torn and no word is lost."""

from __future__ import annotations

_MARK_BYTES = len("（99/99）\n".encode())


def in_parts(text: str, limit_bytes: int) -> tuple[str, ...]:
    """Cut a text into parts of at most `limit_bytes` UTF-8 bytes each.

    Several parts are marked （1/3） and so on. Cuts fall at line ends where a line fits, else inside the line.
    Without the marks the parts joined are the text, but for line ends at the cuts.

    Parameters
    ----------
    limit_bytes
        What the channel carries in one message, at least 64.

    Raises
    ------
    ValueError
        If the limit leaves no room for a mark and text.
    """
    if limit_bytes < 64:
        message = f"a part of {limit_bytes} bytes holds no text beside its mark"
        raise ValueError(message)
    text = text.rstrip("\n")
    if len(text.encode()) <= limit_bytes:
        return (text,)
    parts = _cut(text, limit_bytes - _MARK_BYTES)
    return tuple(f"（{number}/{len(parts)}）\n{part}" for number, part in enumerate(parts, 1))


def _cut(text: str, room_bytes: int) -> list[str]:
    parts: list[str] = []
    rest = text
    while rest:
        head = rest.encode()[:room_bytes].decode(errors="ignore")
        if len(head) < len(rest):
            line_end = head.rfind("\n")
            if line_end > 0:
                head = head[:line_end]
        parts.append(head)
        rest = rest[len(head) :].removeprefix("\n")
    return parts
