# SPDX-License-Identifier: Apache-2.0
"""The certificate names all that the server is called by, and is made anew where it must be."""

import ipaddress
from pathlib import Path

import pytest

from kinest_ros.web import certificate
from kinest_ros.web.certificate import own_certificate

x509 = pytest.importorskip("cryptography.x509", reason="needs the extra kinest_ros[web]")

NAMES = ["10.0.0.5", "fe80::1", "robot.local", "localhost"]


def test_names_and_addresses_are_in_it(tmp_path: Path):
    made = own_certificate(tmp_path, NAMES)
    found = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["robot.local", "localhost"]
    addresses = names.get_values_for_type(x509.IPAddress)
    assert addresses == [ipaddress.ip_address(name) for name in NAMES[:2]]
    made.context()


def test_it_is_kept_while_it_has_all_names(tmp_path: Path):
    first = own_certificate(tmp_path, NAMES)
    assert own_certificate(tmp_path, NAMES[:2]) == first
    more = own_certificate(tmp_path, [*NAMES, "other.local"])
    assert more.fingerprint != first.fingerprint
    assert own_certificate(tmp_path, ["10.0.0.6"]).fingerprint != more.fingerprint


def test_one_that_ends_soon_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(certificate, "VALID", 10)
    first = own_certificate(tmp_path, NAMES)
    monkeypatch.undo()
    second = own_certificate(tmp_path, NAMES)
    assert second.fingerprint != first.fingerprint
    assert own_certificate(tmp_path, NAMES) == second
