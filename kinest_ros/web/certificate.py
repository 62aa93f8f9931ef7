# SPDX-License-Identifier: Apache-2.0
"""The server's TLS certificate: its own, made at the first start and kept.

Browsers give WebXR to secure pages only, and nobody else vouches for a computer on a desk. So the
headset warns once; the fingerprint that is printed is the one that it shows.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinest_ros.errors import KinestError

#: Days that it is valid: browsers refuse more than 398 for a server.
VALID = 397
#: Days before its end at which a new one is made.
_RENEW = 14


@dataclass(frozen=True)
class Certificate:
    """Where it is.

    Attributes:
        certificate: PEM file.
        key: PEM file, readable by its owner only.
        fingerprint: SHA-256, as browsers show it.
    """

    certificate: Path
    key: Path
    fingerprint: str

    def context(self) -> ssl.SSLContext:
        """Return what a server needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


def own_certificate(folder: Path, names: Sequence[str]) -> Certificate:
    """Return the certificate kept in a folder, made anew where it is old or lacks a name.

    Args:
        folder: made if need be.
        names: host names and addresses that the server is called by.

    Raises:
        KinestError: the folder cannot be written, or the package is missing.
    """
    try:
        from cryptography import x509
    except ImportError:
        raise KinestError(
            "a TLS certificate needs the Python package cryptography: pip install kinest_ros[web]"
        ) from None
    certificate, key = folder / "web-certificate.pem", folder / "web-key.pem"
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes()) if key.exists() else None
    except (OSError, ValueError):
        found = None
    if found is None or not _good(found, names):
        try:
            found = _make(certificate, key, names)
        except OSError as error:
            raise KinestError(f"cannot write the certificate {certificate}: {error}") from None
    from cryptography.hazmat.primitives import hashes

    return Certificate(certificate, key, found.fingerprint(hashes.SHA256()).hex(":").upper())


def _good(found, names: Sequence[str]) -> bool:  # type: ignore[no-untyped-def]
    from cryptography import x509

    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=_RENEW)
    try:
        known = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        ends = found.not_valid_after_utc
    except (x509.ExtensionNotFound, AttributeError):
        return False
    return ends > end and set(_alternatives(names)) <= set(known)


def _alternatives(names: Sequence[str]):  # type: ignore[no-untyped-def]
    from cryptography import x509

    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _make(certificate: Path, key: Path, names: Sequence[str]):  # type: ignore[no-untyped-def]
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kinest on this computer")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=VALID - 1))
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.parent.mkdir(parents=True, exist_ok=True)
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key, secret)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))
    return made


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    unfinished.replace(path)
