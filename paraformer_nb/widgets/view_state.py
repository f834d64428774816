"""What a front end has of a transcript: everything is sent at first, then what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..audio.peaks import coarser
from ..journal.records import Region
from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Sentence
from .messages import Update
from .run_data import FileFormat, GapSpan, Layer, LayerSpan, ResumeMark, RunState, SentenceData, WaveformPart
from .sentence_order import SentenceOrder
from .words import sentence_data

_MAX_BINS = 400_000  # peaks in one message: 0.8 MB
_MANY_BINS = 720_000  # two hours: where a whole run is longer, its peaks travel at half their resolution
_FIRST_SENTENCES = 100  # sentences in the first message of all: what is on view first is drawn before the rest travels
_MAX_SENTENCES = 2_000  # sentences in one message


class ViewState:
    """What was sent to a front end that had nothing, or has to begin anew.

    Attributes:
        seq: the number of the last update.

    Args:
        has_shown: whether the front end shows the run already: its text is not to become short for a moment.
    """

    def __init__(self, seq: int = 0, *, has_shown: bool = False) -> None:
        self.seq = seq
        self._most_at_first = _MAX_SENTENCES if has_shown else _FIRST_SENTENCES
        self._has_sent = False
        self._run: RunState | None = None
        self._finals = 0
        self._corrections = 0
        self._partials: dict[int, Sentence] = {}
        self._order = SentenceOrder()
        self._bins = 0
        self._factor = 1  # how many peaks travel as one
        self._gaps = 0
        self._resumes = 0
        self._layers: Sequence[Layer] = ()
        self._regions: Sequence[Region] = ()

    def updates(
        self, transcript: Transcript, run: RunState, layers: Sequence[Layer], files: Sequence[FileFormat] = ()
    ) -> Iterator[tuple[Update, list[bytes]]]:
        """What changed, in messages small enough to travel, each with its buffers; at least one."""
        removed, sentences = self._changed_sentences(transcript)
        waveform, buffers = self._next_waveform(transcript)
        most = _MAX_SENTENCES if self._has_sent else self._most_at_first
        yield (
            Update(
                seq=self._next_seq(),
                reset=not self._has_sent,
                run=self._changed_run(run),
                sentences=self._described(sentences[:most]),
                removed=removed,
                gaps=self._changed_gaps(transcript),
                resumes=self._changed_resumes(transcript),
                layers=self._changed_layers(layers),
                regions=self._changed_regions(transcript),
                files=None if self._has_sent or not files else list(files),
                waveform=waveform,
            ),
            buffers,
        )
        self._has_sent = True
        rest = sentences[most:]
        while rest or self._bins < len(transcript.waveform):
            waveform, buffers = self._next_waveform(transcript)
            part = self._described(rest[:_MAX_SENTENCES])
            yield Update(seq=self._next_seq(), sentences=part, waveform=waveform), buffers
            rest = rest[_MAX_SENTENCES:]

    def _next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def _changed_run(self, run: RunState) -> RunState | None:
        if run == self._run:
            return None
        self._run = run
        return run

    def _changed_gaps(self, transcript: Transcript) -> list[GapSpan] | None:
        gaps = transcript.gaps  # replaced as a whole, not changed
        if len(gaps) == self._gaps:
            return None
        self._gaps = len(gaps)
        return [GapSpan(gap.start, gap.end, gap.reason) for gap in gaps]

    def _changed_resumes(self, transcript: Transcript) -> list[ResumeMark] | None:
        resumes = list(transcript.resumes)
        if len(resumes) == self._resumes:
            return None
        self._resumes = len(resumes)
        return [ResumeMark(resumed.position, resumed.attempt) for resumed in resumes]

    def _changed_layers(self, layers: Sequence[Layer]) -> list[Layer] | None:
        if layers == self._layers:
            return None
        self._layers = layers
        return list(layers)

    def _changed_regions(self, transcript: Transcript) -> list[LayerSpan] | None:
        regions = transcript.regions  # replaced as a whole, not changed
        if regions == self._regions:
            return None
        self._regions = regions
        return [LayerSpan(each.start, each.end, each.label) for each in regions]

    def _changed_sentences(self, transcript: Transcript) -> tuple[list[int], list[Sentence]]:
        """Ids of sentences that are to be removed, and the sentences that are new or not as they were sent."""
        corrections = len(transcript.corrected_ids)  # a correction made from here on is for the next update
        corrected_ids = set(transcript.corrected_ids[self._corrections : corrections])
        partials = transcript.partials  # first: one that becomes final meanwhile is in both, and counts as final
        finals = transcript.finals[self._finals :]
        final_ids = {sentence.id for sentence in transcript.finals[max(0, self._finals - 1) :]}
        partials = [sentence for sentence in partials if sentence.id not in final_ids]
        sent_finals = transcript.finals[: self._finals] if corrected_ids else []

        changed = [sentence for sentence in sent_finals if sentence.id in corrected_ids]
        changed += finals
        changed += [each for each in partials if each.id in corrected_ids or self._partials.get(each.id) is not each]
        present = {sentence.id for sentence in partials} | final_ids
        removed = [number for number in self._partials if number not in present]

        self._corrections = corrections
        self._finals += len(finals)
        self._partials = {sentence.id: sentence for sentence in partials}
        return self._in_order(removed, [transcript.corrected(sentence) for sentence in changed])

    def _in_order(self, removed: list[int], changed: list[Sentence]) -> tuple[list[int], list[Sentence]]:
        """Leave out sentences without words; add those whose separator changed."""
        removed = [*removed, *(sentence.id for sentence in changed if not sentence.words)]
        for number in removed:
            self._order.remove(number)
        shown = {sentence.id: sentence for sentence in changed if sentence.words}
        for sentence in shown.values():
            self._order.put(sentence)
        shown |= {sentence.id: sentence for sentence in self._order.changed_separators()}
        return removed, list(shown.values())

    def _described(self, sentences: list[Sentence]) -> list[SentenceData]:
        return [sentence_data(each, self._order.separator_before(each.id)) for each in sentences]

    def _next_waveform(self, transcript: Transcript) -> tuple[WaveformPart | None, list[bytes]]:
        waveform, first = transcript.waveform, self._bins
        if first == 0 and transcript.state in ENDED and len(waveform) > _MANY_BINS:
            self._factor = 2
        last = min(len(waveform), first + _MAX_BINS * self._factor)
        if last == first:
            return None, []
        self._bins = last
        data = bytes(waveform.data[2 * first : 2 * last])
        if self._factor > 1:
            data = coarser(data, self._factor)
        position = (waveform.start or 0.0) + first * waveform.step
        return WaveformPart(round(position, 4), waveform.step * self._factor, len(data) // 2), [data]
