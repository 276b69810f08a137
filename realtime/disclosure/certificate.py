"""X.509 certificates by the C2PA profile: made here, or read from the user's own files.

Heavy to import: `signing_key` does so once a key is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANISATION = "Thespis (self-made)"
"""Readers show this as the signer. It names no person and no machine, which a recording is not to give away."""
LIFE = timedelta(days=365 * 20)
"""Without a time stamp of a third party, which would take a network, a signature is judged by the day on which it is
read: what is signed is to verify for years."""

_CLOCK_SKEW = timedelta(days=1)
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True, slots=True)
class Chain:
    """A private key and its certificates, found to belong together.

    Attributes:
        algorithm: What the key signs with, in COSE's words: `es256`.
        key_pem: The key, PKCS 8.
        certificates: The key's own first, then those that issued it.
        owner: Whose it is, by its certificate.
        begins: From when on the certificate counts.
        ends: When it no longer does.
    """

    algorithm: str
    key_pem: str
    certificates: tuple[str, ...]
    owner: str
    begins: datetime
    ends: datetime


def issue(now: datetime) -> Chain:
    """A new key, its certificate, and the authority that issued it.

    Each key has an authority of its own, whose key is thrown away once it has signed: nobody can issue another
    certificate in its name. C2PA asks for an authority, since a certificate that signs itself may not sign claims.
    """
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    own, above = _name("key {} of one computer", key), _name("authority {} of one key", authority)
    root = _build(above, above, authority, authority, now)
    leaf = _build(own, above, key, authority, now)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return read_chain(b"".join([pem, *(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root))]))


def read_chain(pem: bytes, key_pem: bytes | None = None) -> Chain:
    """Read a key and its certificates, and see that they belong together.

    Args:
        pem: The certificates, the key's own first; and the key, unless it is given apart.
        key_pem: The key.

    Raises:
        ValueError: What is wrong, in words.
    """
    key = _read_key(key_pem if key_pem is not None else pem)
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        own = certificates[0].public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("no certificates in PEM") from error
    if own != key.public_key():
        raise ValueError("a certificate of another key")
    return Chain(
        algorithm=_algorithm(key),
        key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        certificates=tuple(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates),
        owner=_owner(certificates[0]),
        begins=certificates[0].not_valid_before_utc,
        ends=certificates[0].not_valid_after_utc,
    )


_Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def _read_key(pem: bytes) -> _Key:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise ValueError("a key under a password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("no private key in PEM") from error
    if not isinstance(key, _Key):
        raise ValueError(f"a key of a kind that signs no claims, {type(key).__name__}")
    return key


def _algorithm(key: _Key) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    try:
        return _CURVES[key.curve.name]
    except KeyError as error:
        raise ValueError(f"a key on curve {key.curve.name}, of {', '.join(_CURVES)}") from error


def _owner(certificate: x509.Certificate) -> str:
    values = [
        str(one.value)
        for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        for one in certificate.subject.get_attributes_for_oid(oid)[:1]
    ]
    return ", ".join(values) or "nobody by name"


def _name(words: str, key: ec.EllipticCurvePrivateKey) -> x509.Name:
    """A name in which the key's digest takes the place of the braces."""
    digest = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, words.format(digest[:8])),
        ]
    )


def _build(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    """One certificate by section 14.5 of the C2PA specification; an authority's own where both keys are one."""
    is_authority = key is authority
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(_usage(("key_cert_sign", "crl_sign") if is_authority else ("digital_signature",)), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    )
    if not is_authority:
        usages = [_DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]  # older readers know the second alone
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(authority, hashes.SHA256())


def _usage(granted: Sequence[str]) -> x509.KeyUsage:
    all_of_them = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in granted for name in all_of_them})


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
