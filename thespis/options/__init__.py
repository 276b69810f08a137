"""Words that several commands share, and what they mean: a file for each heading in the help, or for two near ones.

A heading has columns of its own there, so that one long word does not squeeze all texts.
"""
