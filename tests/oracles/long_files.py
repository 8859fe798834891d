"""The order in which test files begin (tests/conftest.py)."""

from __future__ import annotations

FIRST = (
    "raytrace/test_raytrace_margins.py",
    "test_house.py",
    "twin/test_twin_shadow_cli.py",
    "raytrace/test_raytrace_features.py",
    "twin/test_twin_cli.py",
    "web/test_web_viewer.py",
    "web/test_web_tiles.py",
    "web/test_web_viewer_faults.py",
    "web/test_web_viewer_words.py",
    "web/test_web_masterportal.py",
    "test_benchmarks.py",
    "test_wheel.py",
    "twin/test_twin_serve_files.py",
    "twin/test_twin_serve_attack.py",
    "twin/test_twin_export_run.py",
    "twin/test_twin_correct_cli.py",
    "twin/test_twin_job.py",
    "test_hostile.py",
    "raytrace/test_raytrace_jit.py",
)
"""Long files, begun first so that no process waits for one at the end. On a clean checkout the first of two processes
compiles the ray kernels, while the second checks types: side by side both would compile the same."""
