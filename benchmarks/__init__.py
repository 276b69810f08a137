"""What we claim, measured."""

import realtime  # noqa: F401 - first: it says how many threads numpy is to have
