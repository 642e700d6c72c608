"""What was there before the portal: consents with their evidence, and open ports.

docs/first-night.md describes the two files.
"""

from orders.legacy.importing import LegacyReport, import_legacy

__all__ = ["LegacyReport", "import_legacy"]
