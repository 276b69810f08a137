"""Cards, certificates and files by other tools, to sign with and to judge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from c2pa import Builder, C2paSignerInfo, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from realtime.disclosure.shown import ShownPersona
from realtime.disclosure.signing_key import SigningKey
from realtime.persona.identity import Identity

ADA = ShownPersona("ada", Identity("Ada Example", "consent", document_sha256="ab" * 32, until=date(2030, 1, 31)))
BOB = ShownPersona("bob", Identity("Bob Example", "self"))

_DOCUMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_CODE = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.3")


def pem_of(key: Any) -> bytes:
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class Office:
    """An authority that certifies whom it is told to."""

    def __init__(self, folder: Path, key: Any = None) -> None:
        self.folder, self.authority = folder, ec.generate_private_key(ec.SECP256R1())
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        folder.mkdir(exist_ok=True)

    def certify(
        self,
        *,
        until: timedelta = timedelta(days=30),
        organisation: str | None = "Example Press",
        usage: x509.ObjectIdentifier = _DOCUMENTS,
        is_authority: bool = False,
    ) -> tuple[Path, Path]:
        """Write a certificate with its authority, and its key: the paths of both."""
        names = [x509.NameAttribute(NameOID.COMMON_NAME, "press room")]
        names += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
        root_name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Authority")])
        root = self._build(root_name, root_name, self.authority, timedelta(days=900), None, True)
        leaf = self._build(x509.Name(names), root_name, self.key, until, usage, is_authority)
        chain, key = self.folder / "chain.pem", self.folder / "key.pem"
        chain.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root)))
        key.write_bytes(pem_of(self.key))
        self.root_pem = root.public_bytes(serialization.Encoding.PEM).decode()
        return chain, key

    def _build(
        self, name: x509.Name, issuer: x509.Name, key: Any, until: timedelta, usage: Any, is_authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + until)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(
                x509.KeyUsage(not is_authority, False, False, False, False, is_authority, is_authority, False, False),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.public_key()), critical=False
            )
        )
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(self.authority, hashes.SHA256())


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


CODE_SIGNING = _CODE


def sign_by_another_tool(path: Path, key: SigningKey, media_type: str, **changes: Any) -> None:
    """Sign in place, saying what another tool might."""
    definition = {
        "claim_generator_info": [{"name": "Other Tool", "version": "7"}],
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": "http://example.org/drawn"}]},
            }
        ],
        **changes,
    }
    info = C2paSignerInfo(key.algorithm, key.chain_pem.encode(), key.key_pem.encode(), None)
    out = BytesIO()
    Builder(definition).sign(Signer.from_info(info), media_type, BytesIO(path.read_bytes()), out)
    path.write_bytes(out.getvalue())
