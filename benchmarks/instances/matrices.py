"""Reference matrices of an instance, and plain HiGHS on them: the denominator of every published ratio."""

import resource
import time
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from benchmarks.instances.model import MICRO, MINOR_PER_K, Bool, Float, Instance, Int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Maximise c x where lo <= A x <= hi and lb <= x <= ub; money in thousands.

    ``at`` gives the first column of each block.
    """

    A: sp.csc_matrix
    c: Float
    lb: Float
    ub: Float
    lo: Float
    hi: Float
    integer: Bool
    at: dict[str, int]


def matrix(instance: Instance, form: Literal["base", "aggregated"] = "aggregated") -> Matrix:
    """Write an instance as a matrix.

    Parameters
    ----------
    instance : Instance
        What is to be written.
    form : str
        ``base``: one flow per intervention and fund; ``aggregated``: one per fund and earmark signature.
    """
    builder = _Builder(instance, form)
    builder.response()
    builder.starts()
    builder.pairs()
    builder.limits()
    return builder.made()


class _Builder:
    """Rows and columns under construction."""

    def __init__(self, instance: Instance, form: str) -> None:
        p = self.p = instance
        self.n, self.t, self.k = p.cap_minor.shape
        if form == "base":
            self.unit: Int = np.arange(self.n)
            self.gi, self.gf = np.nonzero(p.eligible)
            self.units = self.n
        else:
            code, self.unit = np.unique(
                p.eligible @ (1 << np.arange(p.eligible.shape[1])), return_inverse=True
            )
            self.gi, self.gf = np.nonzero((code[:, None] >> np.arange(p.eligible.shape[1])) & 1)
            self.units = len(code)
        self.has_starts, self.has_carry = bool(p.start_minor.any()), bool(p.carry_limit_minor.any())
        cells, edges = self.n * self.t, len(self.gi)
        width = {
            "y": cells,
            "o": cells * self.has_starts,
            "s": cells * self.k,
            "x": edges * self.t,
            "c": p.budget_minor.size * self.has_carry,
            "z": len(p.bonus_pair) * self.t,
            "w": len(p.overlap_pair) * self.t,
        }
        self.width = width
        self.at = dict(zip(width, np.cumsum([0, *width.values()])[:-1].tolist(), strict=True))
        self.rows: list[Int] = []
        self.cols: list[Int] = []
        self.vals: list[Float] = []
        self.low: list[Float] = []
        self.high: list[Float] = []
        self.m = 0
        self.cell = np.arange(cells)
        self.i, self.period = self.cell // self.t, self.cell % self.t
        self.y = self.at["y"] + self.cell
        self.s = self.at["s"] + np.arange(cells * self.k).reshape(cells, self.k)

    def put(self, row: ArrayLike, col: ArrayLike, value: ArrayLike) -> None:
        """Add coefficients to the block of rows that is open."""
        r, c, v = np.broadcast_arrays(row, col, np.asarray(value, float))
        self.rows.append(r.ravel() + self.m)
        self.cols.append(c.ravel())
        self.vals.append(v.ravel())

    def close(self, count: int, low: ArrayLike, high: ArrayLike) -> None:
        """End a block of rows."""
        self.low.append(np.broadcast_to(np.asarray(low, float), count))
        self.high.append(np.broadcast_to(np.asarray(high, float), count))
        self.m += count

    def spend(self, row: Int, sign: float = 1.0) -> None:
        """Put work, fixed and start money of every cell into a row."""
        k = 1.0 / MINOR_PER_K
        self.put(row[:, None], self.s, sign)
        self.put(row, self.y, sign * self.p.fixed_minor[self.i] * k)
        if self.has_starts:
            self.put(row, self.at["o"] + self.cell, sign * self.p.start_minor[self.i] * k)

    def response(self) -> None:
        """Add flows, segments and minimum tickets."""
        p, k, cells = self.p, 1.0 / MINOR_PER_K, len(self.cell)
        edge = np.arange(len(self.gi) * self.t)
        self.put(self.gi[edge // self.t] * self.t + edge % self.t, self.at["x"] + edge, 1.0)
        self.spend(self.unit[self.i] * self.t + self.period, -1.0)
        self.close(self.units * self.t, 0, 0)
        segment = np.arange(cells * self.k).reshape(cells, self.k)
        self.put(segment, self.s, 1.0)
        self.put(segment, self.y[:, None], -p.cap_minor.reshape(cells, self.k) * k)
        self.close(cells * self.k, -np.inf, 0)
        self.put(self.cell[:, None], self.s, 1.0)
        self.put(self.cell, self.y, -p.min_minor.ravel() * k)
        self.close(cells, 0, np.inf)

    def starts(self) -> None:
        """Add the start of every funded run: o >= y_t - y_(t-1), o <= y_t, o <= 1 - y_(t-1)."""
        if not self.has_starts:
            return
        later = self.period > 0
        start = self.at["o"] + self.cell
        for own, before, low, high in (
            (-1.0, 1.0, 0.0, np.inf),
            (-1.0, 0.0, -np.inf, 0.0),
            (0.0, 1.0, -np.inf, 1.0),
        ):
            self.put(self.cell, start, 1.0)
            if own:
                self.put(self.cell, self.y, own)
            if before:
                self.put(self.cell[later], self.y[later] - 1, before)
            self.close(len(self.cell), low, high)

    def pairs(self) -> None:
        """Add bonuses, needs and overlaps."""
        p, t = self.p, self.t
        bonus, need, overlap = (
            np.arange(len(pair) * t) for pair in (p.bonus_pair, p.prerequisite, p.overlap_pair)
        )

        def choice(pair: Int, index: Int, side: int) -> Int:
            found: Int = self.at["y"] + pair[index // t, side] * t + index % t
            return found

        for side in (0, 1):
            self.put(bonus, self.at["z"] + bonus, 1.0)
            self.put(bonus, choice(p.bonus_pair, bonus, side), -1.0)
            self.close(len(bonus), -np.inf, 0)
        self.put(need, choice(p.prerequisite, need, 0), 1.0)
        self.put(need, choice(p.prerequisite, need, 1), -1.0)
        self.close(len(need), -np.inf, 0)
        if len(overlap):
            self.put(overlap, self.at["w"] + overlap, 1.0)
            for side in (0, 1):
                self.put(overlap, choice(p.overlap_pair, overlap, side), -1.0)
            self.close(len(overlap), -1, np.inf)

    def limits(self) -> None:
        """Add budgets with carry-over, regions and hubs."""
        p, k, t = self.p, 1.0 / MINOR_PER_K, self.t
        edge = np.arange(len(self.gi) * t)
        self.put(self.gf[edge // t] * t + edge % t, self.at["x"] + edge, 1.0)
        if self.has_carry:
            slot = np.arange(p.budget_minor.size)
            later = slot % t > 0
            self.put(slot, self.at["c"] + slot, 1.0)
            self.put(slot[later], self.at["c"] + slot[later] - 1, -1.0)
        self.close(p.budget_minor.size, -np.inf, p.budget_minor.ravel() * k)
        self.spend(p.region[self.i])
        self.close(len(p.region_cap_minor), p.region_floor_minor * k, p.region_cap_minor * k)
        self.spend(p.hub[self.i] * t + self.period)
        self.close(p.hub_cap_minor.size, -np.inf, p.hub_cap_minor.ravel() * k)

    def made(self) -> Matrix:
        """Return the matrix."""
        p, k, t, cells = self.p, 1.0 / MINOR_PER_K, self.t, len(self.cell)
        count = sum(self.width.values())
        cost, lower, upper = np.zeros(count), np.zeros(count), np.full(count, np.inf)
        cost[self.s] = p.gain_micro_per_k.reshape(cells, self.k) / MICRO
        bonus, overlap = np.arange(len(p.bonus_pair) * t), np.arange(len(p.overlap_pair) * t)
        cost[self.at["z"] + bonus] = p.bonus_micro[bonus // t] / MICRO
        cost[self.at["w"] + overlap] = -p.overlap_micro[overlap // t] / MICRO
        upper[self.y], lower[self.y] = p.lock[self.i] != -1, p.lock[self.i] == 1
        upper[self.s] = p.cap_minor.reshape(cells, self.k) * k
        upper[self.at["o"] : self.at["o"] + self.width["o"]] = 1
        upper[self.at["c"] : self.at["c"] + self.width["c"]] = (
            p.carry_limit_minor.ravel() * k if self.has_carry else 0
        )
        upper[self.at["z"] + bonus] = 1
        integer = np.zeros(count, bool)
        integer[self.y] = True
        coefficients = (np.concatenate(self.vals), (np.concatenate(self.rows), np.concatenate(self.cols)))
        return Matrix(
            A=sp.csc_matrix(coefficients, shape=(self.m, count)),
            c=cost,
            lb=lower,
            ub=upper,
            lo=np.concatenate(self.low),
            hi=np.concatenate(self.high),
            integer=integer,
            at=self.at,
        )


def raw_highs(
    model: Matrix, *, gap: float = 1e-4, limit_s: float = 60.0, relax: bool = False
) -> dict[str, Any]:
    """Solve with plain HiGHS, one thread, fixed seed; ``None`` where nothing was found.

    Parameters
    ----------
    model : Matrix
        What is solved.
    gap : float [1]
        Relative gap at which it may stop.
    limit_s : float [s]
        Wall time.
    relax : bool
        Solve the relaxation.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # it has no types
    options = {
        "output_flag": False,
        "mip_rel_gap": gap,
        "time_limit": limit_s,
        "threads": 1,
        "random_seed": 0,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.A.shape
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.c, model.lb, model.ub
    lp.row_lower_, lp.row_upper_ = model.lo, model.hi
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = model.A.indptr, model.A.indices
    lp.a_matrix_.value_ = model.A.data
    if not relax:
        kind = [highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger]
        lp.integrality_ = [kind[j] for j in model.integer.astype(int).tolist()]
    solver.passModel(lp)
    solver.run()
    info = solver.getInfo()
    found = abs(info.objective_function_value) < highspy.kHighsInf
    bound = info.objective_function_value if relax else info.mip_dual_bound
    return {
        "status": str(solver.getModelStatus()).split(".k")[-1],
        "value": info.objective_function_value if found else None,
        "bound": bound if abs(bound) < highspy.kHighsInf else None,
        "cpu_s": round(time.process_time() - cpu, 3),
        "wall_s": round(time.perf_counter() - wall, 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "x": np.array(solver.getSolution().col_value),
    }
