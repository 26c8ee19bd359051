"""More records of the same sorts, varied by a seed."""

from cimic.demo.stories import Story


def varied_stories(count: int, seed: int) -> list[Story]:
    return []
