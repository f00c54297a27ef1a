"""python -m bench [NAME ...] [--members N] [--json]: one line per figure; exit code 1 when a bar does not hold."""

import argparse
import importlib
import json
import pkgutil
import sys

import django

import bench


def main():
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a room or a figure; all without")
    parser.add_argument("--members", type=int, default=40_000)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    wanted = parser.parse_args()
    django.setup()
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name not in ("__main__", "settings", "urls"):
            importlib.import_module(f"bench.{module.name}")
    chosen = [one for one in bench.FIGURES if one.asked_for(wanted.names)]
    known = {name for one in bench.FIGURES for name in (one.name, one.name.partition(".")[0])}
    if unknown := set(wanted.names) - known:
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    run = importlib.import_module("bench.run").Run(wanted.members)
    held = [report(one, one.measure(run), wanted) for one in chosen]
    return 0 if all(held) else 1


def report(one, value, wanted):
    """Print the line of one figure. Returns whether its bar holds."""
    holds = one.holds(value)
    if wanted.json:
        line = {"name": one.name, "members": wanted.members, "figure": round(value, 4), "unit": one.unit}
        print(json.dumps({**line, "bar": one.bar, "holds": holds}), flush=True)
    else:
        bar = "" if one.bar is None else f"{'at least' if one.at_least else 'at most'} {one.bar:g}"
        broken = "" if holds else "DOES NOT HOLD"
        print(f"{one.name:<36} {value:>10.4g} {one.unit:<6} {bar:<16} {broken}".rstrip(), flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main())
