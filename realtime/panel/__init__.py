"""The control panel: a page on this computer alone, and the server that gives it."""
