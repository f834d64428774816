"""Certificates for servers on this machine, signed by an authority of the tests' own or by themselves."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# What Python 3.13 asks of an authority.
_MAY_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@cache
def _authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("the tests' authority")
    builder = _builder(name, name, key, days=1).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    builder = builder.add_extension(_MAY_SIGN, True)
    return builder.sign(key, hashes.SHA256()), key


def authority_file(folder: Path) -> Path:
    """Write the authority's certificate, for SSL_CERT_FILE."""
    path = folder / "authority.pem"
    path.write_bytes(_authority()[0].public_bytes(serialization.Encoding.PEM))
    return path


def server_context(
    folder: Path, *, host: str = "localhost", days: float = 1, is_self_signed: bool = False
) -> ssl.SSLContext:
    """A server's TLS context with a certificate for a host that expires in some days, or did so."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, issuer_key = _authority()
    name = _name(host)
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    builder = _builder(name, name if is_self_signed else issuer.subject, key, days).add_extension(names, False)
    signing_key = key if is_self_signed else issuer_key
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    certificate = builder.add_extension(signer, False).sign(signing_key, hashes.SHA256())
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    return builder.not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=days))
