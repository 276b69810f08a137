"""From the swap to the finished picture: colour, mask, blend, and what is shown when there is no swap."""
