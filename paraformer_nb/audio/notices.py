"""What a user should know about how a clip is read."""

from __future__ import annotations


class Notices:
    """Sentences for the user, each once, in the order in which they were added.

    One thread adds them while the clip is read, another one reads them.
    """

    def __init__(self) -> None:
        self._sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """Add a sentence, unless it was added before."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def __getitem__(self, part: slice) -> list[str]:
        return self._sentences[part]

    def __len__(self) -> int:
        return len(self._sentences)
