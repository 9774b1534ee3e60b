"""WebSocket frames of a server (RFC 6455): no mask, no extension, one frame a message.

A message for many sessions is framed once, and a session writes all it has in one piece.
"""

from struct import pack

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_SHORT, _LONG = 126, 0x10000


def text(payload: bytes) -> bytes:
    """A text message."""
    return _frame(_TEXT, payload)


def ping(payload: bytes) -> bytes:
    """A ping, whose pong must bear the same payload (at most 125 bytes)."""
    return _frame(_PING, payload)


def pong(payload: bytes) -> bytes:
    """The answer to a ping with this payload."""
    return _frame(_PONG, payload)


def close(code: int, reason: str) -> bytes:
    """The last frame, with its code and a short reason."""
    return _frame(_CLOSE, pack("!H", code) + reason.encode())


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < _SHORT:
        return pack("!BB", first, size) + payload
    if size < _LONG:
        return pack("!BBH", first, 126, size) + payload
    return pack("!BBQ", first, 127, size) + payload
