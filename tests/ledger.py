"""The ledger of comparisons: merge the workers' parts, print it, and name what is missing."""

import cnnbook.reference

WANTED = 200  # configurations for each layer, forward and backward
ELSEWHERE = {  # layers without such an oracle -> what tests them instead
}


def merged(ledgers: list[dict]) -> dict[str, dict]:
    """Add up the counts of all ledgers and keep the worst difference."""
    total = {}
    for ledger in ledgers:
        for layer, entry in ledger.items():
            known = total.setdefault(layer, dict(oracle=entry["oracle"]))
            for part in ("forward", "backward"):
                (count, worst), (more, other) = known.get(part, (0, 0.0)), entry[part]
                known[part] = count + more, max(worst, other)
    return total


def gaps(ledger: dict[str, dict]) -> list[str]:
    """Name each pass of a public layer that met too few configurations."""
    names = set(cnnbook.reference.__all__)
    found = []
    for name in sorted(names - ELSEWHERE.keys()):
        if name.endswith("_backward"):
            continue
        for part in ("forward", "backward") if f"{name}_backward" in names else ("forward",):
            count = ledger[name][part][0] if name in ledger else 0
            if count < WANTED:
                found.append(f"{name} {part}: {count} configurations, {WANTED} wanted")
    return found


def table(ledger: dict[str, dict]) -> str:
    """Write the ledger: layer, oracle, configurations tried and worst relative difference."""
    lines = [f"{'layer':34} {'oracle':44} {'forward':>16} {'backward':>16}"]
    for layer, entry in sorted(ledger.items()):
        parts = (
            f"{count:7} {worst:8.0e}" if count else f"{'–':>16}"
            for count, worst in (entry["forward"], entry["backward"])
        )
        lines.append(f"{layer:34} {entry['oracle']:44} {' '.join(parts)}")
    lines += [f"{layer:34} {how}" for layer, how in sorted(ELSEWHERE.items())]
    return "\n".join(lines)
