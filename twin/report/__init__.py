"""What a finished job leaves for people to look at: a sheet (overview.png), a page (summary.html), and
a map of photovoltaics (pv.png).

Importing this package is cheap: matplotlib comes in only when a picture is drawn.
"""

from twin.report.write import write_pictures

__all__ = ["write_pictures"]
