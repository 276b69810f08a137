"""The command line."""

import realtime  # noqa: F401 - first: it says how many threads numpy is to have
