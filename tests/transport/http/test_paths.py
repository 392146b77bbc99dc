"""Which app a URL names."""

from http import HTTPStatus

import pytest

from dispatch.transport.http.paths import RequestRefusal, endpoint, origin_form


@pytest.mark.parametrize(
    ("target", "kind", "ident"),
    [
        ("/ws/ride/ride-1/", "ride", "ride-1"),
        ("/ws/ride/ride-1", "ride", "ride-1"),
        ("/ws/ride/_-Az09/", "ride", "_-Az09"),
        ("/ws/ride/" + "x" * 64 + "/", "ride", "x" * 64),
        ("/ws/driver/27821234568/", "driver", "27821234568"),
        ("/ws/driver/+27821234568/", "driver", "27821234568"),
        ("/ws/driver/%2B27821234568/", "driver", "27821234568"),
        ("/ws/driver/++27/", "driver", "27"),
        ("/ws/driver/%2B%2B27821234568/", "driver", "27821234568"),
        ("/ws/driver/0027-82-123-4568/", "driver", "27821234568"),
        ("/ws/driver/+27%2082%20123%204568/", "driver", "27821234568"),
        ("/ws/driver/%E2%80%AA%2B27821234568/", "driver", "27821234568"),
        ("/ws/driver/0821234568/", "driver", "0821234568"),
        ("/ws/driver/27+/", "driver", "27+"),
        ("/ws/driver/a-b/", "driver", "a-b"),
        ("/ws/driver/6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b/", "driver", "6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b"),
        ("/ws/driver/" + "1" * 64 + "/", "driver", "1" * 64),
        ("/ws/ride/1/?from=app&x", "ride", "1"),
        ("/%77s/r%69de/%31", "ride", "1"),
        ("/ws/ops/", "ops", ""),
        ("/ws/ops", "ops", ""),
    ],
)
def test_a_known_path_names_its_app_in_one_way(target: str, kind: str, ident: str) -> None:
    assert endpoint(target) == (kind, ident)


def test_a_number_without_a_country_is_of_the_region_that_is_set() -> None:
    assert endpoint("/ws/driver/0821234568/", "ZA") == ("driver", "27821234568")
    assert endpoint("/ws/ride/0821234568/", "ZA") == ("ride", "0821234568")


@pytest.mark.parametrize(
    "target",
    [
        "/ws/ride/",
        "/ws/ride//",
        "/ws/ride/a b/",
        "/ws/ride/%C3%A9/",
        "/ws/ride/%FF/",
        "/ws/ride/..%2F..%2Fx/",
        "/ws/ride/\u0661/",
        "/ws/ride/" + "x" * 65 + "/",
        "/ws/driver/+/",
        "/ws/driver/++/",
        "/ws/driver/a b/",
        "/ws/driver/" + "1" * 65 + "/",
        "/ws/driver/1%0A/",
    ],
)
def test_an_id_that_breaks_its_rule_is_a_bad_request_that_names_the_rule(target: str) -> None:
    with pytest.raises(RequestRefusal, match=r"(ride|driver)_id must match \[A-Za-z0-9_") as refused:
        endpoint(target)
    assert refused.value.status == HTTPStatus.BAD_REQUEST
    assert str(refused.value).isascii()


@pytest.mark.parametrize("target", ["/", "/ws", "/ws/", "/ws/rid/1/", "/ws/ride/1/2/", "ws/ride/1/", "/WS/ride/1/", ""])
def test_an_unknown_path_is_not_found_and_the_answer_names_the_known_ones(target: str) -> None:
    with pytest.raises(RequestRefusal) as refused:
        endpoint(target)
    assert refused.value.status == HTTPStatus.NOT_FOUND
    assert str(refused.value).endswith("; try /ws/ride/<ride_id>/, /ws/driver/<driver_id>/ or /ws/ops/")


def test_a_long_or_strange_path_is_shown_short_and_in_plain_characters() -> None:
    with pytest.raises(RequestRefusal) as refused:
        endpoint("/\x1b[31m\u00e9" + "x" * 10_000)
    assert len(str(refused.value)) < 250
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("query", ["token=x", "a=b&token=x", "token=", "token"])
def test_a_token_in_the_url_is_refused(query: str) -> None:
    with pytest.raises(RequestRefusal, match="tokens are not taken in the URL") as refused:
        endpoint(f"/ws/ride/1/?{query}")
    assert refused.value.status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("target", "path", "named"),
    [
        (b"/ws/ride/1/", b"/ws/ride/1/", None),
        (b"*", b"*", None),
        (b"http://h:1/healthz", b"/healthz", b"h:1"),
        (b"WS://H/ws/ride/1/?a=http://b//c", b"/ws/ride/1/?a=http://b//c", b"H"),
        (b"http://h", b"/", b"h"),
        (b"http://h?x", b"/?x", b"h"),
        (b"http://[::1]:1//a", b"/a", b"[::1]:1"),
        (b"http://a@h/", b"/", b"a@h"),
        (b"//ws///driver/+27//?a//b", b"/ws/driver/+27/?a//b", None),
        (b"/http://h/", b"/http:/h/", None),
        (b"", b"", None),
    ],
)
def test_a_target_is_read_as_path_and_query_and_the_host_that_a_whole_url_names(
    target: bytes, path: bytes, named: bytes | None
) -> None:
    assert origin_form(target) == (path, named)
