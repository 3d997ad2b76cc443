//! X-Wing (draft-connolly-cfrg-xwing-kem) on the arithmetic of AWS-LC, which is several times as fast as that of the library whose
//! formats, key derivation and HPKE are used here: keys and encapsulated keys are the same bytes, as the tests show both ways.

use aws_lc_rs::agreement::{self, UnparsedPublicKey, X25519};
use aws_lc_rs::digest::{Context, SHA3_256};
use aws_lc_rs::kem::{DecapsulationKey, EncapsulationKey, ML_KEM_768};
use hpke::kem::SharedSecret;
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable, HpkeError, Kem, Serializable};
use ml_kem::{FromSeed, KeyExport, MlKem768};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The library's, whose types are used.
type Theirs = hpke::kem::XWing;

/// Bytes of the parts for ML-KEM-768: of a public key, of an encapsulated one, of a private one that is ready to use. X25519's follow.
const PUBLIC: usize = 1184;
const ENCAPSULATED: usize = 1088;
const PRIVATE: usize = 2400;
/// Bytes of a key of X25519.
const POINT: usize = 32;
/// Bytes of a seed.
const SEED: usize = 32;

const LABEL: &[u8] = br"\.//^\";

/// The key agreement, as HPKE is given it.
pub(crate) struct XWing;

/// The seed that is the private key, and what is computed from it once and not for each request.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct PrivateKey {
    seed: [u8; SEED],
    ml_kem: [u8; PRIVATE],
    x25519: [u8; POINT],
    #[zeroize(skip)]
    public: Box<<Theirs as Kem>::PublicKey>,
}

/// The private keys of ML-KEM and of X25519 that a seed stands for.
type Halves = (ml_kem::ml_kem_768::DecapsulationKey, Zeroizing<[u8; POINT]>);

fn halves(seed: &[u8; SEED]) -> Halves {
    let mut reader = Shake256::default().chain(seed).finalize_xof();
    let mut both = Zeroizing::new([0; 64]);
    reader.read(&mut *both);
    let mut x25519 = Zeroizing::new([0; POINT]);
    reader.read(&mut *x25519);
    (MlKem768::from_seed(&(*both).into()).0, x25519)
}

impl PrivateKey {
    fn new(
        seed: &[u8; SEED],
        (ml_kem, x25519): &Halves,
        public: <Theirs as Kem>::PublicKey,
    ) -> Self {
        // Deprecated because files with it have to be checked. AWS-LC takes no other, and this one is made here and never leaves.
        #[expect(deprecated)]
        let mut expanded = ml_kem::ExpandedKeyEncoding::to_expanded_bytes(ml_kem);
        let key = Self {
            seed: *seed,
            ml_kem: expanded.into(),
            x25519: **x25519,
            public: Box::new(public),
        };
        expanded.as_mut_slice().zeroize();
        key
    }
}

impl Serializable for PrivateKey {
    type OutputSize = <<Theirs as Kem>::PrivateKey as Serializable>::OutputSize;

    fn write_exact(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.seed);
    }
}

impl Deserializable for PrivateKey {
    fn from_bytes(seed: &[u8]) -> Result<Self, HpkeError> {
        let length = HpkeError::IncorrectInputLength(SEED, seed.len());
        let seed = seed.try_into().map_err(|_| length)?;
        let halves = halves(seed);
        let failed = || HpkeError::ValidationError;
        let key = agreement::PrivateKey::from_private_key(&X25519, &*halves.1);
        let point = key.map_err(|_| failed())?.compute_public_key();
        let point = point.map_err(|_| failed())?;
        let public = [&halves.0.encapsulation_key().to_bytes(), point.as_ref()].concat();
        Ok(Self::new(
            seed,
            &halves,
            Deserializable::from_bytes(&public)?,
        ))
    }
}

impl ConstantTimeEq for PrivateKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.seed.ct_eq(&other.seed)
    }
}

impl Kem for XWing {
    type PublicKey = <Theirs as Kem>::PublicKey;
    type PrivateKey = PrivateKey;
    type EncappedKey = <Theirs as Kem>::EncappedKey;
    type NSecret = <Theirs as Kem>::NSecret;

    const KEM_ID: u16 = Theirs::KEM_ID;

    fn sk_to_pk(private: &PrivateKey) -> Self::PublicKey {
        (*private.public).clone()
    }

    fn derive_keypair(material: &[u8]) -> (PrivateKey, Self::PublicKey) {
        let (theirs, public) = Theirs::derive_keypair(material);
        let mut seed = Zeroizing::new([0; SEED]);
        theirs.write_exact(&mut *seed);
        let private = PrivateKey::new(&seed, &halves(&seed), public.clone());
        (private, public)
    }

    fn decap(
        private: &PrivateKey,
        sender: Option<&Self::PublicKey>,
        encapsulated: &Self::EncappedKey,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        let failed = || HpkeError::DecapError;
        if sender.is_some() {
            return Err(failed());
        }
        let encapsulated = encapsulated.to_bytes();
        let (ml_kem, point) = encapsulated.split_at(ENCAPSULATED);
        let key = DecapsulationKey::new(&ML_KEM_768, &private.ml_kem);
        let key = key.map_err(|_| failed())?;
        let first = key.decapsulate(ml_kem.into()).map_err(|_| failed())?;
        let key = agreement::PrivateKey::from_private_key(&X25519, &private.x25519);
        let key = key.map_err(|_| failed())?;
        let public = private.public.to_bytes();
        combine(first.as_ref(), &key, point, point, &public[PUBLIC..]).ok_or_else(failed)
    }

    fn encap_with_rng(
        public: &Self::PublicKey,
        sender: Option<(&PrivateKey, &Self::PublicKey)>,
        random: &mut impl CryptoRng,
    ) -> Result<(SharedSecret<Self>, Self::EncappedKey), HpkeError> {
        let failed = || HpkeError::EncapError;
        if sender.is_some() {
            return Err(failed());
        }
        let public = public.to_bytes();
        let (ml_kem, point) = public.split_at(PUBLIC);
        let key = EncapsulationKey::new(&ML_KEM_768, ml_kem).map_err(|_| failed())?;
        // With AWS-LC's own randomness; it takes no other, and ends the process where it has none.
        let (ciphertext, first) = key.encapsulate().map_err(|_| failed())?;
        let mut ephemeral = Zeroizing::new([0; POINT]);
        random.fill_bytes(&mut *ephemeral);
        let key = agreement::PrivateKey::from_private_key(&X25519, &*ephemeral);
        let key = key.map_err(|_| failed())?;
        let own = key.compute_public_key().map_err(|_| failed())?;
        let secret = combine(first.as_ref(), &key, point, own.as_ref(), point);
        let encapsulated = [ciphertext.as_ref(), own.as_ref()].concat();
        Ok((
            secret.ok_or_else(failed)?,
            Deserializable::from_bytes(&encapsulated)?,
        ))
    }
}

/// The secret of both: of ML-KEM, which is `first`, and of X25519, with the point of the other end. Then the two public values of
/// X25519, first the one that was made for this exchange. A point whose secret is zero is refused, as RFC 7748 §6.1 allows.
fn combine(
    first: &[u8],
    key: &agreement::PrivateKey,
    other: &[u8],
    encapsulated: &[u8],
    public: &[u8],
) -> Option<SharedSecret<XWing>> {
    let other = UnparsedPublicKey::new(&X25519, other);
    agreement::agree(key, other, (), |second| {
        let mut hash = Context::new(&SHA3_256);
        for part in [first, second, encapsulated, public, LABEL] {
            hash.update(part);
        }
        let mut secret = SharedSecret::default();
        secret.0.copy_from_slice(hash.finish().as_ref());
        Ok(secret)
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Randomness;

    #[test]
    fn keys_and_secrets_are_those_of_the_library() {
        for seed in 0..20 {
            let seed = [seed; 32];
            let (theirs, their_public) = Theirs::derive_keypair(&seed);
            let (ours, public) = XWing::derive_keypair(&seed);
            assert_eq!(public, their_public);
            assert_eq!(XWing::sk_to_pk(&ours), public);
            assert_eq!(ours.to_bytes(), theirs.to_bytes());
            let random = &mut Randomness::default();

            let (secret, encapsulated) = XWing::encap_with_rng(&public, None, random).unwrap();
            let opened = Theirs::decap(&theirs, None, &encapsulated).unwrap();
            assert_eq!(secret.0, opened.0);
            assert_eq!(
                XWing::decap(&ours, None, &encapsulated).unwrap().0,
                secret.0
            );

            let (secret, encapsulated) = Theirs::encap_with_rng(&public, None, random).unwrap();
            assert_eq!(
                XWing::decap(&ours, None, &encapsulated).unwrap().0,
                secret.0
            );
            let again = PrivateKey::from_bytes(&theirs.to_bytes()).unwrap();
            assert_eq!(XWing::sk_to_pk(&again), public);
            assert_eq!(
                XWing::decap(&again, None, &encapsulated).unwrap().0,
                secret.0
            );
        }
    }

    /// Implicit rejection: an altered ciphertext of ML-KEM gives another secret, and the same one as with the library.
    #[test]
    fn what_was_altered_gives_the_secret_that_the_library_gives() {
        let (theirs, public) = Theirs::derive_keypair(&[7; 32]);
        let (ours, _) = XWing::derive_keypair(&[7; 32]);
        let random = &mut Randomness::default();
        let (secret, encapsulated) = XWing::encap_with_rng(&public, None, random).unwrap();
        for at in [0, 500, ENCAPSULATED - 1, ENCAPSULATED, ENCAPSULATED + 31] {
            let mut bytes = encapsulated.to_bytes();
            bytes[at] ^= 1;
            let altered = <XWing as Kem>::EncappedKey::from_bytes(&bytes).unwrap();
            let opened = XWing::decap(&ours, None, &altered).unwrap();
            assert_ne!(opened.0, secret.0, "{at}");
            assert_eq!(opened.0, Theirs::decap(&theirs, None, &altered).unwrap().0);
        }
    }

    #[test]
    fn a_point_without_a_secret_is_refused() {
        let (ours, public) = XWing::derive_keypair(&[8; 32]);
        let random = &mut Randomness::default();
        let (_, encapsulated) = XWing::encap_with_rng(&public, None, random).unwrap();
        let mut bytes = encapsulated.to_bytes();
        bytes[ENCAPSULATED..].fill(0);
        let zero = <XWing as Kem>::EncappedKey::from_bytes(&bytes).unwrap();
        assert!(XWing::decap(&ours, None, &zero).is_err());
        let mut bytes = public.to_bytes();
        bytes[PUBLIC..].fill(0);
        let zero = <XWing as Kem>::PublicKey::from_bytes(&bytes).unwrap();
        assert!(XWing::encap_with_rng(&zero, None, random).is_err());
    }
}
