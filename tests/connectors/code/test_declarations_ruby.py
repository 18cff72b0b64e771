"""Manifests and lock files of Ruby."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.manifests import is_lock, is_manifest, read_manifest


def declared(path: str, text: str) -> list[tuple[int, str, str, bool]]:
    found = read_manifest(path, text)
    assert found.problems == ()
    assert {one.ecosystem for one in found.declared} <= {"gem"}
    return [(one.line, one.name, one.specifier, one.locked) for one in found.declared]


@pytest.mark.parametrize(
    ("path", "manifest", "lock"),
    [
        ("Gemfile", True, False),
        ("gems.rb", True, False),
        ("gemfiles/rails_8.gemfile", True, False),
        ("acme.gemspec", True, False),
        ("Gemfile.lock", True, True),
        ("gems.locked", True, True),
        ("Rakefile", False, False),
    ],
)
def test_which_files_are_manifests(path: str, manifest: bool, lock: bool) -> None:
    assert (is_manifest(path), is_lock(path)) == (manifest, lock)


def test_gemfile() -> None:
    text = """source "https://ada:hunter2@example.com"
ruby "3.4.1"
gemspec
gem "ruby-openai", "~> 7.3", require: "openai" # the client
gem 'anthropic', '>= 1.0', "< 2"
group :ai do
  gem("ruby_llm",
      "1.2.0")
end
gem "langchainrb", git: "https://ada:hunter2@example.com/lc.git"
# gem "gone"
=begin
gem "gone-too"
=end
platform(:jruby) { gem "raix" }
gemstone "no"
__END__
gem "not-read"
"""
    assert declared("Gemfile", text) == [
        (4, "ruby-openai", "~> 7.3", False),
        (5, "anthropic", ">= 1.0, < 2", False),
        (7, "ruby_llm", "1.2.0", False),
        (10, "langchainrb", "", False),
        (15, "raix", "", False),
    ]


def test_gems_whose_names_are_computed_are_told() -> None:
    text = 'gem "openai"\n%w[a b].each do |name|\n  gem name\nend\ngem "x-#{kind}"\n'
    found = read_manifest("Gemfile", text)
    assert [one.name for one in found.declared] == ["openai"]
    assert found.problems == (
        "line 3: a gem whose name is not written out",
        "line 5: a gem whose name is not written out",
    )


def test_gemspec() -> None:
    text = """Gem::Specification.new do |spec|
  spec.name = "acme"
  spec.add_dependency "ruby-openai", ">= 6", "< 8"
  spec.add_runtime_dependency(%q<anthropic>.freeze, ["~> 0.3"])
  spec.add_development_dependency "rspec"
end
"""
    assert declared("acme.gemspec", text) == [
        (3, "ruby-openai", ">= 6, < 8", False),
        (4, "anthropic", "~> 0.3", False),
        (5, "rspec", "", False),
    ]


def test_a_script_with_a_gemfile_of_its_own() -> None:
    text = 'require "bundler/inline"\ngemfile do\n  gem "openai", "~> 0.9"\nend\n'
    assert declared("try.rb", text) == [(3, "openai", "~> 0.9", False)]
    assert declared("app.rb", 'gem "openai"\n') == []


LOCK = """GIT
  remote: https://ada:hunter2@example.com/raix.git
  revision: abc
  specs:
    raix (1.0.0)

PATH
  remote: .
  specs:
    acme (0.1.0)
      anthropic (~> 1.0)

GEM
  remote: https://example.com/
  specs:
    anthropic (1.2.0)
      connection_pool
    connection_pool (2.4.1)
    nokogiri (1.18.0-x86_64-linux-gnu)
    ruby-openai (7.3.1)
      event_stream_parser (>= 0.3.0, < 2.0.0)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  acme!
  nokogiri
  raix!
  ruby-openai (~> 7.3)

BUNDLED WITH
   2.5.4
"""


def test_gemfile_lock() -> None:
    assert declared("Gemfile.lock", LOCK) == [
        (5, "raix", "1.0.0", True),
        (10, "acme", "0.1.0", True),
        (16, "anthropic", "1.2.0", True),
        (19, "nokogiri", "1.18.0", True),
        (20, "ruby-openai", "7.3.1", True),
    ]


def test_a_lock_with_a_merge_that_is_not_finished() -> None:
    text = LOCK.replace("    ruby-openai (7.3.1)", "<<<<<<< HEAD\n    ruby-openai (7.3.1)", 1)
    found = read_manifest("Gemfile.lock", text)
    assert "ruby-openai" in {one.name for one in found.declared}
    assert found.problems == ("line 20: a merge that is not finished",)
