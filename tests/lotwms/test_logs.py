import json
import logging
import sys
from types import SimpleNamespace

from lotwms.logs import JsonFormatter


def record(**extra):
    made = logging.LogRecord("lotwms", logging.WARNING, "file", 1, "Lot %s", ("VC-2026",), None)
    made.created = 1_780_304_400.0
    made.__dict__.update(extra)
    return json.loads(JsonFormatter().format(made))


def test_a_line_is_one_object():
    assert record() == {
        "time": "2026-06-01T09:00:00+00:00",
        "level": "WARNING",
        "logger": "lotwms",
        "message": "Lot VC-2026",
    }


def test_a_request_is_named_by_its_path_and_status():
    line = record(request=SimpleNamespace(path="/admin/"), status_code=404)

    assert (line["path"], line["status"]) == ("/admin/", 404)


def test_an_error_brings_its_traceback():
    try:
        raise ValueError("broken")
    except ValueError:
        line = record(exc_info=sys.exc_info())

    assert line["traceback"].endswith("ValueError: broken")
