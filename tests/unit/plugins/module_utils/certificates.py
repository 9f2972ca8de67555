# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that are created during the test run."""

from __future__ import annotations

import datetime
import ipaddress
import pathlib
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# A certificate and its key.
Files = tuple[pathlib.Path, pathlib.Path]


class Authority:
    """A certificate authority for one test run, and the certificates that it has signed."""

    def __init__(self, place: pathlib.Path) -> None:
        self.place = place
        self.key = ec.generate_private_key(ec.SECP256R1())
        usage = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
                "digital_signature",
            ),
            False,
        )
        extensions = [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), True),
        ]
        self.bundle = place / "authority.pem"
        self.bundle.write_bytes(
            _sign("authority", self.key.public_key(), "authority", self.key, extensions, (-1, 1))
        )

    def issue(
        self,
        name: str,
        address: str = "127.0.0.1",
        *,
        days: tuple[int, int] = (-1, 1),
        self_signed: bool = False,
    ) -> Files:
        """Sign a certificate for servers and clients.

        :param address: an IP address or a host name.
        :param days: the begin and the end of its validity, in days from now.
        :param self_signed: whether it is signed by itself instead.
        :returns: the files of the certificate and its key.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            known_as: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(address))
        except ValueError:
            known_as = x509.DNSName(address)
        extensions = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.SubjectAlternativeName([known_as]), False),
            (
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
                ),
                False,
            ),
        ]
        issuer, signs = (name, key) if self_signed else ("authority", self.key)
        certificate, secret = self.place / f"{name}.pem", self.place / f"{name}.key"
        certificate.write_bytes(_sign(name, key.public_key(), issuer, signs, extensions, days))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        return certificate, secret


def _sign(
    name: str,
    key: ec.EllipticCurvePublicKey,
    issuer: str,
    signs: ec.EllipticCurvePrivateKey,
    extensions: list[tuple[x509.ExtensionType, bool]],
    days: tuple[int, int],
) -> bytes:
    """:param extensions: each with whether it is critical."""
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signs, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def tls(files: Files, clients: Authority | None = None) -> ssl.SSLContext:
    """:param clients: the authority of the client certificates that are required."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.bundle)
    return context
