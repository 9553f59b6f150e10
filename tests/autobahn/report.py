"""Judges the results of a run and prints them."""
import os
import re
import sys
import textwrap
from collections import Counter, defaultdict

PASSING = ("OK", "NON-STRICT", "INFORMATIONAL")
COLUMNS = ("OK", "non-strict", "info", "unimplemented", "failed", "not run")
FAILURES = ("unimplemented", "failed", "not run")
HEADINGS = tuple(heading.rjust(max(8, len(heading) + 2)) for heading in ("cases", *COLUMNS, "seconds"))


class Progress:
    """Counts cases as they end: one line that changes on a terminal, else one per 50."""

    def __init__(self, total):
        self.total, self.done = total, 0
        self.tty = sys.stdout.isatty()

    def step(self):
        self.done += 1
        if self.tty:
            print(f"\r{self.done} of {self.total} cases", end="", flush=True)
        elif self.done % 50 == 0:
            print(f"{self.done} of {self.total} cases", flush=True)

    def end(self):
        if self.tty and self.done:
            print()


def verdict(result, strict):
    """The column a case belongs to. STRICT: NON-STRICT counts as failed."""
    if result is None:
        return "not run"
    behaviours = (result["behavior"], result["behaviorClose"])
    if "UNIMPLEMENTED" in behaviours:
        return "unimplemented"
    if any(b not in PASSING for b in behaviours) or (strict and "NON-STRICT" in behaviours):
        return "failed"
    if "NON-STRICT" in behaviours:
        return "non-strict"
    return "info" if "INFORMATIONAL" in behaviours else "OK"


def summarize(suite, selected, strict, results, folder):
    """Prints table, failures and last line; returns how many cases failed."""
    verdicts = {case: verdict(results.get(case), case in strict) for case in selected}
    print_table(suite.groups, verdicts, results)
    for case in selected:
        if verdicts[case] == "failed":
            print_failure(case, suite.cases[case], results[case], folder)
    print_list("unimplemented (the peer did not agree to the extension)", verdicts, "unimplemented")
    print_list("not run (the peer went away, or the time was up)", verdicts, "not run")
    failed = sum(v in FAILURES for v in verdicts.values())
    print(f"\nreports: {shorten(folder / 'index.html')}")
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return failed


def print_table(groups, verdicts, results):
    counts, millis = defaultdict(Counter), Counter()
    for case, column in verdicts.items():
        for row in (case.split(".")[0], "all"):
            counts[row][column] += 1
            millis[row] += results[case]["duration"] if case in results else 0
    names = {row: f"{row:>3} {groups.get(row, '')}".rstrip() for row in counts}
    width = max(map(len, names.values()))
    print("\n" + "group".ljust(width) + "".join(HEADINGS))
    for row, count in counts.items():
        if row != "all":
            print_row(names[row].ljust(width), count, millis[row])
    print_row("all".ljust(width), counts["all"], millis["all"])


def print_row(name, count, millis):
    cells = [sum(count.values()), *(count[c] or "-" for c in COLUMNS), f"{millis / 1000:.1f}"]
    print(name + "".join(str(cell).rjust(len(h)) for cell, h in zip(cells, HEADINGS)))


def print_failure(case, description, result, folder):
    by_strict = "" if verdict(result, strict=False) == "failed" else "; fails by --strict"
    print(f"\nFAILED {case}: behaviour {result['behavior']}, close {result['behaviorClose']}"
          f" (code {result['remoteCloseCode']}){by_strict}")
    print_indented(f"case: {description}")
    said = [result["result"], result["resultClose"]]
    print_indented("seen: " + " | ".join(text for text in said if text))
    print(f"  report: {shorten(folder / result['report'])}")


def print_indented(text):
    plain = " ".join(re.sub(r"<[^<>]*>", " ", text).split())
    print(textwrap.fill(textwrap.shorten(plain, 400, placeholder=" ..."), 100,
                        initial_indent="  ", subsequent_indent="    "))


def print_list(title, verdicts, column):
    cases = [case for case, v in verdicts.items() if v == column]
    if cases:
        print(f"\n{len(cases)} {title}:")
        print(textwrap.fill(" ".join(cases), 100, initial_indent="  ", subsequent_indent="  "))


def shorten(path):
    """Relative to the current folder if it lies in there: easier to read and to click."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
