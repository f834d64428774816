"""`estimate_cost`: what a clip will cost, before it is sent."""

from __future__ import annotations

from typing import Any

from ..audio.live import LiveClip
from ..client.request import Request
from ..client.service import Service
from ..dashscope.prices import FREE, Cost, estimate
from ..errors import ParameterError
from ..services.default import default_service


def estimate_cost(
    clip: Any,
    *,
    model: str | None = None,
    service: Service | None = None,
    start: float | None = None,
    end: float | None = None,
) -> Cost:
    """What recognising a clip will cost, if no connection ends early; nothing is sent.

    Models that are billed by the second cost the clip's length in whole seconds. Of those that are billed by token the
    amount is an upper bound: short sentences and long texts count more tokens than long sentences and silence.

    Args:
        clip: in any form that `transcribe` accepts, but live sources.
        model, service, start, end: as in `transcribe`.

    Returns a `Cost`; its amount is NaN where the price is not known (see `PRICES`), 0 for the embedded service.

    Raises ParameterError and AudioError as `transcribe` does.

    Example:
        >>> pnb.estimate_cost("lecture.mp3", model="paraformer-realtime-v2", service=cloud)  # doctest: +SKIP
        Cost(amount=0.432, currency='CNY', basis='1800 s of audio', ...)
    """
    chosen = default_service() if service is None else service
    request = Request(clip=clip, service=chosen, model=model, start=start, end=end).open()
    try:
        if isinstance(request.clip, LiveClip) or request.clip.end is None:
            raise ParameterError("the length of a live source is not known: give a file or an array.")
        if chosen.source.kind == "embedded":
            return FREE
        return estimate(request.model, chosen.source.region, request.clip.end - request.clip.start)
    finally:
        request.close()
