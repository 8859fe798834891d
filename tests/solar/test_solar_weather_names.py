"""The years in the package have names for people, in both languages; whatever else weather is called stays as it is."""

from __future__ import annotations

import re

import pytest

from solar.weather import BUNDLED, bundled
from solar.weather_names import weather_words


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_year_has_words_by_its_name_and_by_its_source(name: str) -> None:
    words = weather_words(name)
    assert words is not None and sorted(words) == ["de", "en"]
    assert weather_words(bundled(name).source) == words
    # The years that they speak of are the record's own.
    spoken = {int(year) for year in re.findall(r"\d{4}", words["de"])}
    assert spoken == {int(year) for year in re.findall(r"\d{4}", words["en"])} and spoken
    assert all(str(year) in f"{name} {bundled(name).source}" for year in spoken)


@pytest.mark.parametrize("name", ["", "job", "EPW Frankfurt (frankfurt.epw)", "plain CSV (duesseldorf-2024.csv)"])
def test_other_weather_keeps_its_name(name: str) -> None:
    assert weather_words(name) is None
