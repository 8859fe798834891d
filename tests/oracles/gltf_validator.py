"""The Khronos glTF-Validator (npm gltf-validator): a second opinion on every GLB, from another hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).resolve().parents[1] / "web"
BATCH = 200  # files in one call: a command line is limited


def validate_gltf(files: list[Path]) -> dict[Path, dict[str, Any]]:
    """errors, warnings, infos, hints (counts) and messages for each GLB, glTF or b3dm.

    Skips the test where node or the npm package is not installed (tests/web/node_modules, or the folder that
    HELIOTWIN_NODE_MODULES names).
    """
    node = shutil.which("node")
    modules = Path(os.environ.get("HELIOTWIN_NODE_MODULES", WEB / "node_modules"))
    if node is None or not (modules / "gltf-validator").is_dir():
        pytest.skip(f"node or gltf-validator not found ({modules})")
    report: dict[Path, dict[str, Any]] = {}
    for start in range(0, len(files), BATCH):
        done = subprocess.run(
            [node, str(WEB / "gltf_validate.mjs"), *map(str, files[start : start + BATCH])],
            env={**os.environ, "HELIOTWIN_NODE_MODULES": str(modules)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        report |= {Path(file): found for file, found in json.loads(done.stdout).items()}
    return report
