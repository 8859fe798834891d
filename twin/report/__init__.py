"""What a finished job leaves for people to look at: one sheet (overview.png) and one page (summary.html).

Importing this package is cheap: matplotlib comes in only when a picture is drawn.
"""

from twin.report.write import write_pictures

__all__ = ["write_pictures"]
