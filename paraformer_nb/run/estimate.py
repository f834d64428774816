"""`estimate_cost`: what a clip will cost, before it is sent."""

from __future__ import annotations

from typing import Any, Unpack

from ..audio.live import LiveClip
from ..client.request import Request
from ..client.service import Service
from ..dashscope.parameters import Parameters
from ..dashscope.prices import FREE, Cost, estimate
from ..dashscope.tokens import prompt_tokens
from ..errors import ParameterError
from ..services.default import cloud_without_key, service_or_default
from ..services.keys import known_key


def estimate_cost(
    clip: Any,
    *,
    model: str | None = None,
    service: Service | None = None,
    start: float | None = None,
    end: float | None = None,
    **parameters: Unpack[Parameters],
) -> Cost:
    """What recognising a clip will cost, if no connection ends early; nothing is sent, and no key is needed.

    Models that are billed by the second cost the clip's length in whole seconds. Of those that are billed by token the
    amount is an upper bound: short sentences and long texts count more tokens than long sentences and silence, and
    inline hotwords and a context count in each sentence.

    Args:
        clip: in any form that `transcribe` accepts, but live sources.
        model, service, start, end, parameters: as in `transcribe`. A model that is named is estimated as DashScope's,
            in the region of the environment or Beijing, also where no key is known.

    Returns a `Cost`, which `print` shows on one line; its amount is NaN where the price is not known (see `PRICES`), 0
    for the embedded service, which is also the default where neither a key is known nor a model named.

    Raises ParameterError and AudioError as `transcribe` does.

    Example:
        >>> print(pnb.estimate_cost("lecture.mp3", model="paraformer-realtime-v2"))  # doctest: +SKIP
        0.432 CNY (1800 s of audio, price of 2026-11-28, published: the vendor's page paraformer-realtime-v2)
    """
    if service is None and (model is not None or known_key()):
        service = cloud_without_key()
    chosen = service_or_default(service)
    request = Request(clip=clip, service=chosen, model=model, start=start, end=end, parameters=parameters).open()
    try:
        if isinstance(request.clip, LiveClip) or request.clip.end is None:
            raise ParameterError("the length of a live source is not known: give a file or an array.")
        if chosen.source.kind == "embedded":
            return FREE if service is not None else FREE._replace(basis=f"no API key is known, so {FREE.basis}")
        seconds = request.clip.end - request.clip.start
        return estimate(request.model, chosen.source.region, seconds, prompt_tokens(request.parameters))
    finally:
        request.close()
