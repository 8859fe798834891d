"""A day's shadows as an animation (GIF, MP4) and as a series of plan sheets, a time stamp on every picture.

Footprints are drawn once; from frame to frame only the shadows beneath them and the time above change.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.export.shadow_names import file_words
from twin.report.city_map import box_aspect, widened
from twin.report.figures import look
from twin.report.study_canvas import (
    DPI,
    GREEN,
    GREY,
    HOUSE,
    INK,
    MM,
    PAPER,
    PLANNED,
    PLANNED_FILL,
    RED,
    SUNNY,
    box,
    draw_signs,
    line,
    paper,
    show,
)
from twin.report.study_maps import MapSheet, draw_legend, draw_raster, legend_of, mask_colours, sun_text
from twin.report.study_scene import crop_of, draw_standing
from twin.store import write_atomically
from twin.study.clock import clock_text, legal
from twin.study.masks import mask
from twin.study.outcome import BESTAND, NO_LAND

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

# Sides of a frame [px]: multiples of 16, as every MP4 player likes them.
FRAME_PX = (1120, 960)
FRAMES_PER_S = 8
# A4, the lesser side up.
SHEET_MM = (297.0, 210.0)
MARGIN_MM = 8.0
HEAD_MM = 12.0
LEGEND_MM = 11.0
TITLE_CHARACTERS = 70
FOOTER_PER_MM = 0.85
GREYS = 16
NEAR = 0.06
# Baseline of the time below the margin, and the strip that it is written on.
TIME_MM = 9.0
STRIP_MM = 5.0


class Film:
    """Pictures of one day and scenario, one an instant, on paper of a size."""

    def __init__(self, sheet: MapSheet, size_mm: tuple[float, float], footer: str) -> None:
        width, height = size_mm
        self.sheet = sheet
        self.figure: Figure = paper(width, height)
        head = MARGIN_MM + HEAD_MM
        axes = box(self.figure, MARGIN_MM, head, width - 2 * MARGIN_MM, height - head - LEGEND_MM - MARGIN_MM)
        self.extent = widened(sheet.extent, box_aspect(axes))
        show(axes, self.extent)
        self.image = draw_raster(axes, sheet.study.grid, self._colours(0), self.extent)
        draw_standing(axes, sheet.stands)
        show(axes, self.extent)
        draw_signs(axes, self.extent, sheet.words, 9.0)
        words = sheet.words
        title = words("film_title", words.date(sheet.day.date), sheet.scenario)
        line(self.figure, MARGIN_MM, MARGIN_MM + 3.0, textwrap.shorten(title, TITLE_CHARACTERS), 9.5, "bold")
        time_y, right = 1 - (MARGIN_MM + TIME_MM) / height, 1 - MARGIN_MM / width
        self.time = self.figure.text(MARGIN_MM / width, time_y, "", fontsize=11, fontweight="bold")
        self.sun = self.figure.text(right, time_y, "", fontsize=9, ha="right")
        draw_legend(self.figure, sheet, (MARGIN_MM, height - LEGEND_MM - MARGIN_MM + 1.0), legend_of(sheet))
        line(self.figure, MARGIN_MM, height - 3.5, textwrap.shorten(footer, round(FOOTER_PER_MM * width)), 6)

    def turn_to(self, instant: int) -> Figure:
        """The figure at an instant; the next call changes it."""
        rows, columns, _ = crop_of(self.sheet.study.grid, self.extent)
        self.image.set_data(self._colours(instant)[rows, columns])
        time, sun = self._words_of(instant)
        self.time.set_text(time)
        self.sun.set_text(sun)
        return self.figure

    def frames(self, chosen: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """Pictures (height, width, 3) of instants: shadows and time are laid under and over what never changes."""
        grid, axes = self.sheet.study.grid, self.image.axes
        share, front = self._front()
        # Middles of the picture's points within the map, and the pixels of the raster that they lie in.
        place = axes.get_window_extent().extents
        left, low, right, high = (round(float(edge)) for edge in place)
        top, bottom = len(front) - high, len(front) - low
        x = self.extent.west + (np.arange(right - left) + 0.5) / (right - left) * (self.extent.east - self.extent.west)
        y = self.extent.north - (np.arange(bottom - top) + 0.5) / (bottom - top) * (
            self.extent.north - self.extent.south
        )
        column, row = (np.floor(side / grid.cell_m).astype(int) for side in (x - grid.west, grid.north - y))
        inside = ((row >= 0) & (row < grid.rows))[:, None] & ((column >= 0) & (column < grid.columns))
        row, column = np.clip(row, 0, grid.rows - 1), np.clip(column, 0, grid.columns - 1)
        outside = mask_colours(np.array(NO_LAND, np.uint8), False)
        picture = np.full((*share.shape[:2], 3), 255.0, np.float32)
        for instant in chosen:
            shown = self._colours(instant)[row][:, column]
            picture[top:bottom, left:right] = np.where(inside[..., None], shown, outside)
            frame = np.round(picture * (1 - share) + front).astype(np.uint8)
            self._stamp(frame, instant)
            yield frame

    def _front(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Opacity (height, width, 1) of everything that lies over the shadows, and its colours times it."""
        self.time.set_text("")
        self.sun.set_text("")
        patches = (self.figure.patch, self.image.axes.patch)
        for artist in (self.image, *patches):
            artist.set_visible(False)
        drawn = _pixels(self.figure).astype(np.float32)
        for artist in (self.image, *patches):
            artist.set_visible(True)
        share = drawn[..., 3:] / 255.0
        return share, drawn[..., :3] * share

    def _stamp(self, frame: NDArray[np.uint8], instant: int) -> None:
        """Write time and sun into the strip between title and map."""
        width = frame.shape[1] / DPI * MM
        strip = paper(width, STRIP_MM)
        text, sun = self._words_of(instant)
        strip.text(MARGIN_MM / width, 0.3, text, fontsize=11, fontweight="bold")
        strip.text(1 - MARGIN_MM / width, 0.3, sun, fontsize=9, ha="right")
        written = _pixels(strip)[..., :3]
        top = round((MARGIN_MM + TIME_MM - 0.7 * STRIP_MM) / MM * DPI)
        frame[top : top + len(written), : written.shape[1]] = written[:, : frame.shape[1]]

    def _words_of(self, instant: int) -> tuple[str, str]:
        sheet = self.sheet
        time = sheet.day.instants.time[instant]
        return clock_text(time, sheet.study.zone, sheet.words.language), sun_text(sheet, instant)

    def _colours(self, instant: int) -> NDArray[np.uint8]:
        value = mask(self.sheet.study, self.sheet.day, self.sheet.scenario, instant)
        return mask_colours(value, self.sheet.scenario == BESTAND)


def _pixels(figure: Figure) -> NDArray[np.uint8]:
    """The figure drawn (height, width, 4)."""
    canvas = figure.canvas
    canvas.draw()
    return np.array(canvas.buffer_rgba())  # type: ignore[attr-defined]


def frames(sheet: MapSheet, footer: str) -> Iterator[NDArray[np.uint8]]:
    """Pictures (height, width, 3) of every instant of the day, in the size of a film."""
    width, height = FRAME_PX
    with look():
        film = Film(sheet, (width / DPI * MM, height / DPI * MM), footer)
        yield from film.frames(range(len(sheet.day.instants.time)))


def write_gif(sheet: MapSheet, path: Path, footer: str) -> Path:
    """The day as an animated GIF that runs in a loop."""
    pictures = (_with_palette(picture) for picture in frames(sheet, footer))
    out = BytesIO()
    next(pictures).save(
        out,
        format="GIF",
        save_all=True,
        append_images=pictures,
        duration=round(1000 / FRAMES_PER_S),
        loop=0,
        optimize=False,
    )
    write_atomically(path, out.getvalue())
    return path


def _with_palette(picture: NDArray[np.uint8]) -> Image.Image:
    """The picture in the maps' own colours and their shades towards ink and white, each point the nearest."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    own = np.array([to_rgb(name) for name in (SUNNY, GREY, RED, GREEN, PAPER, HOUSE, PLANNED, PLANNED_FILL, INK)])
    white, ink = own[0], own[-1]
    greys = white + np.linspace(0, 1, GREYS)[:, None] * (ink - white)
    share = np.linspace(0.25, 0.75, 3)[:, None, None]
    mixed = np.concatenate([greys, *((own + share * (end - own)).reshape(-1, 3) for end in (ink, white))])
    # Pillow looks a colour up roughly: nothing may lie so near to one of the maps' own that it takes its place.
    far = np.abs(mixed[:, None] - own).max(axis=2).min(axis=1) > NEAR
    table = np.round(np.concatenate([own, mixed[far]]) * 255).astype(int)
    palette = Image.new("P", (1, 1))
    palette.putpalette(table.ravel().tolist())
    return Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)


def write_mp4(sheet: MapSheet, path: Path, footer: str) -> Path:
    """The day as an H.264 film.

    Raises
    ------
    TwinError
        Where imageio-ffmpeg is not installed, or its ffmpeg gives up.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        raise TwinError(f"{path.name}: films need imageio-ffmpeg", "pip install 'heliotwin[video]'") from None
    aside = path.with_name(f"{path.stem}.part.mp4")
    try:
        writer = imageio_ffmpeg.write_frames(
            str(aside),
            FRAME_PX,
            fps=FRAMES_PER_S,
            codec="libx264",
            pix_fmt_out="yuv420p",
            quality=8,
            output_params=["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"],
        )
        writer.send(None)
        for picture in frames(sheet, footer):
            writer.send(np.ascontiguousarray(picture))
        writer.close()
        if not aside.is_file():
            raise TwinError(f"{path.name}: ffmpeg wrote nothing", "write a GIF instead")
        aside.replace(path)
    except OSError as error:
        raise TwinError(f"{path.name}: ffmpeg gave up ({error})", "write a GIF instead") from error
    finally:
        aside.unlink(missing_ok=True)
    return path


def sheet_names(sheet: MapSheet) -> list[str]:
    """A file name an instant: scenario, legal date and time; the offset too where the clock is put back that day."""
    clock = legal(sheet.day.instants.time, sheet.study.zone)
    twice = len({f"{moment:%H%M}" for moment in clock}) < len(clock)
    scenario = file_words(scenario.name for scenario in sheet.study.scenarios)[sheet.scenario]
    return [
        f"{scenario}_{moment:%Y-%m-%dT%H%M%z}" if twice else f"{scenario}_{moment:%Y-%m-%dT%H%M}" for moment in clock
    ]


def write_sheets(sheet: MapSheet, target: Path, footer: str, instants: Sequence[int] | None = None) -> list[Path]:
    """Plan sheets in A4, one an instant (all, or those chosen): one PDF where ``target`` ends in .pdf, else PNG files
    in that folder."""
    chosen = range(len(sheet.day.instants.time)) if instants is None else instants
    with look():
        film = Film(sheet, SHEET_MM, footer)
        if target.suffix.lower() == ".pdf":
            write_atomically(target, _pdf(film, chosen))
            return [target]
        target.mkdir(parents=True, exist_ok=True)
        names = sheet_names(sheet)
        written = []
        for instant, frame in zip(chosen, film.frames(chosen), strict=True):
            path = target / f"{names[instant]}.png"
            write_atomically(path, _png(frame))
            written.append(path)
    return written


def _png(frame: NDArray[np.uint8]) -> bytes:
    """A picture (height, width, 3) of a known size on paper."""
    from PIL import Image

    out = BytesIO()
    Image.fromarray(frame).save(out, format="PNG", dpi=(DPI, DPI))
    return out.getvalue()


def _pdf(film: Film, chosen: Sequence[int]) -> bytes:
    """All sheets as pages, without the time of writing."""
    from matplotlib.backends.backend_pdf import PdfPages

    out = BytesIO()
    with PdfPages(out, metadata={"CreationDate": None, "Producer": None, "Creator": None}) as pages:
        for instant in chosen:
            pages.savefig(film.turn_to(instant))
    return out.getvalue()
