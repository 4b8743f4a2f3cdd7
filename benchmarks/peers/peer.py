"""The workloads of Graft.Benchmarks in PyTorch, as a process that works when it is asked and sleeps otherwise, so that both sides can be measured in turns.

Started with the number of threads as argument. Lines in, lines out:
    settings NAME                  the settings of a workload, or "error: why there are none"
    run NAME SETTING STEPS IDLE    milliseconds a step by the clock and of the processor, after IDLE steps that do not count
    memory NAME SETTING STEPS      MB in memory before the case is made, and at most while it is made and runs
"""
import importlib
import sys
import time

import torch

from steps import slow_blas

WARM_UP = 3


def families():
    """All workloads, and what is wrong with families that cannot be loaded."""
    workloads, errors = {}, []
    for name in ("tables", "sequences", "pictures"):
        try:
            workloads.update(importlib.import_module(name).WORKLOADS)
        except ImportError as error:
            errors.append("%s.py: %s" % (name, error))
    return workloads, "; ".join(errors) or "no such workload"


def warm_up(case):
    start, steps = time.perf_counter(), 0
    while steps < 1 or (steps < WARM_UP and time.perf_counter() - start < 2):
        case.step()
        steps += 1


def run(case, steps, idle):
    for _ in range(idle):
        case.step()
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(steps):
        case.step()
    return "%.6f %.6f" % ((time.perf_counter() - clock) / steps * 1e3, (time.process_time() - processor) / steps * 1e3)


def resident(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(key))


def memory(make, steps):
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))  # the teams of threads are there
    before = resident("VmRSS")
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    run(make(), steps, 0)
    return "%.1f %.1f" % (before, resident("VmHWM"))


def main():
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    workloads, lacking = families()
    kept, case = None, None
    print("ready torch %s, %d threads%s" % (torch.__version__, torch.get_num_threads(), slow_blas()), flush=True)
    for line in sys.stdin:
        try:
            order, name, *rest = line.split()
            if name not in workloads:
                answer = "error: " + lacking
            elif order == "settings":
                answer = " ".join(workloads[name])
            elif order == "memory":
                answer = memory(workloads[name][rest[0]], int(rest[1]))
            else:
                if kept is None or kept[0] != name:
                    kept = (name, {})
                case = kept[1].get(rest[0])
                if case is None:
                    case = kept[1][rest[0]] = workloads[name][rest[0]]()
                    warm_up(case)
                answer = run(case, int(rest[1]), int(rest[2]))
        except Exception as error:  # whatever it is, the other side has to hear of it
            answer = "error: " + " ".join(str(error).split())[:300]
        print(answer, flush=True)


if __name__ == "__main__":
    main()
