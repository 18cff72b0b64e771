"""Manifests and lock files of .NET: MSBuild, NuGet, Paket, programs in one file."""

from __future__ import annotations

import json

import pytest

from llmaudit.connectors.code.manifests import Manifest, is_lock, is_manifest, read_manifest


def declared(path: str, text: str) -> list[tuple[int, str, str, bool]]:
    found = read_manifest(path, text)
    assert found.problems == ()
    assert {one.ecosystem for one in found.declared} <= {"nuget"}
    return [(one.line, one.name, one.specifier, one.locked) for one in found.declared]


@pytest.mark.parametrize(
    ("path", "manifest", "lock"),
    [
        ("src/App/App.csproj", True, False),
        ("App.fsproj", True, False),
        ("App.vbproj", True, False),
        ("Directory.Packages.props", True, False),
        ("Directory.Build.targets", True, False),
        ("packages.config", True, False),
        ("packages.lock.json", True, True),
        ("paket.dependencies", True, False),
        ("paket.lock", True, True),
        ("App.nuspec", True, False),
        ("app.config", False, False),
        ("App.sln", False, False),
    ],
)
def test_which_files_are_manifests(path: str, manifest: bool, lock: bool) -> None:
    assert (is_manifest(path), is_lock(path)) == (manifest, lock)


PROJECT = """<?xml version="1.0" encoding="utf-16"?>
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OpenAIVersion>2.1.0</OpenAIVersion></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="OpenAI" Version="$(OpenAIVersion)" />
    <!-- <PackageReference Include="Gone" Version="1.0.0" /> -->
    <packagereference Include="Azure.AI.OpenAI">
      <Version>2.0.0</Version>
      <PrivateAssets>all</PrivateAssets>
    </packagereference>
    <PackageReference Include="Anthropic.SDK;OllamaSharp" VersionOverride="[4.0,5.0)" />
    <PackageReference Update="Central" />
    <PackageReference Remove="Other" />
    <PackageReference Include="@(Computed)" Version="$(Elsewhere)" />
    <PackageReference Include="Open.Version" Version="$(Elsewhere)" />
    <ProjectReference Include="../Lib/Lib.csproj" />
  </ItemGroup>
</Project>
"""


def test_project() -> None:
    assert declared("App.csproj", PROJECT) == [
        (5, "OpenAI", "2.1.0", False),
        (7, "Azure.AI.OpenAI", "2.0.0", False),
        (11, "Anthropic.SDK", "[4.0,5.0)", False),
        (11, "OllamaSharp", "[4.0,5.0)", False),
        (12, "Central", "", False),
        (15, "Open.Version", "", False),
    ]


def test_versions_of_a_whole_tree() -> None:
    text = """<Project>
  <ItemGroup>
    <PackageVersion Include="OpenAI" Version="2.1.0" />
    <GlobalPackageReference Include="Acme.Analyzers" Version="1.0.0" />
  </ItemGroup>
</Project>
"""
    assert declared("Directory.Packages.props", text) == [
        (3, "OpenAI", "2.1.0", False),
        (4, "Acme.Analyzers", "1.0.0", False),
    ]


def test_properties_of_another_tool() -> None:
    assert declared("build.props", "openai.version=1\n") == []


def test_project_with_a_merge_that_is_not_finished() -> None:
    text = """<Project>
  <ItemGroup>
    <PackageReference Include="OpenAI" Version="2.0.0" />
<<<<<<< HEAD
    <PackageReference Include="Anthropic.SDK" Version="4.0.0" />
=======
    <PackageReference Include='OllamaSharp' Version='3.0.0' />
>>>>>>> main
  </ItemGroup>
</Project>
"""
    found = read_manifest("App.csproj", text)
    assert [(one.line, one.name, one.specifier) for one in found.declared] == [
        (3, "OpenAI", "2.0.0"),
        (5, "Anthropic.SDK", "4.0.0"),
        (7, "OllamaSharp", "3.0.0"),
    ]
    assert found.problems == ("line 4: not valid XML: not well-formed (invalid token)",)


def test_project_with_entities_is_refused() -> None:
    bomb = '<!DOCTYPE p [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><Project>&b;</Project>'
    assert read_manifest("App.csproj", bomb) == Manifest(
        (), ("a document type declaration is not read",)
    )


def test_packages_config() -> None:
    text = """<?xml version="1.0"?>
<packages>
  <package id="Betalgo.OpenAI" version="7.4.0" targetFramework="net48" />
</packages>
"""
    assert declared("packages.config", text) == [(3, "Betalgo.OpenAI", "7.4.0", False)]


def test_nuspec() -> None:
    text = """<package xmlns="urn:x"><metadata><dependencies>
  <group targetFramework="net8.0"><dependency id="OpenAI" version="2.1.0" /></group>
</dependencies></metadata></package>
"""
    assert declared("App.nuspec", text) == [(2, "OpenAI", "2.1.0", False)]


def test_packages_lock() -> None:
    packages = {
        "OpenAI": {"type": "Direct", "requested": "[2.1.0, )", "resolved": "2.1.0"},
        "System.ClientModel": {"type": "Transitive", "resolved": "1.0.0"},
        "lib": {"type": "Project"},
    }
    text = json.dumps({"version": 1, "dependencies": {"net8.0": packages}}, indent=1)
    assert declared("packages.lock.json", text) == [(5, "OpenAI", "2.1.0", True)]
    assert declared("packages.lock.json", '{"version": 1}') == []


def test_paket() -> None:
    text = """source https://ada:hunter2@example.com/v3
nuget OpenAI ~> 2.1
nuget Anthropic.SDK >= 4.0 < 5.0
  nuget OllamaSharp
// nuget Gone
group Test
  nuget Acme.Check 1.0.0
"""
    assert declared("paket.dependencies", text) == [
        (2, "OpenAI", "~> 2.1", False),
        (3, "Anthropic.SDK", ">= 4.0", False),
        (4, "OllamaSharp", "", False),
        (7, "Acme.Check", "1.0.0", False),
    ]
    assert declared("src/paket.references", "OpenAI\ngroup Test\n  Acme.Check\n") == [
        (1, "OpenAI", "", False),
        (3, "Acme.Check", "", False),
    ]
    lock = """NUGET
  remote: https://example.com/v3
    OpenAI (2.1)
      System.ClientModel (>= 1.2.1)
    System.ClientModel (1.4)
GITHUB
  remote: acme/lib
    src/Lib.fs (abc)
"""
    assert declared("paket.lock", lock) == [(3, "OpenAI", "2.1", True)]


def test_programs_in_one_file() -> None:
    text = '#:package OpenAI@2.1.0\n#:package Acme\nusing OpenAI;\nvar s = "#:package No@1";\n'
    assert declared("app.cs", text) == [
        (1, "OpenAI", "2.1.0", False),
        (2, "Acme", "", False),
    ]
    assert declared("app.csx", '#r "nuget: Azure.AI.OpenAI, 2.0.0"\n') == [
        (1, "Azure.AI.OpenAI", "2.0.0", False)
    ]
