"""A benchmark as one page that needs nothing else; two runs beside each other where another is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from realtime.errors import ThespisError
from realtime.plain_file import read_bounded
from thespis import charts

_LARGEST = 4 * 1024 * 1024

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1c1e21; --soft: #5c6470; --rule: #dfe2e6; --ground: #fff; --tile: #f4f5f7;
  --one: #2563eb; --two: #c2570c; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e8eaed; --soft: #9aa3af; --rule: #363b42; --ground: #16181b;
  --tile: #1f2226; --one: #6ea0ff; --two: #f0a35e; }} }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 46rem;
  margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; margin-bottom: .2rem; }} h2 {{ font-size: 1.05rem; margin: 2rem 0 .4rem; }}
p {{ color: var(--soft); margin: .2rem 0 .6rem; }}
dl {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }}
dl div {{ background: var(--tile); border-radius: .5rem; padding: .5rem .8rem; }}
dt {{ color: var(--soft); font-size: .85rem; }} dd {{ margin: 0; font-size: 1.25rem; }}
dd small {{ color: var(--two); font-size: .85rem; }}
.wide {{ overflow-x: auto; }} table {{ border-collapse: collapse; width: 100%; }}
th, td {{ padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); }}
th:first-child {{ text-align: left; }} thead th, tbody th {{ font-weight: 500; }} thead th {{ color: var(--soft); }}
svg {{ width: 100%; }} text {{ font-size: 12px; fill: var(--soft); }} line {{ stroke: var(--rule); }}
.r0 {{ fill: var(--one); }} .r1 {{ fill: var(--two); }} polyline {{ fill: none; stroke-width: 1.6; }}
.l0 {{ stroke: var(--one); }} .l1 {{ stroke: var(--two); }} .dashed {{ stroke-dasharray: 4 3; }}
.key {{ display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin: 0 .3rem 0 0; }}
.k0 {{ background: var(--one); }} .k1 {{ background: var(--two); }}
</style>
<h1>{title}</h1>
<p>{said}</p>
{body}
</html>
"""
_MEANT = (
    "p50 is the median: half of all frames took less. p95 and p99: of a hundred frames, five and one took longer. "
    "Age is what a viewer feels as delay, from the capture to the arrival. The stages below it are the work alone, of "
    "every frame that was worked on, so that their sum is less than the age: the rest is waiting."
)
_BARS = (
    "From the capture on, for the frames that arrived. Each bar begins where the stage does and is as long as it takes "
    "by the median; the space between two bars is waiting for a core, or for the frame before. The last bar, wait and "
    "sink, is all from the end of the last stage to the arrival, mostly waiting: what the sink's writing alone takes "
    "is in the table of milliseconds below."
)
Run = Mapping[str, Any]
"""Keys of `bench --json`."""


_TILES: Mapping[str, Callable[[Run], str]] = {
    "age, p50": lambda run: _shown(run["age_ms"]["p50"], " ms"),
    "age, p95": lambda run: _shown(run["age_ms"]["p95"], " ms"),
    "frames a second": lambda run: _shown(run["fps"]),
    "dropped": lambda run: f"{sum(run['dropped'].values())} of {run['frames'] + sum(run['dropped'].values())}",
    "freezes over 150 ms": lambda run: str(run["freezes_over_150ms"]),
    "leaks": lambda run: str(run["leaks"]),
    "cores busy": lambda run: _shown(None if run["cpu_percent"] is None else run["cpu_percent"] / 100, digits=2),
    "memory": lambda run: _shown(run["rss_mb"], " MB", 0),
    "first worn frame": lambda run: _shown(run["startup_s"], " s"),
}


def read_run(path: Path) -> Run:
    """What `bench --json` wrote another time.

    Raises:
        ThespisError: It cannot be read, or is something else.
    """
    try:
        run = json.loads(read_bounded(path, _LARGEST))
        page_of(run)  # whatever it lacks shows here, before minutes are measured
    except OSError as error:
        raise _refusal(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _refusal(path, f"something else ({type(error).__name__}: {error})"[:200]) from error
    kept: Run = run
    return kept


def page_of(run: Run, against: Run | None = None) -> str:
    """The page.

    Args:
        run: What was measured.
        against: Another run to compare it with.
    """
    runs = [run] if against is None else [run, against]
    title = f"Thespis: {run['source']} as {run['persona']}"
    traces = [one.get("trace") or {} for one in runs]
    parts = [_key(runs), _tiles(runs), *_traced(traces), *_tables(runs), _machine(runs)]
    return _PAGE.format(title=escape(title), said=escape(_said(run)), body="\n".join(filter(None, parts)))


def _said(run: Run) -> str:
    size = "x".join(str(side) for side in run["size"])
    return (
        f"{size} at {run['source_fps']:g} frames a second, {run['provider']}, {run['precision']}; "
        f"{run['duration_s']:g} s measured after {run['warm_up_s']:g} s of warm-up. "
        "Age is read from the pixels that arrive."
    )


def _key(runs: Sequence[Run]) -> str:
    if len(runs) == 1:
        return ""
    names = ("this run", f"against {runs[1]['source']} as {runs[1]['persona']}, {runs[1].get('date', 'another time')}")
    keys = (f'<span class="key k{number}"></span>{escape(name)}&emsp;' for number, name in enumerate(names))
    return f"<p>{''.join(keys)}</p>"


def _tiles(runs: Sequence[Run]) -> str:
    cells = []
    for name, shown in _TILES.items():
        other = f" <small>{escape(shown(runs[1]))}</small>" if len(runs) > 1 else ""
        cells.append(f"<div><dt>{name}</dt><dd>{escape(shown(runs[0]))}{other}</dd></div>")
    return f"<dl>{''.join(cells)}</dl>"


def _traced(traces: Sequence[Mapping[str, Any]]) -> list[str]:
    """The charts that the course of the run gives; none of what is from before such was kept."""
    if not all(traces):
        return []
    steps = {trace["ages_ms"]["step"] for trace in traces}
    step = max(steps)
    counts = [_rebinned(trace["ages_ms"]["counts"], round(step / trace["ages_ms"]["step"])) for trace in traces]
    courses = [trace["course"] for trace in traces]
    bin_s = courses[0]["bin_s"]
    return [
        f"<h2>Where a frame's time goes</h2><p>{_BARS}</p>",
        charts.waterfall([_named(trace["waterfall_ms"]) for trace in traces]),
        "<h2>How old pictures are when they arrive</h2>",
        charts.histogram(step, counts, "ms"),
        "<h2>Age over time</h2><p>p50, and dashed p95.</p>",
        charts.lines(bin_s, [{name: course[name] for name in ("p50", "p95")} for course in courses], "ms"),
        "<h2>Frames a second over time</h2>",
        charts.lines(bin_s, [{"fps": course["fps"]} for course in courses], "a second"),
    ]


def _named(waterfall: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"wait and sink" if stage == "sink" else stage: ends for stage, ends in waterfall.items()}


def _rebinned(counts: Sequence[float], by: int) -> list[float]:
    return [sum(counts[first : first + by]) for first in range(0, len(counts), by)]


def _tables(runs: Sequence[Run]) -> list[str]:
    two = len(runs) > 1
    stages = {"age": "age_ms"} | dict.fromkeys(runs[0]["stages_ms"], "")

    def values(run: Run, stage: str) -> Mapping[str, float | None]:
        found: Mapping[str, float | None] = run["age_ms"] if stage == "age" else run["stages_ms"].get(stage, {})
        return found

    head = ["ms", "p50", "p95", "p99", *(("p50 before", "times") if two else ())]
    rows = []
    for stage in stages:
        row = [stage, *(_shown(values(runs[0], stage).get(name)) for name in ("p50", "p95", "p99"))]
        if two:
            now, then = values(runs[0], stage).get("p50"), values(runs[1], stage).get("p50")
            row += [_shown(then), f"{now / then:.2f}" if now and then else "-"]
        rows.append(row)
    causes = dict.fromkeys(cause for run in runs for cause in run["dropped"])
    drops = [[cause, *(str(run["dropped"].get(cause, 0)) for run in runs)] for cause in causes]
    names = ["this run", "against"][: len(runs)]
    freezes = (runs[0].get("trace") or {}).get("freezes", [])
    parts = [f"<h2>Milliseconds</h2><p>{_MEANT}</p>", charts.table(head, rows)]
    parts += ["<h2>Dropped, by where a newer one came</h2>", charts.table(["", *names], drops)]
    parts.append("<h2>Freezes</h2>")
    if freezes:
        rows = [[one["cause"], f"{one['at_s']:.1f}", f"{one['pause_ms']:.0f}"] for one in freezes]
        parts.append(charts.table(["cause", "at, s", "lasted, ms"], rows))
    else:
        parts.append("<p>None: no pause between two pictures was longer than 150 ms.</p>")
    return parts


def _machine(runs: Sequence[Run]) -> str:
    facts = [run.get("machine") or {} for run in runs]
    names = dict.fromkeys(name for one in facts for name in one)
    if not names:
        return ""
    rows = [[name, *(str(one.get(name, "-")) for one in facts)] for name in names]
    return "<h2>Measured on</h2>" + charts.table(["", *["this run", "against"][: len(runs)]], rows)


def _shown(value: float | None, unit: str = "", digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}{unit}"


def _refusal(path: Path, got: str) -> ThespisError:
    return ThespisError(
        str(path), wanted="what `thespis bench --json` wrote", got=got, next_step="measure it anew with --json"
    )
