"""How a provider is chosen where nothing may be measured: a word behind its name."""

from __future__ import annotations

_STEADY, _UNTIMED = ":steady", ":untimed"


def steady(provider: str) -> str:
    """The same wish, but nothing is measured: the same file on the same machine then always gives the same numbers.

    Args:
        provider: `auto` or a name out of `PROVIDERS`.
    """
    return provider if provider.endswith(_STEADY) else provider + _STEADY


def untimed(provider: str) -> str:
    """The same wish, but nothing is measured now: a loop is running, and each would disturb the other.

    What was measured before counts; where nothing was, the table says what is likeliest the best.

    Args:
        provider: `auto` or a name out of `PROVIDERS`; what is steady stays so.
    """
    return provider if provider.endswith(_STEADY) else provider + _UNTIMED


def is_steady(provider: str) -> bool:
    """Whether it was made `steady`."""
    return provider.endswith(_STEADY)


def is_untimed(provider: str) -> bool:
    """Whether it was made `untimed`."""
    return provider.endswith(_UNTIMED)


def name_of(provider: str) -> str:
    """The name alone."""
    return provider.removesuffix(_STEADY).removesuffix(_UNTIMED)
