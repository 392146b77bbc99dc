"""The map of the pages in a real browser, drawn from the streets of this server under its own policy."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dispatch.travel.streets import SHIPPED
from tests.browser.conftest import Open
from tests.browser.server import Server
from tests.travel.maps import MAPS

TILES = MAPS / "helsinki.pmtiles"
"""The shipped streets, once more, as one tile of zoom 12 in the schema of OpenMapTiles."""

OPEN = """async ({ lang, bare, mapless, town: said }) => {
  const [{ loadTexts, directionOf }, { loadStreets }, { openMap }] = await Promise.all(
    ["shell/texts.js", "map/streets.js", "map/town-map.js"].map((file) => import(`/web/${file}`)));
  for (const href of ["/web/style/tokens.css", "/web/map/map.css"]) {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    await new Promise((resolve) => { style.onload = resolve; document.head.append(style); });
  }
  document.documentElement.lang = lang;
  document.documentElement.dir = directionOf(lang);
  document.documentElement.dataset.theme = "light";
  const texts = await loadTexts(lang, "passenger");
  const town = said ?? await (await fetch("/api/town")).json();
  const streets = bare ? null : await loadStreets(town.map?.streets);
  const box = document.createElement("div");
  box.id = "box";
  Object.assign(box.style, { width: "360px", height: "400px" });
  const heard = Object.assign(document.createElement("p"), { id: "heard" });
  document.body.replaceChildren(box, heard);
  const announcer = { say: (text) => { heard.textContent = text; } };
  Object.assign(window, { texts, town, streets, announcer, map: mapless ? null : openMap(box, { texts, streets, town, announcer }) });
}"""
AT = """(selector) => {
  const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""
MOVED = """({ lat, lon, by }) => {
  map.place("car", "coming", { lat: lat + by, lon, label: "Michael" });
  const { y, height } = document.querySelector(".mark-coming").getBoundingClientRect();
  return y + height / 2;
}"""
FRAMES_IN_A_SECOND = """async () => {
  let frames = 0;
  const ask = window.requestAnimationFrame;
  window.requestAnimationFrame = (act) => { frames += 1; return ask.call(window, act); };
  await new Promise((resolve) => setTimeout(resolve, 1000));
  window.requestAnimationFrame = ask;
  return frames;
}"""
PIXEL = """async ([picture, x, y]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const draw = canvas.getContext("2d");
  draw.drawImage(image, 0, 0);
  return [...draw.getImageData(x, y, 1, 1).data].slice(0, 3);
}"""
LAND = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--map-land)";
  return getComputedStyle(probe).color.match(/\\d+/g).map(Number);
}"""
NORTH = {"lat": 60.1712, "lon": 24.9442}
"""A place without a street, park or water."""
STREET = {"lat": 60.16889, "lon": 24.9466}
"""Aleksanterinkatu."""
BOUNDS = {"bounds": {"south": 60.16, "west": 24.93, "north": 60.18, "east": 24.96}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("map"), "--map-streets", str(SHIPPED), "--map-pmtiles", str(TILES)) as server:
        yield server


Draw = Callable[..., Page]


@pytest.fixture
def draw(open_page: Open) -> Draw:
    """A page with nothing but a map, once that is drawn. `mapless`: with streets alone."""

    def drawn(lang: str = "en", *, maps: bool = True, **given: Any) -> Page:
        page = open_page("/docs/sockets", maps=maps)
        page.evaluate(OPEN, {"lang": lang, **given})
        page.wait_for_selector("#box" if given.get("mapless") else "#box[data-drawn], .map-missing", timeout=30_000)
        return page

    return drawn


def test_the_town_is_drawn_with_its_credit_and_keys_in_every_theme_and_then_rests(
    draw: Draw, picture: Callable[[Page, str], None]
) -> None:
    page = draw("ar")
    expect(page.locator(".map-credit")).to_have_text("© OpenStreetMap contributors")
    expect(page.get_by_label("خريطة المدينة. تحرّك الأسهم الخريطة، ويغيّر الزائد والناقص التكبير.")).to_be_visible()
    page.evaluate("(spot) => map.locate(spot, 18)", NORTH)
    x, y = page.evaluate(AT, "#box")
    for theme in ("dark", "hc-dark", "hc-light", "light"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        land = page.evaluate(LAND)
        _soon(page, lambda: _pixel(page, x, y) == land)  # noqa: B023
        picture(page, theme)
    _soon(page, lambda: page.evaluate(FRAMES_IN_A_SECOND) == 0)


def test_a_mark_glides_and_then_rests_and_jumps_where_it_is_far_or_no_motion_is_wanted(draw: Draw) -> None:
    page = draw()
    page.evaluate("(spot) => { map.place('car', 'coming', { ...spot, label: 'Michael' }); map.locate(spot); }", NORTH)
    expect(page.get_by_role("img", name="Michael")).to_be_visible()
    centre = page.evaluate(AT, "#box")
    _soon(page, lambda: _near(page, ".mark-coming", centre))
    first = page.evaluate(MOVED, {**NORTH, "by": 0.001})
    assert abs(first - centre[1]) < 5, "it has not moved at once"
    _soon(page, lambda: page.evaluate(FRAMES_IN_A_SECOND) == 0)
    assert page.evaluate(AT, ".mark-coming")[1] < centre[1] - 50
    assert page.evaluate(MOVED, {**NORTH, "by": -0.003}) > centre[1] + 100
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(MOVED, {**NORTH, "by": 0.001})
    assert abs(page.evaluate(MOVED, {**NORTH, "by": 0}) - centre[1]) < 5
    page.evaluate("map.place('car', 'coming', null)")
    expect(page.locator(".mark")).to_have_count(0)


def test_what_is_fitted_is_in_view_and_stays_so_until_somebody_moves_the_map(draw: Draw) -> None:
    page = draw()
    page.evaluate(
        """({ lat, lon }) => {
        map.place('car', 'coming', { lat, lon });
        map.place('pickup', 'pickup', { lat: lat - 0.004, lon });
        map.fit(['car', 'pickup']);
    }""",
        NORTH,
    )
    both = (".mark-coming", ".mark-pickup")
    follow = page.get_by_role("button", name="Follow")
    _soon(page, lambda: all(_in_box(page, mark) for mark in both))
    expect(follow).to_be_hidden()
    page.evaluate("({ lat, lon }) => map.place('car', 'coming', { lat: lat + 0.006, lon })", NORTH)
    _soon(page, lambda: all(_in_box(page, mark) for mark in both))
    page.mouse.move(180, 100)
    page.mouse.down()
    page.mouse.move(180, 390, steps=5)
    page.mouse.up()
    expect(follow).to_be_visible()
    _soon(page, lambda: not _in_box(page, ".mark-pickup"))
    page.evaluate("map.fit(['car', 'pickup'])")
    assert page.evaluate(FRAMES_IN_A_SECOND) >= 0  # a second passes
    assert not _in_box(page, ".mark-pickup"), "the same is fitted once"
    follow.click()
    _soon(page, lambda: all(_in_box(page, mark) for mark in both))
    expect(follow).to_be_hidden()


def test_a_point_is_chosen_under_the_crosshair_by_keys_or_by_the_button(draw: Draw) -> None:
    page = draw()
    page.evaluate("() => { window.taken = []; map.locate({ lat: 60.1689, lon: 24.9466 }, 17); }")
    page.evaluate("map.pick((point) => window.taken.push(point))")
    expect(page.locator(".map-street")).to_have_text("Aleksanterinkatu")
    page.locator("[data-test=take-point]").click()
    page.locator("#box canvas").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#heard")).to_have_text(re.compile("^Near "))
    page.keyboard.press("Enter")
    first, second = page.evaluate("window.taken")
    assert (first["name"], first["lat"], first["lon"]) == ("Aleksanterinkatu", 60.1689, 24.9466)
    assert second["lat"] > first["lat"]
    expect(page.locator("#heard")).to_have_text(f"Near {second['name']}.")
    page.evaluate("map.pick(null)")
    expect(page.locator("[data-test=take-point]")).to_be_hidden()
    page.locator("#box canvas").focus()
    page.keyboard.press("Enter")
    assert len(page.evaluate("window.taken")) == 2


def test_a_mark_that_can_be_dragged_moves_by_keys_too(draw: Draw) -> None:
    page = draw()
    page.evaluate(
        """(spot) => {
        window.put = [];
        map.place('me', 'me', { ...spot, label: 'You' });
        map.drag('me', (at) => window.put.push(at));
        map.locate(spot);
    }""",
        NORTH,
    )
    _soon(page, lambda: _near(page, ".mark-me", page.evaluate(AT, "#box")))
    page.get_by_role("button", name="You. Arrow keys move it by 20 metres.").press("ArrowUp")
    x, y = page.evaluate(AT, ".mark-me")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y, steps=5)
    page.mouse.up()
    stepped, dragged = page.evaluate("window.put")
    assert round((stepped["lat"] - NORTH["lat"]) * 111_195) == 20
    assert stepped["lon"] == NORTH["lon"]
    assert dragged["lon"] > stepped["lon"]


def test_where_no_map_can_be_drawn_the_box_says_so_and_asks_go_on(draw: Draw) -> None:
    page = draw(maps=False)
    expect(page.locator("#box")).to_have_text("The map cannot be drawn here. All else works without it.")
    page.evaluate("map.place('car', 'coming', { lat: 1, lon: 1 }); map.fit(['car']); map.pick(() => {}); map.way([])")
    assert page.evaluate("map.centre()") is None


def test_without_streets_there_is_ground_for_marks(draw: Draw) -> None:
    page = draw(bare=True, town=BOUNDS)
    page.evaluate("(spot) => { map.place('me', 'me', spot); }", NORTH)
    assert _in_box(page, ".mark-me")
    expect(page.locator(".map-credit")).to_have_count(0)


def test_tiles_of_a_file_beside_the_server_are_drawn_in_the_same_colours_with_their_credit(
    draw: Draw, picture: Callable[[Page, str], None]
) -> None:
    page = draw(town={**BOUNDS, "map": {"pmtiles_url": "/map/town.pmtiles"}})
    expect(page.locator(".map-credit")).to_have_text("© OpenStreetMap contributors")
    expect(page.locator(".map-credit")).to_have_count(1)
    page.evaluate("(spot) => map.locate(spot, 17)", STREET)
    x, y = page.evaluate(AT, "#box")
    _soon(page, lambda: [255, 255, 255] in _around(page, x, y))  # a street, in the colour of the page
    picture(page, "tiles")


FIELD = """async () => {
  const { streetField } = await import("/web/map/street-field.js");
  window.chosen = [];
  const field = streetField({ id: "from", label: "From", texts, streets, announcer, onChosen: (place) => window.chosen.push(place) });
  document.querySelector("#box").replaceWith(field.element);
  window.field = field;
}"""


def test_a_street_is_found_and_taken_by_keys_alone(draw: Draw) -> None:
    page = draw(maps=False, mapless=True)
    page.evaluate(FIELD)
    field = page.get_by_role("combobox", name="From")
    field.press_sequentially("12 katu")
    options = page.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-activedescendant", "from-0")
    expect(page.locator("#heard")).to_have_text("8 streets")
    field.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    second = options.nth(1).text_content()
    field.press("Enter")
    expect(field).to_have_value(second or "")
    assert (second or "").startswith("12 ")
    expect(options).to_have_count(0)
    assert [place["name"] for place in page.evaluate("window.chosen")] == [second]
    assert page.evaluate("field.value.name") == second
    field.press("Backspace")
    assert page.evaluate("window.chosen.at(-1)") is None
    assert page.evaluate("field.value") is None
    field.press("Escape")
    expect(options).to_have_count(0)
    field.press("Escape")
    expect(field).to_have_value("")


def test_a_street_that_is_not_there_is_said_and_a_click_takes_one_that_is(draw: Draw) -> None:
    page = draw(maps=False, mapless=True)
    page.evaluate(FIELD)
    field = page.get_by_role("combobox", name="From")
    field.press_sequentially("xyzzy")
    expect(page.get_by_text("No such street on this map. Move the map instead.")).to_be_visible()
    field.fill("esplan")
    page.get_by_role("option", name="Pohjoisesplanadi").click()
    expect(field).to_have_value("Pohjoisesplanadi")
    expect(field).to_be_focused()
    page.evaluate("field.error('We do not drive there.')")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("We do not drive there.")


SWARM = """async () => {
  const hits = Object.assign(document.createElement("p"), { id: "hits" });
  document.body.append(hits);
  const swarm = await map.swarm((found) => { hits.textContent = JSON.stringify(found[0]); });
  const slots = 5000;
  const [latitude, longitude] = [new Int32Array(slots).fill(6017120), new Int32Array(slots)];
  const fleet = { slots, latitude, longitude, kind: new Uint8Array(slots).fill(3) };
  for (let slot = 0; slot < slots; slot += 1) longitude[slot] = 2494420 + 20 * slot;
  fleet.kind[0] = 0;
  swarm.show(fleet);
  swarm.pickups([{ id: "r1", lat: 60.1705, lon: 24.9442, kind: 1 }]);
  const render = swarm.render.bind(swarm);
  const own = [];
  swarm.render = (gl, frame) => {
    const began = performance.now();
    render(gl, frame);
    own.push(performance.now() - began);
  };
  Object.assign(window, { swarm, fleet, own });
}"""


def test_thousands_of_drivers_are_one_layer_whose_frame_is_cheap_and_a_click_finds_one(
    draw: Draw, picture: Callable[[Page, str], None]
) -> None:
    page = draw()
    page.evaluate(SWARM)
    page.evaluate("(spot) => map.locate(spot, 17)", NORTH)
    x, y = page.evaluate(AT, "#box")
    _soon(page, lambda: _pixel(page, x - 9, y) == [0xA7, 0x05, 0x22])
    picture(page, "swarm")
    needs = page.evaluate("() => swarm.at({ lat: 60.1712, lon: 24.9442 })")
    assert needs[0] == {"slot": 0}
    page.mouse.click(x, y)
    expect(page.locator("#hits")).to_have_text('{"slot":0}')
    assert page.evaluate("() => swarm.at({ lat: 60.1705, lon: 24.9442 })") == [{"rideId": "r1"}]
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    _soon(page, lambda: _pixel(page, x - 9, y) == [0xFD, 0x48, 0x5B])
    page.evaluate("own.length = 0")
    for _ in range(5):
        drawn = page.evaluate("own.length")
        page.evaluate("fleet.latitude[7] += 10; swarm.show(fleet)")
        _soon(page, lambda: page.evaluate("own.length") > drawn)  # noqa: B023
    own = sorted(page.evaluate("own"))
    assert own[len(own) // 2] < 50


def _around(page: Page, x: float, y: float) -> list[list[int]]:
    """The colours in a line of 60 pixels from north to south."""
    taken = _base64(page)
    return [page.evaluate(PIXEL, [taken, x, y + step]) for step in range(-30, 31, 4)]


def _soon(page: Page, check: Callable[[], bool]) -> None:
    """Looks again and again until it is so."""
    for _ in range(200):
        if check():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not become so")


def _near(page: Page, selector: str, place: list[float]) -> bool:
    x, y = page.evaluate(AT, selector)
    return bool(abs(x - place[0]) < 2 and abs(y - place[1]) < 2)


def _pixel(page: Page, x: float, y: float) -> list[int]:
    return list(page.evaluate(PIXEL, [_base64(page), x, y]))


def _base64(page: Page) -> str:
    return base64.b64encode(page.screenshot()).decode()


def _in_box(page: Page, selector: str) -> bool:
    x, y = page.evaluate(AT, selector)
    return bool(0 <= x <= 360 and 0 <= y <= 400)
