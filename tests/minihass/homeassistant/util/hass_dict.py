"""Typed keys of the shared dictionary."""


class HassKey[_T](str):
    """A key that knows the type of its value."""

    __slots__ = ()


HassDict = dict
