"""Copy what the viewer needs of CesiumJS from an npm package into twin/serve/viewer/cesium.

    npm pack cesium && tar -xzf cesium-*.tgz          or npm install cesium
    python tools/cesium.py node_modules/cesium        copy a trimmed build and list its sha256
    python tools/cesium.py --check                    exit 1 where a file differs from the list

The whole build has 23 MB. Left out: the second copy of the library (Cesium.js), what makes imagery, terrain, stars and
widgets, and every worker but the decoder of Draco. One expression of the library is changed, see CHANGED.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "twin" / "serve" / "viewer" / "cesium"
LIST = "SOURCE.json"
# Decoding of compressed meshes, and the trial by which Cesium learns whether workers take buffers.
WORKERS = ("decodeDraco.js", "transferTypedArrayTest.js")
# Earth orientation of a thousand days each, from the 14th (2013) to the 25th (until 2045).
FIRST_ORIENTATION, LAST_ORIENTATION = 14, 25
# A widget library in it asks `eval` for the global object; a page that forbids eval (CSP) could not load it.
CHANGED = ('(0,eval)("this")', "globalThis")
NOTE = f"/* Changed for heliotwin (tools/cesium.py): {CHANGED[0]} reads {CHANGED[1]}. */\n"
CHUNK = re.compile(r"[\"']\./(chunk-[A-Z0-9]+\.js)[\"']")


def needed(package: Path) -> dict[str, Path]:
    """Files to copy: name in the target → place in the package."""
    build = package / "Build" / "Cesium"
    files = {
        "index.js": build / "index.js",
        "ThirdParty/draco_decoder.wasm": build / "ThirdParty" / "draco_decoder.wasm",
        # The widget reads it at its start, whether or not something lies on terrain.
        "Assets/approximateTerrainHeights.json": build / "Assets" / "approximateTerrainHeights.json",
        "LICENSE.md": package / "LICENSE.md",
        "ThirdParty.json": package / "ThirdParty.json",
    }
    for number in range(FIRST_ORIENTATION, LAST_ORIENTATION + 1):
        name = f"Assets/IAU2006_XYS/IAU2006_XYS_{number}.json"
        files[name] = build / name
    for worker in closure(build / "Workers"):
        files[f"Workers/{worker}"] = build / "Workers" / worker
    return files


def closure(folder: Path) -> list[str]:
    """The workers and every chunk that they import, in turn."""
    found, waiting = set(), list(WORKERS)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += CHUNK.findall((folder / name).read_text(encoding="utf-8"))
    return sorted(found)


def without_eval(library: Path) -> None:
    """Replace the expression of CHANGED, which must stand once, and say so in the first line."""
    text = library.read_text(encoding="utf-8")
    if text.count(CHANGED[0]) != 1:
        sys.exit(f"{library}: {CHANGED[0]} stands {text.count(CHANGED[0])} times: see what this version has instead")
    with library.open("w", encoding="utf-8", newline="\n") as out:
        out.write(NOTE + text.replace(*CHANGED))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy(package: Path) -> int:
    """Replace the target by a trimmed copy of the package; returns its bytes."""
    files = needed(package)
    missing = [str(path) for path in files.values() if not path.is_file()]
    if missing:
        sys.exit(f"{package}: no {', '.join(missing[:5])}: is this the folder of the npm package cesium?")
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    shutil.rmtree(TARGET, ignore_errors=True)
    for name, path in files.items():
        place = TARGET / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    without_eval(TARGET / "index.js")
    listed = {
        "package": "cesium",
        "version": version,
        "licence": "Apache-2.0",
        "changed": {"index.js": NOTE.strip("/* \n")},
        "sha256": {name: sha256(TARGET / name) for name in sorted(files)},
    }
    (TARGET / LIST).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    return sum((TARGET / name).stat().st_size for name in files)


def differing() -> list[str]:
    """Names that the list has and the folder not, the other way round, or with another content."""
    listed = json.loads((TARGET / LIST).read_text(encoding="utf-8"))["sha256"]
    there = {path.relative_to(TARGET).as_posix(): path for path in TARGET.rglob("*") if path.is_file()}
    there.pop(LIST, None)
    return sorted(
        name for name in {*listed, *there} if name not in there or sha256(there[name]) != listed.get(name, "")
    )


def main() -> None:
    if sys.argv[1:] == ["--check"]:
        wrong = differing()
        if wrong:
            sys.exit(f"{TARGET}: {', '.join(wrong)}: not as listed")
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    size = copy(Path(sys.argv[1]))
    print(f"{TARGET}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
