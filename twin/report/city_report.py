"""The whole city report as plain data: its blocks and pictures, set alike by city_page.py and city_pdf.py."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from twin.cityreport.facts import CityFacts
from twin.report.city_background import background
from twin.report.city_charts import class_chart, energy_chart
from twin.report.city_content import findings, glance
from twin.report.city_warnings import warnings_of
from twin.report.city_words import CityWords
from twin.report.district_maps import class_map, energy_map
from twin.report.study_blocks import Block
from twin.store import to_json


class CityReport(NamedTuple):
    """See the module."""

    title: str
    subtitle: str
    software: str
    digest: str  # SHA-256 of the rows
    front: list[Block]
    blocks: list[Block]
    images: dict[str, bytes]  # by file name
    warnings: list[str]


def report_of(facts: CityFacts, words: CityWords) -> CityReport:
    """The report in the language of ``words``; the same facts give the same report."""
    pictures = (
        energy_map(facts, words),
        class_map(facts, words),
        energy_chart(facts, words),
        class_chart(facts, words),
    )
    placed = {picture.name: (picture, f"{picture.name}.png") for picture in pictures}
    rows = facts.rows.astype(object).where(facts.rows.notna(), None)
    return CityReport(
        title=facts.title or words("kicker"),
        subtitle=words("kicker") if facts.title else "",
        software=facts.job.report["software"],
        digest=hashlib.sha256(to_json(rows.to_dict(orient="records"))).hexdigest(),
        front=glance(facts, words),
        blocks=[*findings(facts, placed, words), *background(facts, words)],
        warnings=warnings_of(facts, words),
        images={file: picture.png for picture, file in placed.values()},
    )
