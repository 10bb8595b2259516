"""Allocation instances for benchmarks and large tests."""
