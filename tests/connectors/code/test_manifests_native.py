"""Manifests and lock files of Go, Rust and Swift."""

from __future__ import annotations

from llmaudit.connectors.code.manifests import read_manifest


def declared(path: str, text: str) -> list[tuple[int, str, str, bool]]:
    found = read_manifest(path, text)
    assert found.problems == ()
    assert len({one.ecosystem for one in found.declared}) == 1
    return [(one.line, one.name, one.specifier, one.locked) for one in found.declared]


def test_go_mod() -> None:
    text = """\
module acme.example/app

go 1.25

require github.com/openai/openai-go/v3 v3.1.0

require (
\tgithub.com/tmc/langchaingo v0.1.14 // keep
\tgolang.org/x/text v0.3.0 // indirect
)

replace github.com/old/one => github.com/sashabaranov/go-openai v1.40.0
replace acme.example/lib => ../lib
"""
    assert declared("svc/go.mod", text) == [
        (5, "github.com/openai/openai-go/v3", "v3.1.0", False),
        (8, "github.com/tmc/langchaingo", "v0.1.14", False),
        (12, "github.com/sashabaranov/go-openai", "v1.40.0", False),
    ]


def test_go_mod_that_cannot_be_read_whole() -> None:
    found = read_manifest("go.mod", "module m\nrequire (\n\tnonsense\n\ta.example/b v1.0.0\n)\n")
    assert [one.name for one in found.declared] == ["a.example/b"]
    assert found.problems == ("line 3: not a requirement that can be read",)


def test_cargo_toml() -> None:
    text = """\
[package]
name = "app"

[dependencies]
async-openai = "0.29"
llm = { package = "rig-core", version = "0.20", features = ["x"] }

[dependencies.ollama-rs]
version = "0.3"

[dev-dependencies]
local = { path = "../local" }

[target.'cfg(unix)'.dependencies]
reqwest = "0.12"

[workspace.dependencies]
genai = "0.4"
"""
    assert declared("Cargo.toml", text) == [
        (5, "async-openai", "0.29", False),
        (6, "rig-core", "0.20", False),
        (8, "ollama-rs", "0.3", False),
        (12, "local", "", False),
        (15, "reqwest", "0.12", False),
        (18, "genai", "0.4", False),
    ]


def test_cargo_lock_tells_what_the_tree_itself_asks_for() -> None:
    text = """\
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "async-openai",
 "reqwest 0.12.1",
]

[[package]]
name = "async-openai"
version = "0.29.0"
source = "registry+https://example.com/index"
dependencies = ["tokio"]

[[package]]
name = "reqwest"
version = "0.11.0"
source = "registry+https://example.com/index"

[[package]]
name = "reqwest"
version = "0.12.1"
source = "registry+https://example.com/index"

[[package]]
name = "tokio"
version = "1.0.0"
source = "registry+https://example.com/index"
"""
    assert declared("Cargo.lock", text) == [
        (12, "async-openai", "0.29.0", True),
        (23, "reqwest", "0.12.1", True),
    ]


def test_package_swift() -> None:
    text = """\
// swift-tools-version: 5.9
let package = Package(
    name: "App",
    dependencies: [
        .package(url: "https://ada:hunter2@github.com/MacPaw/OpenAI.git", from: "0.4.0"),
        .package(name: "Ollama", url: "https://github.com/mattt/ollama-swift",
                 .upToNextMajor(from: "1.2.0")),
        .package(url: "git@github.com:acme/Kit.git", branch: "main"),
        .package(path: "../Local"),
    ]
)
"""
    assert declared("Package.swift", text) == [
        (5, "github.com/macpaw/openai", "0.4.0", False),
        (6, "github.com/mattt/ollama-swift", "1.2.0", False),
        (8, "github.com/acme/kit", "main", False),
    ]


def test_package_resolved() -> None:
    text = """\
{"pins" : [
  {"identity" : "openai",
   "location" : "https://github.com/MacPaw/OpenAI.git",
   "state" : {"revision" : "abc", "version" : "0.4.3"}},
  {"identity" : "kit", "location" : "https://github.com/acme/Kit", "state" : {"branch" : "main"}}
], "version" : 3}
"""
    assert declared("App.xcworkspace/xcshareddata/swiftpm/Package.resolved", text) == [
        (3, "github.com/macpaw/openai", "0.4.3", True),
        (5, "github.com/acme/kit", "", True),
    ]
    first = """\
{"object": {"pins": [
  {"package": "OpenAI", "repositoryURL": "https://github.com/MacPaw/OpenAI", "state": {"version": "0.2.0"}}
]}, "version": 1}
"""  # noqa: E501
    assert declared("Package.resolved", first) == [(2, "github.com/macpaw/openai", "0.2.0", True)]


def test_podfile_and_its_lock() -> None:
    text = """\
target 'App' do
  pod 'OpenAISwift', '~> 1.3'
  pod "GoogleGenerativeAI/Core"
  # pod 'Old'
end
"""
    assert declared("Podfile", text) == [
        (2, "pod:OpenAISwift", "~> 1.3", False),
        (3, "pod:GoogleGenerativeAI", "", False),
    ]
    lock = """\
PODS:
  - Alamofire (5.9.0):
    - Other
  - OpenAISwift (1.3.1)

DEPENDENCIES:
  - OpenAISwift (~> 1.3)

SPEC CHECKSUMS:
  OpenAISwift: abc
"""
    assert declared("Podfile.lock", lock) == [(4, "pod:OpenAISwift", "1.3.1", True)]


def test_xcode_project() -> None:
    text = """\
/* Begin XCRemoteSwiftPackageReference section */
\t\tA1 /* XCRemoteSwiftPackageReference "OpenAI" */ = {
\t\t\tisa = XCRemoteSwiftPackageReference;
\t\t\trepositoryURL = "https://github.com/MacPaw/OpenAI.git";
\t\t\trequirement = {
\t\t\t\tkind = upToNextMajorVersion;
\t\t\t\tminimumVersion = 0.4.5;
\t\t\t};
\t\t};
\t\tA2 /* XCRemoteSwiftPackageReference "OllamaKit" */ = {
\t\t\trepositoryURL = "https://github.com/kevinhermawan/OllamaKit";
\t\t\trequirement = {
\t\t\t\tbranch = main;
\t\t\t\tkind = branch;
\t\t\t};
\t\t};
"""
    assert declared("App.xcodeproj/project.pbxproj", text) == [
        (4, "github.com/macpaw/openai", "0.4.5", False),
        (11, "github.com/kevinhermawan/ollamakit", "", False),
    ]


def test_cartfile() -> None:
    text = (
        'github "adamrushy/OpenAISwift" ~> 1.3 # chat\ngit "https://example.com/a/b.git" "main"\n'
    )
    assert declared("Cartfile", text) == [
        (1, "github.com/adamrushy/openaiswift", "1.3", False),
        (2, "example.com/a/b", "main", False),
    ]
    assert declared("Cartfile.resolved", 'github "adamrushy/OpenAISwift" "1.3.1"\n') == [
        (1, "github.com/adamrushy/openaiswift", "1.3.1", True)
    ]
