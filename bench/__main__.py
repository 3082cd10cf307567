"""Run every benchmark (`make bench`): each row's value beside its target."""

from bench import bench_convolution, bench_layers, bench_pages, bench_redraw


def show(row: dict) -> str:
    """Return one row as a line."""
    value, target = row["value"], row["target"]
    verdict = "" if target is None else f"≤ {target:g} " + ("met" if value <= target else "MISSED")
    return f"  {row['name']:62} {value:9.3f} {row['unit']:3} {verdict}"


def main() -> None:
    """Print the tables."""
    print("Convolution, one thread")
    print(bench_convolution.table(bench_convolution.run()))
    for title, bench in (
        ("Layers over torch, one thread", bench_layers),
        ("Redraw", bench_redraw),
        ("Page and build", bench_pages),
    ):
        print(title)
        print("\n".join(show(row) for row in bench.run()), flush=True)


if __name__ == "__main__":
    main()
