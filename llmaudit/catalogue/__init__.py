"""The catalogue: what is known of each provider, as data, and the questions asked of it."""

from llmaudit.catalogue.facts import App, Ineffective, KeyPattern, Provider, Sdk, TagField, Tagging
from llmaudit.catalogue.load import load, read_provider
from llmaudit.catalogue.match import Catalogue
from llmaudit.catalogue.normalise import normalise

__all__ = [
    "App",
    "Catalogue",
    "Ineffective",
    "KeyPattern",
    "Provider",
    "Sdk",
    "TagField",
    "Tagging",
    "load",
    "normalise",
    "read_provider",
]
