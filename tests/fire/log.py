"""What the clients intended and what they were told, as they wrote it down."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

Body = Any


@dataclass(frozen=True)
class Try:
    """One sending of a request: when it left, when it ended, and the answer (status None: none)."""

    key: str
    sent_at: float
    ended_at: float
    status: int | None
    body: Body = None
    retry_after: str | None = None
    lost: str = ""

    @property
    def is_done(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def code(self) -> str:
        return self.body.get("code", "") if isinstance(self.body, dict) else ""

    @property
    def is_to_be_repeated(self) -> bool:
        """No answer, or one that says: later."""
        return self.status in (None, 429, 503) or self.code == "idempotency_key_in_use"


@dataclass
class Intent:
    """A request that a client sends until it is answered, always with the same key.

    ``kind`` is create, cancel, ship, adjust, hold or release; ``subject`` the key of the request
    that it is about (the order's, the hold's).
    """

    key: str
    kind: str
    client: int
    at: float
    who: str
    path: str
    body: Body
    subject: str = ""
    tries: list[Try] = field(default_factory=list)

    @property
    def done(self) -> Try | None:
        """The first sending that was answered with 2xx."""
        return next((one for one in self.tries if one.is_done), None)

    @property
    def answer(self) -> Try | None:
        """The first answer that says more than: later."""
        return next((one for one in self.tries if not one.is_to_be_repeated), None)


class Log:
    """The log of one client: a line before each request and one after each sending, at once."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("a", buffering=1)  # a line is written when it ends
        self.writing = Lock()

    def intend(self, intent: Intent) -> None:
        named = {name: value for name, value in vars(intent).items() if name != "tries"}
        self._write({"intent": named})

    def tell(self, one: Try) -> None:
        self._write({"try": asdict(one)})

    def close(self) -> None:
        self.file.close()

    def _write(self, entry: dict[str, Any]) -> None:
        with self.writing:
            self.file.write(json.dumps(entry) + "\n")


def read(paths: Sequence[Path]) -> dict[str, Intent]:
    """All intents by key, each with its sendings in the order in which they ended."""
    intents: dict[str, Intent] = {}
    for entry in _entries(paths):
        if "intent" in entry:
            one = Intent(**entry["intent"])
            intents[one.key] = one
        else:
            intents[entry["try"]["key"]].tries.append(Try(**entry["try"]))
    for one in intents.values():
        one.tries.sort(key=lambda sending: sending.ended_at)
    return intents


def _entries(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open() as lines:
            for line in lines:
                yield json.loads(line)
