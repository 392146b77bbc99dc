"""One canonical form for every way of writing a phone number; ids that are no phone numbers stay what they are."""

import subprocess
import sys
from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import phones
from dispatch.phones import beginnings, canonical, holder_of, identity, is_region, next_holder, phone_in, read_phone

MOBILE = "27821234567"
WRITTEN = {
    "digits alone": "27821234567",
    "a plus": "+27821234567",
    "spaces": "+27 82 123 4567",
    "a blank at the end": "+27821234567 ",
    "no-break spaces": "+27\u00a082\u00a0123\u00a04567",
    "thin spaces": "+27\u200982\u2009123\u20094567",
    "a line end": "+27821234567\n",
    "hyphens": "+27-82-123-4567",
    "hyphens without a plus": "27-82-123-4567",
    "no-break hyphens": "+27\u201182\u2011123\u20114567",
    "en dashes": "+27\u201382\u2013123\u20134567",
    "minus signs": "+27\u221282\u2212123\u22124567",
    "slashes": "+27/82/1234567",
    "dots": "+27.82.123.4567",
    "brackets": "+27 (82) 123-4567",
    "brackets around the country": "(+27) 82 123 4567",
    "a zero in brackets": "+27 (0)82 123 4567",
    "a zero in brackets without a plus": "27 (0)82 123 4567",
    "a zero that belongs inside the country": "+27 082 123 4567",
    "two zeros": "0027821234567",
    "two zeros and spaces": "00 27 82 123 4567",
    "a plus and two zeros": "+0027821234567",
    "two plus signs": "++27821234567",
    "two plus signs apart": "+ +27821234567",
    "percent-encoded": "%2B27821234567",
    "percent-encoded twice over": "%2B%2B27%2082%20123%204567",
    "direction marks": "\u202a+27821234567\u202c",
    "a left-to-right mark": "\u200e+27821234567",
    "a byte-order mark": "\ufeff+27821234567",
    "Arabic digits": "+\u0662\u0667\u0668\u0662\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    "Arabic digits, the plus behind": "\u0662\u0667\u0668\u0662\u0661\u0662\u0663\u0664\u0665\u0666\u0667+",
    "Persian digits": "+\u06f2\u06f7\u06f8\u06f2\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7",
    "fullwidth": "\uff0b\uff12\uff17\uff18\uff12\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
    "a URI": "tel:+27-82-123-4567",
    "a URI in capitals with an extension": "TEL:+27821234567;EXT=5",
    "a URI that says its country apart": "tel:0821234567;phone-context=+27",
    "an extension": "+27 82 123 4567 ext. 5",
    "a pause and an extension": "+27821234567,,5",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_one_number_has_one_form_however_it_is_written(text: str) -> None:
    assert canonical(text) == identity(text) == read_phone(text) == MOBILE
    assert canonical(text, "DE") == MOBILE


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("+1 415 555\u20112671", "14155552671"),
        ("+39 06 698 12345", "390669812345"),  # Italy keeps its zero
        ("+44 (0)20 7946 0958", "442079460958"),
        ("+27 000 000 001", "27000000001"),  # nobody has it: what a country's code begins is a number all the same
        ("0027 (0)00 000 001", "2700000001"),
    ],
)
def test_countries_keep_their_own_rules(text: str, form: str) -> None:
    assert canonical(text) == identity(text) == form


@pytest.mark.parametrize("text", ["082 123 4567", "0821234567", "(082) 123-4567", "\u0660821234567"])
def test_a_number_without_a_country_needs_a_region(text: str) -> None:
    assert canonical(text) is None
    assert canonical(text, "ZA") == MOBILE
    assert read_phone(text) == "0821234567"
    assert read_phone(text, "ZA") == MOBILE


def own_numbers() -> Iterator[tuple[str, str, str]]:
    """A region, the digits of a number that people there write without their country, and its canonical form."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None and number.national_number > 9_999:  # so short a number stays an id
                form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
                yield region, phonenumbers.national_significant_number(number), form


def test_digits_alone_are_a_number_of_the_region_before_they_are_one_of_another_country() -> None:
    numbers = [*own_numbers()]
    assert len(numbers) > 400
    assert [number for number in numbers if canonical(number[1], number[0]) != number[2]] == []
    assert [number for number in numbers if canonical(number[2], number[0]) != number[2]] == []


@pytest.mark.parametrize("text", ["4155552671", "(415) 555-2671", "415.555.2671", "1-415-555-2671", "+1 415 555 2671"])
def test_san_francisco_is_not_in_switzerland(text: str) -> None:
    assert canonical(text, "US") == identity(text, "US") == read_phone(text, "US") == "14155552671"


@pytest.mark.parametrize(
    "ident",
    [
        *(
            "d1",
            "car7",
            "1",
            "42",
            "1234",
            "123456789",
            "27+",
            "ride-r1",
            "anna_27821234567",
            "27821234567a",
            "1e10",
            "-",
        ),
        *("6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b", "12345678-1234-1234-1234-123456789012", "1" * 64, "2025112400001"),
    ],
)
def test_an_id_that_is_no_phone_number_stays_what_it_is(ident: str) -> None:
    assert canonical(ident) is None
    assert identity(ident) == identity("+" + ident) == identity("++" + ident) == ident


@given(
    st.text(st.sampled_from("0123456789+ -().%/;x\u00a0\u0662\u200e"), max_size=24),
    st.sampled_from(["", "ZA", "US", "DE"]),
)
def test_the_canonical_form_of_a_canonical_form_is_itself(text: str, region: str) -> None:
    form = identity(text, region)
    assert identity(form, region) == form
    if form.isascii() and form.isdigit():
        assert identity("+" + form, region) == form
    meant = read_phone(text, region)
    assert not meant or read_phone(meant, region) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("030/1234567", "0301234567"),
        ("+27 82 12", "278212"),
        ("123", "123"),
        ("+1 800 FLOWERS", "18003569377"),
        ("1-800-FLOWERS", "18003569377"),
        ("Tel. +27 82 123 4567", MOBILE),
        ("\u260e +27 82 123 4567", MOBILE),
        ("'+27821234567", MOBILE),
        ("+27*82*1234567", MOBILE),
        ("+27 (0)82,1234567", MOBILE),
        ("", ""),
        (" \u200e\u00a0", ""),
    ],
)
def test_what_is_asked_for_as_a_phone_number_is_read_in_good_faith(text: str, meant: str) -> None:
    assert read_phone(text) == meant


@pytest.mark.parametrize(
    "text", ["call me", "none", "12", "+", "-", "d1", "+27 82 123 4567 / +27 83 123 4567", "1" * 21, "+" * 81]
)
def test_what_is_no_phone_number_at_all_is_none(text: str) -> None:
    assert read_phone(text) is None


def test_a_region_is_two_letters_that_have_numbers() -> None:
    assert [is_region(name) for name in ("ZA", "US", "za", "XX", "")] == [True, True, False, False, False]


def test_the_id_of_a_later_holder_is_made_of_their_number() -> None:
    ident = next_holder("27821234570", 2)
    assert (ident, phone_in(ident), holder_of(ident)) == ("27821234570_2", "27821234570", ("27821234570", "_2"))
    assert canonical(ident, "ZA") is None and identity(ident, "ZA") == ident
    assert [phone_in(other) for other in ("d_2", "12_3", "27821234570")] == ["d_2", "12_3", "27821234570"]


def test_the_library_is_not_loaded_before_a_number_comes() -> None:
    program = (
        "import sys; from dispatch.phones import identity; identity('d1'); assert 'phonenumbers' not in sys.modules;"
        " identity('+27821234567'); assert 'phonenumbers' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("text", "region", "begins"),
    [
        ("082 12", "ZA", ("278212", "08212")),
        ("8212", "ZA", ("278212", "8212")),
        ("+27 82", "ZA", ("2782",)),
        ("0027 82", "ZA", ("2782",)),
        ("082 12", "", ("08212",)),
        ("Ann", "ZA", ()),
    ],
)
def test_who_has_typed_some_of_a_number_means_those_that_begin_so(
    text: str, region: str, begins: tuple[str, ...]
) -> None:
    assert beginnings(text, region) == begins


def test_of_ids_that_are_no_phones_nothing_stays_in_memory() -> None:
    phones._number.cache_clear()
    for ident in ("k4711", "0b7c1c3e-8d0f-4a37-9d62-0f6a3c7e2f11", "sarah", "+ride"):
        assert identity(ident) == ident.removeprefix("+")
    assert phones._number.cache_info().currsize == 0
    assert identity("+27 82 555 0199") == "27825550199" and phones._number.cache_info().currsize == 1
