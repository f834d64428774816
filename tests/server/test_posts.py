"""POST requests that are not as HTTP has them: each is answered, and none raises into the service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import KEY

from paraformer_nb.server.faults import FaultSchedule
from paraformer_nb.server.handshakes import HandshakeCheck
from paraformer_nb.server.limits import Limits
from paraformer_nb.server.posts import Api, PostReader
from paraformer_nb.server.service_keys import ServiceKeys
from paraformer_nb.server.vocabularies import Vocabularies

REQUEST = (
    b"POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
    + KEY.encode()
    + b"\r\nX-Other: a value\r\nContent-Length: 0\r\n\r\n"
)


def answer(request: bytes) -> bytes | None:
    keys = ServiceKeys(KEY)
    check = HandshakeCheck(keys, Limits(), FaultSchedule([]), lambda: 0)
    return PostReader(Api(check, Vocabularies(0.0), keys.issue)).feed(request)


def status(request: bytes) -> int:
    answered = answer(request)
    assert answered is not None
    return int(answered.split()[1])


@pytest.mark.parametrize("byte", range(256))
def test_any_byte_in_a_header_s_value_is_accepted_or_refused(byte: int) -> None:
    is_control = (byte < 32 and byte != 9) or byte == 127
    assert status(REQUEST.replace(b"a value", b"a" + bytes([byte]) + b"b")) == (400 if is_control else 200)


@given(st.data())
def test_a_damaged_request_is_answered_or_waited_for(data: st.DataObject) -> None:
    first = data.draw(st.integers(5, len(REQUEST)))
    last = data.draw(st.integers(first, len(REQUEST)))
    other = data.draw(st.binary(max_size=6) | st.sampled_from([b"\r\n", b"Host: a\r\n", REQUEST[5:]]))
    answered = answer(REQUEST[:first] + other + REQUEST[last:])
    assert answered is None or answered.startswith(b"HTTP/1.1 ")
