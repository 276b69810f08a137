"""Where things are kept that can be made again."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def default_cache() -> Path:
    """The folder, which may not be there yet."""
    return Path(platformdirs.user_cache_dir("thespis", appauthor=False))
