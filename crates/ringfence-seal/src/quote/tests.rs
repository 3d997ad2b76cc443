//! On what a TPM (swtpm 0.7 by tpm2-tools 5) really made, over a statement of this crate:
//!
//! ```sh
//! tpm2_createek -c ek.ctx -G ecc -u ek.pub
//! tpm2_createak -C ek.ctx -c ak.ctx -G ecc -g sha256 -s ecdsa -u ak.pub -f pem -n ak.name
//! tpm2_pcrextend 23:sha256=$(printf sandbox | sha256sum | cut -d' ' -f1)
//! tpm2_quote -c ak.ctx -l sha256:0,7,23 -q QUALIFYING_DATA -g sha256 -m attest.bin -s signature.bin
//! tpm2_quote -c ak.ctx -l sha1:0+sha256:7 -q QUALIFYING_DATA -g sha256 -m two-banks.bin -s two-banks-signature.bin
//! tpm2_gettime -c ak.ctx -g sha256 -q QUALIFYING_DATA --attestation time.bin -o time-signature.bin
//! ```

use super::*;
use crate::statement::ServerKey;
use crate::tests::support::claim;
use crate::{Kem, RunnerKey};

const KEY: &str = "p256:aa09d79d3da9390e0a582f61fdbe5e0d191f69eb5ad5db1edb2245e74348990d\
                   a9bfa74e7458a0cbf5cfbcf403a44d500e7811703a82eba6665335a97233f719";

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!("recorded/", $name, ".bin")).to_vec()
    };
}

fn statement() -> SignedStatement {
    SignedStatement::decode(&recorded!("statement")).unwrap()
}

fn quote() -> Quote {
    Quote {
        attest: recorded!("attest"),
        signature: recorded!("signature"),
    }
}

fn wanted() -> QuoteWanted {
    // Registers 0 and 7 of a fresh swtpm are zero; 23 was extended once.
    let extended = Digest::of_parts(&[&[0; 32], &Digest::of(b"sandbox").0]);
    QuoteWanted {
        key: KEY.parse().unwrap(),
        registers: BTreeSet::from([0, 7, 23]),
        state: Digest::of_parts(&[&[0; 64], &extended.0]),
    }
}

#[test]
fn a_tpms_own_quote_over_this_statement_is_believed() {
    let verified = quote().verify(&statement(), &wanted()).unwrap();
    assert_eq!((verified.reset_count, verified.restart_count), (1, 0));
}

#[test]
fn every_flipped_bit_of_quote_and_signature_is_detected() {
    let (statement, wanted, mut quote) = (statement(), wanted(), quote());
    for at in 0..quote.attest.len() {
        for bit in 0..8 {
            quote.attest[at] ^= 1 << bit;
            let refused = quote.verify(&statement, &wanted).err();
            assert_eq!(
                refused,
                Some(QuoteError::Signature(wanted.key)),
                "byte {at} bit {bit}"
            );
            quote.attest[at] ^= 1 << bit;
        }
    }
    for at in 0..quote.signature.len() {
        for bit in 0..8 {
            quote.signature[at] ^= 1 << bit;
            assert!(
                quote.verify(&statement, &wanted).is_err(),
                "byte {at} bit {bit}"
            );
            quote.signature[at] ^= 1 << bit;
        }
    }
    assert!(quote.verify(&statement, &wanted).is_ok());
}

#[test]
fn a_quote_over_another_statement_key_register_or_state_is_refused_by_name() {
    let other = ServerKey::from_seed(&[1; 32])
        .unwrap()
        .sign(claim(&RunnerKey::generate(Kem::X25519, 7).unwrap()))
        .unwrap();
    let refused = quote().verify(&other, &wanted()).err();
    let expected = qualifying_data(&other).short();
    assert_eq!(
        refused,
        Some(QuoteError::Statement {
            expected,
            got: qualifying_data(&statement()).short()
        })
    );

    let with = |change: fn(&mut QuoteWanted)| {
        let mut wanted = wanted();
        change(&mut wanted);
        quote().verify(&statement(), &wanted).err()
    };
    assert!(matches!(
        with(|wanted| wanted.key.0[0] ^= 1),
        Some(QuoteError::Signature(_))
    ));
    assert_eq!(
        with(|wanted| _ = wanted.registers.insert(4)),
        Some(QuoteError::Registers {
            expected: vec![0, 4, 7, 23],
            got: vec![0, 7, 23]
        })
    );
    assert_eq!(
        with(|wanted| _ = wanted.registers.remove(&23)),
        Some(QuoteError::Registers {
            expected: vec![0, 7],
            got: vec![0, 7, 23]
        })
    );
    let state = with(|wanted| wanted.state = Digest([0; 32]));
    assert_eq!(
        state,
        Some(QuoteError::State {
            expected: Digest([0; 32]),
            got: wanted().state
        })
    );
}

#[test]
fn what_the_same_tpm_signed_otherwise_is_no_quote() {
    let time = Quote {
        attest: recorded!("time"),
        signature: recorded!("time-signature"),
    };
    assert_eq!(
        time.verify(&statement(), &wanted()).err(),
        Some(QuoteError::NotAQuote)
    );
    let weak = Quote {
        attest: recorded!("two-banks"),
        signature: recorded!("two-banks-signature"),
    };
    assert_eq!(
        weak.verify(&statement(), &wanted()).err(),
        Some(QuoteError::Bank(0x0004))
    );
}

#[test]
fn other_algorithms_lengths_and_texts_are_refused() {
    let verify = |change: fn(&mut Quote)| {
        let mut quote = quote();
        change(&mut quote);
        quote.verify(&statement(), &wanted()).err()
    };
    assert_eq!(
        verify(|quote| quote.signature[1] = 0x14),
        Some(QuoteError::Algorithm(0x0014, 0x000b))
    );
    assert_eq!(
        verify(|quote| quote.signature[3] = 0x04),
        Some(QuoteError::Algorithm(0x0018, 0x0004))
    );
    assert_eq!(
        verify(|quote| quote.signature.push(0)),
        Some(QuoteError::Malformed("the signature"))
    );
    assert_eq!(
        verify(|quote| quote.signature[5] = 33),
        Some(QuoteError::Malformed("the signature"))
    );
    assert_eq!(
        verify(|quote| quote.signature.clear()),
        Some(QuoteError::Malformed("the signature"))
    );
    assert_eq!(
        verify(|quote| quote.attest = vec![0; 5000]),
        Some(QuoteError::TooLong(5072))
    );
    let key: AttestationKey = KEY.parse().unwrap();
    assert_eq!(key.to_string(), KEY);
    for wrong in [
        &KEY[5..],
        &KEY[..100],
        &KEY.to_uppercase(),
        &format!("{KEY}0"),
        &KEY.replace('a', "ä"),
    ] {
        assert_eq!(wrong.parse::<AttestationKey>(), Err(QuoteError::KeyText));
    }
}

#[test]
fn an_attestation_of_any_bytes_is_read_or_refused() {
    let attest = recorded!("attest");
    for end in 0..attest.len() {
        assert!(Attest::read(&attest[..end]).is_err());
    }
    assert!(Attest::read(&[&attest[..], &[0]].concat()).is_err());
    // As many selections as the count can say, and registers past the last one that there can be.
    let selection = Some(QuoteError::Malformed("the selection of registers"));
    let mut long = attest[..101].to_vec();
    long.extend_from_slice(&u32::MAX.to_be_bytes());
    long.extend(std::iter::repeat_n([0, 0x0b, 0], 300).flatten());
    assert_eq!(Attest::read(&long).err(), selection);
    let mut past = &[&[0, 0, 0, 1, 0, 0x0b, 40][..], &[0xff; 40]].concat()[..];
    assert_eq!(registers(&mut past).err(), selection);
    let mut twice = &[0, 0, 0, 2, 0, 0x0b, 1, 1, 0, 0x0b, 1, 1][..];
    assert_eq!(registers(&mut twice).err(), selection);
}

#[test]
fn a_quote_travels_as_text_and_tells_what_to_want() {
    let text = quote().to_string();
    assert_eq!(text.parse(), Ok(quote()));
    for wrong in [
        "",
        ".",
        &text[1..],
        &text.to_uppercase(),
        &text.replace('.', ""),
        &format!("{text}."),
    ] {
        let read = wrong.parse::<Quote>();
        let empty = Quote {
            attest: Vec::new(),
            signature: Vec::new(),
        };
        let refused = match wrong {
            "." => read == Ok(empty),
            _ => read == Err(QuoteError::Malformed("its text")),
        };
        assert!(refused, "{wrong}");
    }
    let long = "00".repeat(MAX_QUOTE) + ".00";
    assert_eq!(
        long.parse::<Quote>(),
        Err(QuoteError::TooLong(MAX_QUOTE + 1))
    );
    let (wanted, extra) = (wanted(), qualifying_data(&statement()));
    assert_eq!(quote().state(&wanted.key, &extra).as_ref(), Ok(&wanted));
    assert!(quote().state(&wanted.key, &Digest([0; 32])).is_err());
    let der = [SPKI, &wanted.key.0].concat();
    assert_eq!(AttestationKey::from_der(&der), Ok(wanted.key));
    for wrong in [&der[1..], &der[..der.len() - 1], &[]] {
        assert_eq!(AttestationKey::from_der(wrong), Err(QuoteError::KeyDer));
    }
}
