//! The session CA: P-256, made for one session, its key in this process's memory only.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use ringfence_policy::Host;
use rustls::crypto::SecureRandom;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::limits;

/// Signs leaf certificates for one session.
pub(crate) struct Ca {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
    /// One key for all leaves: whoever has this process's memory has them all anyway, and making keys costs most of the time.
    leaf_key: KeyPair,
    random: &'static dyn SecureRandom,
}

impl Ca {
    /// Makes a CA named after the session's tool.
    pub(crate) fn new(name: &str, random: &'static dyn SecureRandom) -> Result<Self, rcgen::Error> {
        let mut params = params(random)?;
        // Two sessions must not have CAs of the same name: clients that trust both look them up by name.
        let tag: String = serial(random)?[..4]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let name: String = name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .take(24)
            .collect();
        params.distinguished_name = common_name(&format!("Ringfence session CA {name} {tag}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            leaf_key: KeyPair::generate()?,
            random,
        })
    }

    /// The CA certificate as PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The key of every leaf.
    pub(crate) fn leaf_key(&self) -> Result<PrivateKeyDer<'static>, rcgen::Error> {
        PrivateKeyDer::try_from(self.leaf_key.serialize_der())
            .map_err(|_| rcgen::Error::CouldNotParseKeyPair)
    }

    /// A certificate chain for `host`, leaf first. The CA is sent too: some clients build the chain from what they are given.
    pub(crate) fn leaf(&self, host: &Host) -> Result<Vec<CertificateDer<'static>>, rcgen::Error> {
        let mut params = params(self.random)?;
        let (text, san) = match host {
            Host::Name(name) => (name.clone(), SanType::DnsName(name.as_str().try_into()?)),
            Host::Ip(ip) => (ip.to_string(), SanType::IpAddress(*ip as IpAddr)),
        };
        // RFC 5280 ub-common-name is 64.
        params.distinguished_name = common_name(if text.len() <= 64 { &text } else { "ringfence" });
        params.subject_alt_names = vec![san];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let leaf = params.signed_by(&self.leaf_key, &self.issuer)?;
        Ok(vec![leaf.der().clone(), self.der.clone()])
    }
}

/// Validity and a random serial number: rcgen's own are 1975–4096 and derived from the key, which is the same for all leaves.
fn params(random: &dyn SecureRandom) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(limits::CERTIFICATE_BACKDATE);
    params.not_after = epoch + (now + limits::CERTIFICATE_LIFE);
    params.serial_number = Some(SerialNumber::from_slice(&serial(random)?));
    Ok(params)
}

/// 16 random bytes that are a positive integer of fixed length.
fn serial(random: &dyn SecureRandom) -> Result<[u8; 16], rcgen::Error> {
    let mut bytes = [0; 16];
    random
        .fill(&mut bytes)
        .map_err(|_| rcgen::Error::RingUnspecified)?;
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    Ok(bytes)
}

fn common_name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}
