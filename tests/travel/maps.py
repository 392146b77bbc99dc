"""Maps that tests drive on: the two real ones, and a small grid of one's own."""

import json
from pathlib import Path
from typing import Any

from dispatch.values import Point
from sim.city.offsets import destination

MAPS = Path(__file__).parent.parent / "data" / "maps"
MANHATTAN, HELSINKI = MAPS / "manhattan-streets.json.gz", MAPS / "helsinki.osm.pbf"
CORNER: Point = (40.75, -73.99)
BLOCK_M = 100.0


def at(row: int, column: int) -> Point:
    """A crossing of the grid: so many blocks north and east of its corner."""
    return destination(*CORNER, row * BLOCK_M, column * BLOCK_M)


def grid_map(rows: int, columns: int, *, seconds: float = 20.0, gone: tuple[int, ...] = ()) -> dict[str, Any]:
    """Streets with both directions between neighbouring crossings, but for those links whose number is `gone`."""
    places = [(row, column) for row in range(rows) for column in range(columns)]
    numbers = {place: number for number, place in enumerate(places)}
    pairs = [
        (numbers[row, column], numbers[other])
        for row, column in places
        for other in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1))
        if other in numbers
    ]
    nodes = [{"id": numbers[place], "y": at(*place)[0], "x": at(*place)[1]} for place in places]
    links = [
        {"source": source, "target": target, "length": BLOCK_M, "travel_time": seconds}
        for number, (source, target) in enumerate(pairs)
        if number not in gone
    ]
    return {"directed": True, "nodes": nodes, "links": links}


def river_map() -> dict[str, Any]:
    """A grid of 3 × 8 with a river between its two lower rows; the only bridge is at the eastern end."""
    graph = grid_map(3, 8)
    row_of = {node["id"]: node["id"] // 8 for node in graph["nodes"]}
    graph["links"] = [
        link
        for link in graph["links"]
        if {row_of[link["source"]], row_of[link["target"]]} != {0, 1} or link["source"] % 8 == 7
    ]
    return graph


def map_file(folder: Path, graph: dict[str, Any]) -> str:
    """The map as a file."""
    file = folder / "map.json"
    file.write_text(json.dumps(graph), "utf-8")
    return str(file)
