use super::*;
use crate::key::RunnerKey;
use crate::suite::Kem;
use crate::tests::support::{NOW, claim};

fn key() -> RunnerKey {
    RunnerKey::generate(Kem::XWing, 7).unwrap()
}

fn server() -> ServerKey {
    ServerKey::from_seed(&[1; 32]).unwrap()
}

fn signed(change: impl FnOnce(&mut Claim)) -> SignedStatement {
    let mut claim = claim(&key());
    change(&mut claim);
    server().sign(claim).unwrap()
}

fn pinned() -> Pin {
    signed(|_| ())
        .first_use(&Wanted::model("tiny"), NOW)
        .unwrap()
        .1
}

#[test]
fn a_statement_travels_and_is_believed() {
    let statement = signed(|_| ());
    let read = SignedStatement::decode(&statement.encode()).unwrap();
    let (runner, pin) = read.first_use(&Wanted::model("tiny"), NOW).unwrap();
    assert_eq!(runner.statement().server, server().identity());
    assert_eq!(runner.statement().claim, statement.statement.claim);
    assert_eq!(
        read.verify(&pin, &Wanted::model("tiny"), NOW.after(3599))
            .unwrap()
            .statement(),
        runner.statement()
    );
}

#[test]
fn every_flipped_bit_of_a_statement_is_detected() {
    let pin = pinned();
    let mut bytes = signed(|_| ()).encode();
    let refused = |bytes: &[u8]| {
        SignedStatement::decode(bytes)
            .and_then(|read| read.verify(&pin, &Wanted::model("tiny"), NOW))
            .is_err()
    };
    assert!(!refused(&bytes));
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(refused(&bytes), "byte {at} bit {bit}");
            bytes[at] ^= 1 << bit;
        }
    }
    for end in 0..bytes.len() {
        assert!(refused(&bytes[..end]), "{end}");
    }
    bytes.push(0);
    assert!(refused(&bytes));
}

#[test]
fn each_mismatch_is_named() {
    let (pin, other) = (pinned(), Digest::of(b"other"));
    let was = |text: &[u8]| Digest::of(text);
    let verify =
        |statement: &SignedStatement, wanted: &Wanted| statement.verify(&pin, wanted, NOW).err();
    let tiny = Wanted::model("tiny");
    let digest = |what, by, expected, got| {
        Some(StatementError::Digest {
            what,
            by,
            expected,
            got,
        })
    };

    assert_eq!(
        verify(&signed(|claim| claim.manifest = other), &tiny),
        digest("model manifest", "pinned", was(b"manifest"), other)
    );
    assert_eq!(
        verify(&signed(|claim| claim.binary = other), &tiny),
        digest("program", "pinned", was(b"binary"), other)
    );
    assert_eq!(
        verify(&signed(|claim| claim.sandbox = other), &tiny),
        digest("sandbox", "pinned", was(b"sandbox"), other)
    );
    assert_eq!(
        verify(&signed(|claim| claim.level = Level::Custom), &tiny),
        Some(StatementError::Level {
            by: "pinned",
            expected: Level::Standard,
            got: Level::Custom
        })
    );
    assert_eq!(
        verify(&signed(|claim| claim.model = "big".into()), &tiny),
        Some(StatementError::Model {
            expected: "tiny".into(),
            got: "big".into()
        })
    );
    // A new key, a longer list of protections: another start of the same runner.
    assert_eq!(
        verify(
            &signed(|claim| _ = claim.protections.insert("gpu-none".into())),
            &tiny
        ),
        None
    );

    let honest = signed(|_| ());
    let wanted = |change: fn(&mut Wanted)| {
        let mut wanted = Wanted::model("tiny");
        change(&mut wanted);
        verify(&honest, &wanted)
    };
    assert_eq!(
        wanted(|wanted| wanted.manifest = Some(Digest([0; 32]))),
        digest(
            "model manifest",
            "wanted",
            Digest([0; 32]),
            was(b"manifest")
        )
    );
    assert_eq!(
        wanted(|wanted| wanted.binary = Some(Digest([0; 32]))),
        digest("program", "wanted", Digest([0; 32]), was(b"binary"))
    );
    assert_eq!(
        wanted(|wanted| wanted.sandbox = Some(Digest([0; 32]))),
        digest("sandbox", "wanted", Digest([0; 32]), was(b"sandbox"))
    );
    assert_eq!(
        wanted(|wanted| wanted.level = Some(Level::High)),
        Some(StatementError::Level {
            by: "wanted",
            expected: Level::High,
            got: Level::Standard
        })
    );
    assert_eq!(
        wanted(|wanted| _ = wanted.protections.insert("tpm".into())),
        Some(StatementError::Protection("tpm".into()))
    );
    let text = wanted(|wanted| wanted.binary = Some(Digest([0; 32])))
        .unwrap()
        .to_string();
    assert_eq!(
        text,
        format!(
            "the runner's program has digest {}, wanted is 000000000000",
            was(b"binary").short()
        )
    );
}

#[test]
fn a_classical_key_is_enough_only_for_one_who_says_so() {
    let mut claim = claim(&RunnerKey::generate(Kem::X25519, 7).unwrap());
    claim.model = "tiny".into();
    let statement = server().sign(claim).unwrap();
    let refused = statement.first_use(&Wanted::model("tiny"), NOW).err();
    assert_eq!(refused, Some(StatementError::Classical(Kem::X25519)));
    let wanted = Wanted {
        allow_classical: true,
        ..Wanted::model("tiny")
    };
    assert!(statement.first_use(&wanted, NOW).is_ok());
}

#[test]
fn another_server_is_refused_even_with_a_right_signature() {
    let pin = pinned();
    let other = ServerKey::from_seed(&[2; 32]).unwrap();
    let statement = other.sign(claim(&key())).unwrap();
    let error = statement
        .verify(&pin, &Wanted::model("tiny"), NOW)
        .err()
        .unwrap();
    assert_eq!(
        error,
        StatementError::Server {
            expected: server().identity(),
            got: other.identity()
        }
    );
    assert!(error.to_string().contains(&other.identity().short()));
    // The other's statement with the pinned name in it.
    let mut forged = statement;
    forged.statement.server = server().identity();
    forged.body = encoding::encode(&forged.statement);
    let error = forged.verify(&pin, &Wanted::model("tiny"), NOW).err();
    assert_eq!(
        error,
        Some(StatementError::Signature {
            server: server().identity()
        })
    );
}

#[test]
fn a_statement_holds_from_its_issue_to_its_expiry() {
    let (pin, tiny, statement) = (pinned(), Wanted::model("tiny"), signed(|_| ()));
    let expired = NOW.after(3600);
    assert_eq!(
        statement.verify(&pin, &tiny, expired).err(),
        Some(StatementError::Expired {
            expired,
            now: expired
        })
    );
    let early = UnixTime(NOW.0 - 301);
    assert_eq!(
        statement.verify(&pin, &tiny, early).err(),
        Some(StatementError::NotYet {
            issued: NOW,
            now: early
        })
    );
    assert!(statement.verify(&pin, &tiny, UnixTime(NOW.0 - 300)).is_ok());
}

#[test]
fn what_may_not_be_said_is_not_signed() {
    let refused = |change: fn(&mut Claim)| {
        let mut claim = claim(&key());
        change(&mut claim);
        server().sign(claim).err()
    };
    assert_eq!(refused(|_| ()), None);
    assert_eq!(
        refused(|claim| claim.expires = claim.issued),
        Some(StatementError::Malformed("its time of expiry"))
    );
    assert_eq!(
        refused(|claim| claim.expires = claim.issued.after(86_401)),
        Some(StatementError::Malformed("its time of expiry"))
    );
    for name in ["", "a b", "a\n", "ä"] {
        let mut claim = claim(&key());
        claim.model = name.into();
        assert_eq!(
            server().sign(claim).err(),
            Some(StatementError::Malformed("the model's name")),
            "{name}"
        );
    }
    assert_eq!(
        refused(|claim| claim.model = "a".repeat(601)),
        Some(StatementError::Malformed("the model's name"))
    );
    for word in ["", "A", "a b", &"a".repeat(65)] {
        let mut claim = claim(&key());
        claim.protections.insert(word.into());
        assert_eq!(
            server().sign(claim).err(),
            Some(StatementError::Malformed("the list of protections")),
            "{word}"
        );
    }
    assert_eq!(
        refused(|claim| claim.protections = (0..65).map(|n| n.to_string()).collect()),
        Some(StatementError::Malformed("the list of protections"))
    );
}

#[test]
fn one_statement_has_one_encoding() {
    let statement = signed(|_| ());
    // Protections out of order, signed by the server itself: other bytes for the same statement.
    let swapped = {
        let text = b"\x08landlock\x0ano-network";
        let at = statement
            .body
            .windows(text.len())
            .position(|window| window == text)
            .unwrap();
        let mut body = statement.body.clone();
        body[at..at + text.len()].copy_from_slice(b"\x0ano-network\x08landlock");
        let signature = server().pair.sign(&[DOMAIN, &body].concat());
        [&body[..], signature.as_ref()].concat()
    };
    assert_eq!(
        SignedStatement::decode(&swapped).err(),
        Some(StatementError::NotCanonical)
    );
    let mut version = statement.encode();
    version[4] = 2;
    assert_eq!(
        SignedStatement::decode(&version).err(),
        Some(StatementError::Version(2))
    );
    version[0] = b'X';
    assert_eq!(
        SignedStatement::decode(&version).err(),
        Some(StatementError::NotAStatement)
    );
    assert_eq!(
        SignedStatement::decode(&vec![0; 9000]).err(),
        Some(StatementError::TooLong(9000))
    );
}

#[test]
fn a_model_is_pinned_when_it_is_met_and_met_anew_when_forgotten() {
    let mut pin = pinned();
    let big = signed(|claim| claim.model = "big".into());
    let runner = big.verify(&pin, &Wanted::model("big"), NOW).unwrap();
    pin.remember(&runner).unwrap();
    assert_eq!(pin.models.len(), 2);
    let changed = signed(|claim| {
        claim.model = "big".into();
        claim.binary = Digest::of(b"newer");
    });
    assert!(changed.verify(&pin, &Wanted::model("big"), NOW).is_err());
    assert!(pin.forget("big") && !pin.forget("big"));
    assert!(changed.verify(&pin, &Wanted::model("big"), NOW).is_ok());
}

#[test]
fn a_pin_is_data_that_a_person_can_read() {
    let pin = pinned();
    let text = serde_json::to_string_pretty(&pin).unwrap();
    assert!(
        text.contains("\"server\": \"ed25519:8a88e3dd7409f195"),
        "{text}"
    );
    assert!(text.contains("\"level\": \"standard\""));
    assert_eq!(serde_json::from_str::<Pin>(&text).unwrap(), pin);
    assert!(serde_json::from_str::<Pin>(&text.replace("first_seen", "seen")).is_err());
    assert!(serde_json::from_str::<Pin>(&text.replace("8a88", "8A88")).is_err());
}

#[test]
fn a_level_is_enough_for_itself_and_high_for_standard() {
    let enough = |level: Level| {
        [Level::Standard, Level::High, Level::Custom].map(|wanted| level.satisfies(wanted))
    };
    assert_eq!(enough(Level::Standard), [true, false, false]);
    assert_eq!(enough(Level::High), [true, true, false]);
    assert_eq!(enough(Level::Custom), [false, false, true]);
}
