"""Manifests of Maven, Gradle, sbt, Scala CLI and JBang."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.manifests import Manifest, is_manifest, read_manifest


def declared(path: str, text: str) -> list[tuple[int, str, str]]:
    found = read_manifest(path, text)
    assert found.problems == ()
    assert {one.ecosystem for one in found.declared} <= {"maven"}
    return [(one.line, one.name, one.specifier) for one in found.declared]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("pom.xml", True),
        ("svc/build.gradle", True),
        ("app/build.gradle.kts", True),
        ("gradle/deps.gradle", True),
        ("gradle/libs.versions.toml", True),
        ("gradle.lockfile", True),
        ("build.sbt", True),
        ("Hello.sc", True),
        ("Hello.java", True),
        ("web.xml", False),
        ("settings.toml", False),
    ],
)
def test_which_files_are_manifests(path: str, known: bool) -> None:
    assert is_manifest(path) is known


POM = """<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>com.acme</groupId>
  <properties><openai.version>4.1.0</openai.version></properties>
  <dependencyManagement>
    <dependencies>
      <dependency>
        <groupId>dev.langchain4j</groupId><artifactId>langchain4j-bom</artifactId>
        <version>1.0.0</version><scope>import</scope>
      </dependency>
    </dependencies>
  </dependencyManagement>
  <dependencies>
    <!-- the client -->
    <dependency>
      <groupId>com.openai</groupId>
      <artifactId>openai-java</artifactId>
      <version>${openai.version}</version>
      <exclusions>
        <exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency>
      <groupId>dev.langchain4j</groupId>
      <artifactId>langchain4j-open-ai</artifactId>
    </dependency>
  </dependencies>
</project>
"""


def test_pom() -> None:
    assert declared("pom.xml", POM) == [
        (15, "com.openai:openai-java", "4.1.0"),
        (23, "dev.langchain4j:langchain4j-open-ai", ""),
    ]


def test_a_broken_pom_keeps_what_came_before() -> None:
    broken = POM[: POM.index("<artifactId>langchain4j-open-ai")]
    found = read_manifest("pom.xml", broken)
    assert [one.name for one in found.declared] == ["com.openai:openai-java"]
    assert found.problems == ("line 25: not valid XML: no element found",)


def test_a_pom_with_entities_is_refused() -> None:
    bomb = '<!DOCTYPE p [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><project>&b;</project>'
    assert read_manifest("pom.xml", bomb) == Manifest(
        (), ("a document type declaration is not read",)
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("    implementation 'com.openai:openai-java:4.1.0'", "com.openai:openai-java 4.1.0"),
        ('    implementation("com.openai:openai-java:4.1.0")', "com.openai:openai-java 4.1.0"),
        ('    testImplementation("dev.acme:acme-core:$version")', "dev.acme:acme-core"),
        ("    api 'com.anthropic:anthropic-java'", "com.anthropic:anthropic-java"),
        (
            "    implementation group: 'com.openai', name: 'openai-java', version: '4.1.0'",
            "com.openai:openai-java 4.1.0",
        ),
        ('    implementation(platform("org.springframework.ai:spring-ai-bom:1.0.0"))', ""),
        ("    // implementation 'com.openai:openai-java:4.1.0'", ""),
        ('    maven { url "https://example.com:8080/x" }', ""),
        ("    implementation(libs.openai)", ""),
    ],
)  # fmt: skip
def test_gradle(line: str, expected: str) -> None:
    found = declared("build.gradle.kts", f"dependencies {{\n{line}\n}}\n")
    assert found == ([(2, *f"{expected} ".split(" ")[:2])] if expected else [])


def test_version_catalog() -> None:
    text = """[versions]
openai = "4.1.0"
[libraries]
openai = { module = "com.openai:openai-java", version.ref = "openai" }
anthropic = { group = "com.anthropic", name = "anthropic-java", version = "2.0" }
koog = "ai.koog:koog-agents:0.5"
bom = { module = "dev.langchain4j:langchain4j-bom", version = "1" }
"""
    assert declared("gradle/libs.versions.toml", text) == [
        (4, "com.openai:openai-java", "4.1.0"),
        (5, "com.anthropic:anthropic-java", "2.0"),
        (6, "ai.koog:koog-agents", "0.5"),
    ]


def test_gradle_lockfile() -> None:
    text = "# locked\ncom.openai:openai-java:4.1.0=runtimeClasspath\nempty=\n"
    found = read_manifest("gradle.lockfile", text)
    assert [(one.line, one.name, one.specifier, one.locked) for one in found.declared] == [
        (2, "com.openai:openai-java", "4.1.0", True)
    ]


def test_sbt() -> None:
    text = 'libraryDependencies ++= Seq(\n  "io.cequence" %% "openai-scala-client" % "1.2.0",\n)\n'
    assert declared("build.sbt", text) == [(2, "io.cequence:openai-scala-client", "1.2.0")]


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a.sc", '//> using dep "com.softwaremill.sttp.openai::core:0.3.1"', "core 0.3.1"),
        ("a.scala", "//> using dep com.softwaremill.sttp.openai::core:0.3.1", "core 0.3.1"),
        ("build.sc", 'def ivyDeps = Agg(ivy"com.acme::lib:1.0")', "lib 1.0"),
        ("A.java", "//DEPS dev.langchain4j:langchain4j-ollama:1.0", "langchain4j-ollama 1.0"),
    ],
)
def test_scripts(path: str, line: str, expected: str) -> None:
    ((number, name, version),) = declared(path, f"\n{line}\n")
    assert (number, f"{name.rpartition(':')[2]} {version}") == (2, expected)
