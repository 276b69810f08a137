"""A film converted from file to file: cut into pieces, each made by the one loop, and put together again."""
