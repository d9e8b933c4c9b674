"""Make publications for the benchmarks."""
