"""The commands of docs/api.md, run in their order: a guide must work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.builders import make_bin, make_merchant, make_warehouse
from tests.merchants.api import Caller, caller
from tests.walk import assert_ledger_agrees

GUIDE = Path(__file__).parents[1] / "docs" / "api.md"
API = "http://testserver/api/v1"


def commands() -> list[str]:
    """Each curl and each note of an id, in the order of the page."""
    blocks = re.findall(r"(?:^    .*\n)+", GUIDE.read_text(), re.MULTILINE)
    text = "".join(block for block in blocks if block.startswith("    curl "))
    parts = re.split(r"^    (?=curl |[A-Z]+=)", text, flags=re.MULTILINE)
    return [part.replace("\\\n", " ") for part in parts[1:]]


class Reader:
    """Somebody who types the commands and notes the ids."""

    def __init__(self) -> None:
        self.names = {"API": API}
        self.callers: dict[str, Caller] = {}
        self.answer: Any = None

    def type(self, command: str) -> None:
        if noted := re.fullmatch(r"([A-Z]+)=\d+  # (.*)\n", command):
            self.note(*noted.groups())
        else:
            self.curl(command)

    def note(self, name: str, what: str) -> None:
        about = self.answer["lines"][0] if what == "the id of its line" else self.answer
        self.names[name] = str(about["id"])

    def curl(self, command: str) -> None:
        for name, value in self.names.items():
            command = command.replace(f"'${name}'", value).replace(f"${name}", value)
        words = shlex.split(command)
        method, path, body = "get", "", None
        headers = {}
        while words:
            word = words.pop(0)
            if word == "-X":
                method = words.pop(0)
            elif word == "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            elif word == "-d":
                body, method = words.pop(0), "post" if method == "get" else method
            elif word != "curl":
                path = word
        who = headers.pop("Authorization").removeprefix("Bearer $")
        assert (body is None) != (headers.pop("Content-Type", None) == "application/json")
        response = self.callers[who](method, path, body, **headers)
        assert response.status_code in (200, 201), (command, response.content)
        self.answer = response.json()


@pytest.fixture
def reader(db: None) -> Reader:
    warehouse = make_warehouse("CHI", "America/Chicago")
    for name in ("E-10-01", "E-10-02"):
        make_bin(warehouse, name)
    reader = Reader()
    reader.callers = {"KEY": caller(make_merchant("VITALEAF")), "STAFF": caller()}
    return reader


def test_every_command_of_the_guide_works(reader: Reader) -> None:
    typed = commands()
    assert len(typed) == 31
    for command in typed:
        reader.type(command)
        if "/complete/" in command:
            restocked = reader.answer
    (done,) = restocked["lines"][0]["dispositions"]
    assert (done["action"], done["lot_number"], done["location"]) == (
        "restock",
        "GT-2028-10-A",
        "E-10-01",
    )
    assert reader.answer["return_preferences"]["rts_backup_action"] == "dispose"
    assert_ledger_agrees()
