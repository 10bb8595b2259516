"""Lines of the log, and figures for a monitor: identities and numbers, never what was said."""

import io
import json
import logging
from datetime import timedelta

import pytest
from tests.conftest import NOW

from almoner.api.door import Answered
from almoner.api.errors import NotReady
from almoner.api.logs import shown_path, take_over, tell_requests
from almoner.api.readiness import require_sealing, require_worker
from almoner.finance.dates import Clock

CANARY = "canary-of-a-row"


def answered(fault: BaseException | None = None, path: str = "/books/main/funds/water") -> Answered:
    return Answered(
        operation="fund.read",
        caller="fiona",
        object=path,
        status=500 if fault else 200,
        code="fault" if fault else "",
        seconds=0.0123,
        request_id="0198",
        fault=fault,
    )


def _fall() -> None:
    raise KeyError(CANARY)


def a_fault() -> BaseException:
    try:
        try:
            _fall()
        except KeyError as cause:
            raise RuntimeError(CANARY) from cause
    except RuntimeError as caught:
        fault = caught
    return fault


def test_a_line_tells_who_asked_what_and_how_long_it_took(clock: Clock) -> None:
    out = io.StringIO()
    tell_requests(out, clock=clock, statements=lambda: 4)(answered())
    assert json.loads(out.getvalue()) == {
        "time": "2026-01-15T09:30:00.000000Z",
        "level": "info",
        "event": "request",
        "request_id": "0198",
        "operation": "fund.read",
        "caller": "fiona",
        "object": "/books/main/funds/water",
        "status": 200,
        "code": "",
        "ms": 12.3,
        "statements": 4,
    }


def test_a_fault_tells_its_kind_and_place_and_never_its_text(clock: Clock) -> None:
    out = io.StringIO()
    tell_requests(out, clock=clock, statements=lambda: 0)(answered(a_fault()))
    line = json.loads(out.getvalue())
    assert (line["level"], line["fault"], line["cause"]) == ("error", "RuntimeError", "KeyError")
    assert any(place.endswith("a_fault") for place in line["places"])
    assert CANARY not in out.getvalue()


@pytest.mark.parametrize(
    "part",
    [
        "alm_0123456789abcdef_" + "0" * 40,
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIi",
        "0123456789abcdef" * 3,
        "A Name",
        "name@example.org",
        "x" * 65,
        "a\nb",
    ],
)
def test_what_is_no_code_is_hidden_in_an_address(part: str) -> None:
    assert shown_path(f"/books/main/funds/{part}") == "/books/main/funds/…"
    assert shown_path("/books/main/jobs/0198c0de-0000-7000-8000-0123456789ab").endswith("0123456789ab")


def test_the_standard_log_becomes_lines_without_the_text_of_faults(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    out = io.StringIO()
    take_over(out, clock=clock)
    fault = a_fault()
    logging.getLogger("almoner").error("a step failed: %s", "seal", exc_info=fault)
    line = json.loads(out.getvalue())
    assert (line["message"], line["level"], line["fault"]) == ("a step failed: seal", "error", "RuntimeError")
    assert CANARY not in out.getvalue()


def test_a_silent_worker_and_a_late_log_are_not_ready() -> None:
    with pytest.raises(NotReady, match="No worker"):
        require_worker([], NOW)
    with pytest.raises(NotReady, match="31 s"):
        require_worker([NOW - timedelta(seconds=90), NOW - timedelta(seconds=31)], NOW)
    require_worker([NOW - timedelta(seconds=90), NOW - timedelta(seconds=30)], NOW)
    with pytest.raises(NotReady, match="61 s"):
        require_sealing(NOW - timedelta(seconds=61), NOW)
    require_sealing(NOW - timedelta(seconds=60), NOW)
    require_sealing(None, NOW)
