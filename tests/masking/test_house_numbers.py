"""Addresses as drivers read them who are asked: where it is, without the number of a house."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.masking.house_numbers import without_house_number

ADDRESSES = [
    # leading
    ("456 Oak Ave", "Oak Ave"),
    ("12a High Street", "High Street"),
    ("12 A Street NE", "A Street NE"),
    ("12-14 Main Rd, Sandton", "Main Rd, Sandton"),
    ("12 - 14 Main Rd", "Main Rd"),
    ("12–14 Main Rd", "Main Rd"),
    ("12/3 Long St", "Long St"),
    ("12½ Elm St", "Elm St"),
    ("12, Main Street", "Main Street"),
    ("12 bis, rue de la Paix, 75002 Paris", "rue de la Paix, Paris"),
    ("No. 7 Park Lane", "Park Lane"),
    ("#7 Park Lane", "Park Lane"),
    ("№7 Парк", "Парк"),
    ("123 5th Avenue", "5th Avenue"),
    ("350 W 34th St, New York, NY 10001", "W 34th St, New York, NY"),
    ("B12 Nelson Mandela Sq", "Nelson Mandela Sq"),
    ("C-45, Sector 62, Noida 201301", "Sector, Noida"),
    # trailing
    ("Hauptstraße 12", "Hauptstraße"),
    ("Hauptstr. 12a, 10115 Berlin", "Hauptstr., Berlin"),
    ("Hauptstraße 12 a", "Hauptstraße"),
    ("Hauptstraße 12 - 14 b", "Hauptstraße"),
    ("Via Roma, 5", "Via Roma"),
    ("Calle Mayor nº 5, 28013 Madrid", "Calle Mayor, Madrid"),
    ("Keizersgracht 123-HS, 1015 CJ Amsterdam", "Keizersgracht, CJ Amsterdam"),
    ("Straße des 17. Juni 135", "Straße des Juni"),
    ("10 Downing Street, London SW1A 2AA", "Downing Street, London"),
    ("Calle 72 # 10-34, Bogotá", "Calle, Bogotá"),
    # in the middle
    ("Main Street 12 Sandton 2196", "Main Street Sandton"),
    ("Musterstraße 12 10115 Berlin", "Musterstraße Berlin"),
    # parts of a house
    ("Flat 3, 12 Main Rd", "Main Rd"),
    ("12 Main Rd, Apt 4B", "Main Rd"),
    ("12 Main Rd Apt. 4B", "Main Rd"),
    ("Unit 7, Oakwood, 3 Oak Ave", "Oakwood, Oak Ave"),
    ("3rd Floor, 12 Main Rd", "Main Rd"),
    ("Floor 3, Carlton Centre", "Carlton Centre"),
    ("Carlton Centre (Shop 12)", "Carlton Centre"),
    # other scripts
    ("ул. Ленина, д. 12, кв. 5", "ул. Ленина"),
    ("ул. Ленина, д.12", "ул. Ленина"),
    ("улица Ленина 12к1", "улица Ленина"),
    ("улица Ленина12", "улица Ленина"),
    ("١٢ شارع التحرير", "شارع التحرير"),
    ("شارع التحرير ۱۲", "شارع التحرير"),
    ("१२ महात्मा गांधी मार्ग", "महात्मा गांधी मार्ग"),
    ("１２ Main St", "Main St"),
    ("北京市朝阳区建国路88号", "北京市朝阳区建国路"),
    ("建国路八十八号", "建国路"),
    ("三里屯", "三里屯"),
    ("東京都千代田区丸の内1-9-1", "東京都千代田区丸の内"),
    # where it says exactly where it is
    ("5G5CQ2W3+8X Johannesburg", "Johannesburg"),
    ("-26.2041, 28.0473", ""),
    # nothing to hide
    ("Sandton City", "Sandton City"),
    ("OR Tambo Airport", "OR Tambo Airport"),
    ("Main Rd,  Sandton ,Gauteng", "Main Rd, Sandton, Gauteng"),
    ("12", ""),
    ("", ""),
    ("   ", ""),
]


@pytest.mark.parametrize(("address", "told"), ADDRESSES)
def test_an_address_is_told_without_all_that_numbers_a_house(address: str, told: str) -> None:
    assert without_house_number(address) == told


def digits(text: str) -> int:
    return sum(unicodedata.category(sign) in ("Nd", "No", "Nl") for sign in text)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_digit_is_left_of_any_text_but_of_the_ordinal_of_a_street(address: str) -> None:
    told = without_house_number(address)
    left = [word for word in told.split() if digits(word)]
    assert all(word.strip(".,:;()[]'\"-–—/&+").casefold().endswith(("st", "nd", "rd", "th")) for word in left)
    assert without_house_number(told) == told
