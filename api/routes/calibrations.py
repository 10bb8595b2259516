"""Calibrations over HTTP: frozen at the close, taken again with extra reads, listed without any name."""

from ...challenges import acts
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.calibrations import (
    CalibrationLine,
    CalibrationList,
    CalibrationMade,
    FreezeRequest,
    RepeatRequest,
)
from .rounds import PHASE, is_announced


def freeze_calibration(call: Call, challenge: Code, phase: Code, body: FreezeRequest) -> CalibrationMade:
    """Calibrate the scores of a phase after its close and freeze them; reads in conflict are void first."""
    made = acts.freeze_calibration(
        call.session, call.book, challenge, phase, clock=call.clock, seed=body.seed or None
    )
    return CalibrationMade(calibration=CalibrationLine.of(made))


def repeat_calibration(call: Call, challenge: Code, phase: Code, body: RepeatRequest) -> CalibrationMade:
    """Take the extra reads of later phases in, as a new calibration beside the frozen one."""
    made = acts.calibrate_again(
        call.session, call.book, challenge, phase, body.phases, clock=call.clock, seed=body.seed or None
    )
    return CalibrationMade(calibration=CalibrationLine.of(made))


def list_calibrations(call: Call, challenge: Code, phase: Code, query: PageQuery) -> CalibrationList:
    """List the calibrations of a phase; everybody may once the decision is announced."""
    masked = call.access.masked
    if masked and not is_announced(call, challenge):
        return CalibrationList(items=[], next=None)
    found = acts.phase_calibrations(call.session, call.book, challenge, phase)
    rows, after = cut(call, query, found, lambda one: (one.number,), name="calibration.list")
    return CalibrationList(items=[CalibrationLine.of(one, masked=masked) for one in rows], next=after)


CALIBRATIONS = PHASE + "/calibrations"
OPERATIONS = (
    Operation(
        name="calibration.freeze",
        method="POST",
        path=CALIBRATIONS,
        handler=freeze_calibration,
        tag="calibrations",
        status=201,
        examples={"plain": {}},
    ),
    Operation(
        name="calibration.repeat",
        method="POST",
        path=CALIBRATIONS + "/repeats",
        handler=repeat_calibration,
        tag="calibrations",
        status=201,
        examples={"extra reads": {"phases": ["extra"]}},
    ),
    Operation(
        name="calibration.list",
        method="GET",
        path=CALIBRATIONS,
        handler=list_calibrations,
        tag="calibrations",
    ),
)
