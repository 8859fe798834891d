"""`--to viewer` as a writer of `twin.export.run`, which lies below the server and knows no page of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.export.options import ExportOptions
    from twin.export.source import Source
    from twin.progress import OnProgress


def export_viewer(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    """Write viewer and data as the options ask; names of the files."""
    from twin.serve.viewer_static import write_viewer
    from twin.study.clock import ZONE

    return write_viewer(source, folder, options.zone or ZONE, options.geoid, options.study, on_progress)
