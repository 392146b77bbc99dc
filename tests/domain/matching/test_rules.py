"""The numbers of a search come from the settings."""

from dispatch.assembly import search_rules
from dispatch.config import Settings
from dispatch.domain.matching.rules import SearchRules


def test_each_number_is_that_of_the_setting_of_its_name() -> None:
    settings = Settings(batch=3, rounds=7, radius_m=2_500.0, stagger_s=4.0, window_s=9.0, explain_candidates=0)
    rules = search_rules(settings)
    named = [name for name in SearchRules.__struct_fields__ if hasattr(settings, name)]
    assert len(named) > 12
    assert [getattr(rules, name) for name in named] == [getattr(settings, name) for name in named]
