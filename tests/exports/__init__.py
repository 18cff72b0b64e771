"""Tests of the exports reader."""
