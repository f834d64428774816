"""The vendor's HTTP API beside the WebSocket: one POST at a time, with the service's key."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from ..client.service import Endpoint, Service
from ..dashscope.codes import api_error
from ..dashscope.redaction import redact
from ..errors import ConnectionFailed, ParaformerError, ParameterError, RemoteProtocolError
from ..loop import check_may_wait, submit

_TIMEOUT = 30.0  # seconds for each step of a request
_SCHEMES = {"ws": "http", "wss": "https"}


def post(service: Service, path: str, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
    """Send a request to a service's ``/api/v1`` and return its answer.

    Raises ConnectionFailed, AuthenticationError, Throttled or ServiceError; their texts and frames hold no key.
    """
    if isinstance(service, type) or not hasattr(service, "endpoint"):
        raise ParameterError(f"service={service!r} is not a service: give pnb.DashScope(...) or pnb.Embedded(...).")
    check_may_wait("this function")
    endpoint = submit(service.endpoint()).result()
    parts = urlsplit(endpoint.url)
    status, text = _post(endpoint, f"{_SCHEMES[parts.scheme]}://{parts.netloc}/api/v1{path}", body, query)
    return _answer(status, redact(text), parts.netloc)


def _post(endpoint: Endpoint, url: str, body: dict[str, Any] | None, query: dict[str, Any]) -> tuple[int, str]:
    import requests  # 0.1 s, and most sessions never need it

    from ..client.http import new_session, request_problem

    host = urlsplit(url).netloc
    try:
        with new_session() as session:
            session.trust_env = not endpoint.is_loopback
            session.headers.update(endpoint.headers)
            session.auth = lambda request: request  # a ~/.netrc would replace the key
            response = session.post(url, json=body or {}, params=query, timeout=_TIMEOUT, allow_redirects=False)
            return response.status_code, response.content.decode("utf-8", "replace")
    except requests.RequestException as error:
        reason, advice, _ = request_problem(error, _TIMEOUT)
        problem = f"could not send a request to {host}: {reason}. {advice}"
    raise ConnectionFailed(problem)  # out here: the frames of what requests raised hold the key


def _answer(status: int, text: str, host: str) -> dict[str, Any]:
    """The answer's JSON object. Raises the error of a refusal."""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if status != 200:
        given = answer if isinstance(answer, dict) else {}
        problem: ParaformerError = api_error(status, str(given.get("code", "")), str(given.get("message", "")), host)
    elif isinstance(answer, dict):
        return answer
    else:
        problem = RemoteProtocolError(f"{host} answered something that is not a JSON object. Check the URL.")
    raise problem
