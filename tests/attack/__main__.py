"""Attacks the queue's promise.

    python -m tests.attack                                  all scenarios with 12 seeds each, and all mutants
    python -m tests.attack --seeds 3 --scenario contacts    three seeds of the scenarios with this in their name
    python -m tests.attack --seed 7 --scenario calm         repeats one run, without mutants

Exits 1 if a promise of docs/queue.md is broken, or a mutant of the handler is not caught.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Iterable, Iterator

from benchmarks.arguments import positive
from tests.attack.handler_code import HandlerCode
from tests.attack.mutants import MUTANTS, Mutant
from tests.attack.run import CRASHED, Result, Run
from tests.attack.scenario import Scenario
from tests.attack.scenarios import SCENARIOS

_SEEDS = 12
# The first seed catches nearly all of them.
_SEEDS_PER_MUTANT = 12
_MAX_SHOWN = 3


def main() -> int:
    """Run the attack; the exit code."""
    summary, _, usage = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.attack",
        description=summary,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=positive, default=_SEEDS, help=f"runs of each scenario (default: {_SEEDS})")
    parser.add_argument("--seed", type=int, help="the only seed, without mutants")
    parser.add_argument("--scenario", metavar="TEXT", default="", help="only scenarios whose name contains it")
    arguments = parser.parse_args()
    scenarios = [scenario for scenario in SCENARIOS if arguments.scenario in scenario.name]
    if not scenarios:
        parser.error(f"--scenario: expected a part of one of: {', '.join(scenario.name for scenario in SCENARIOS)}")
    if sys.platform == "linux":
        # Only one thread runs at a time, and switching threads is faster on one processor.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    started = time.monotonic()
    seeds = range(arguments.seeds) if arguments.seed is None else [arguments.seed]
    code = HandlerCode()
    results = list(itertools.chain.from_iterable(_attack(scenario, seeds, code) for scenario in scenarios))
    mutants = [mutant for mutant in MUTANTS if arguments.scenario in mutant.scenario and arguments.seed is None]
    survived = [mutant for mutant in mutants if not _is_caught(mutant)]
    broken = sum(bool(result.broken) for result in results)
    print(
        f"{len(scenarios)} scenarios, {len(seeds)} seeds each: {sum(result.updates for result in results):,} updates, "
        f"{sum(result.calls for result in results):,} calls, {broken} of {len(results)} runs broke a promise; "
        f"{len(mutants) - len(survived)} of {len(mutants)} mutants caught; {time.monotonic() - started:.0f} s"
    )
    return 1 if broken or survived else 0


def _attack(scenario: Scenario, seeds: Iterable[int], code: HandlerCode) -> Iterator[Result]:
    results = []
    for seed in seeds:
        results.append(Run(scenario, seed, code).result())
        yield results[-1]
    broken = [result for result in results if result.broken]
    verdict = f"{len(broken)} BROKEN" if broken else "holds"
    print(
        f"{scenario.name:56} {sum(result.updates for result in results):7,} updates {verdict}",
        flush=True,
    )
    for result in broken[:_MAX_SHOWN]:
        for text in result.broken:
            print(f"    {text}")
        print(f"    again: python -m tests.attack --seed {result.seed} --scenario {scenario.name!r}", flush=True)


def _is_caught(mutant: Mutant) -> bool:
    (scenario,) = (scenario for scenario in SCENARIOS if scenario.name == mutant.scenario)
    code = mutant.code()
    for seed in range(_SEEDS_PER_MUTANT):
        broken = Run(scenario, seed, code).result().broken
        if any(text.startswith(CRASHED) for text in broken):
            print(f"mutant: {mutant.name}: it crashes, which any test would notice: {broken[0]}", flush=True)
            return False
        if broken:
            print(f"mutant: {mutant.name}: caught in {scenario.name!r}, seed {seed}: {broken[0]}", flush=True)
            return True
    print(f"mutant: {mutant.name}: NOT CAUGHT in {scenario.name!r} with {_SEEDS_PER_MUTANT} seeds", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
