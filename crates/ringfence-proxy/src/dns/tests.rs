use hickory_proto::op::Message;
use proptest::prelude::*;

use super::*;
use crate::limits::NAMES;

fn query(name: &str, kind: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.id = 0x1234;
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

fn ask(names: &Names, message: &Message) -> (Message, Event) {
    let outcome = answer(names, &message.to_vec().unwrap());
    let reply = Message::from_vec(&outcome.reply.expect("a reply")).unwrap();
    assert_eq!(reply.metadata.id, message.metadata.id);
    assert_eq!(reply.metadata.message_type, MessageType::Response);
    (reply, outcome.event)
}

fn address(names: &Names, name: &str, kind: RecordType) -> IpAddr {
    let (reply, event) = ask(names, &query(name, kind));
    assert_eq!(
        reply.metadata.response_code,
        ResponseCode::NoError,
        "{name}"
    );
    assert!(
        matches!(&event, Event::Dns { answer, .. } if answer == "synthetic"),
        "{event:?}"
    );
    match &reply.answers[..] {
        [record] => record.data.ip_addr().unwrap(),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_and_aaaa_are_two_faces_of_one_name() {
    let names = Names::new();
    let v4 = address(&names, "api.example.com.", RecordType::A);
    let v6 = address(&names, "API.example.COM.", RecordType::AAAA);
    let named = Meaning::Name(Host::Name("api.example.com".into()));
    assert_eq!(names.meaning(v4), named);
    assert_eq!(names.meaning(v6), named);
    assert_eq!(address(&names, "api.example.com.", RecordType::A), v4);
    assert_ne!(address(&names, "denied.example.net.", RecordType::A), v4);
}

#[test]
fn the_case_of_the_question_comes_back() {
    let (reply, _) = ask(&Names::new(), &query("aPi.ExAmPlE.cOm.", RecordType::A));
    assert_eq!(reply.queries[0].name.to_ascii(), "aPi.ExAmPlE.cOm.");
    assert_eq!(reply.answers[0].name.to_ascii(), "aPi.ExAmPlE.cOm.");
    assert_eq!(reply.answers[0].ttl, DNS_TTL_S);
    assert!(reply.metadata.recursion_available && reply.metadata.recursion_desired);
}

#[test]
fn types_that_could_carry_something_are_empty_or_refused() {
    let names = Names::new();
    for kind in [
        RecordType::HTTPS,
        RecordType::SVCB,
        RecordType::TXT,
        RecordType::MX,
        RecordType::SRV,
        RecordType::CNAME,
        RecordType::NS,
        RecordType::SOA,
        RecordType::CAA,
        RecordType::DNSKEY,
        RecordType::Unknown(65280),
    ] {
        let (reply, event) = ask(&names, &query("_dns.api.example.com.", kind));
        assert_eq!(
            reply.metadata.response_code,
            ResponseCode::NoError,
            "{kind}"
        );
        assert!(reply.answers.is_empty(), "{kind}");
        assert!(
            matches!(&event, Event::Dns { answer, .. } if answer == "nodata"),
            "{kind}"
        );
    }
    for kind in [
        RecordType::ANY,
        RecordType::NULL,
        RecordType::AXFR,
        RecordType::IXFR,
    ] {
        let (reply, _) = ask(&names, &query("api.example.com.", kind));
        assert_eq!(
            reply.metadata.response_code,
            ResponseCode::Refused,
            "{kind}"
        );
    }
    let mut chaos = query("version.bind.", RecordType::TXT);
    chaos.queries[0].query_class = DNSClass::CH;
    assert_eq!(
        ask(&names, &chaos).0.metadata.response_code,
        ResponseCode::Refused
    );
}

#[test]
fn names_that_stand_for_something_else_get_no_address() {
    let names = Names::new();
    for name in [
        "127.0.0.1.",
        "0x7f.1.",
        "1.",
        "invalid.",
        "x.invalid.",
        "use-application-dns.net.",
    ] {
        let (reply, _) = ask(&names, &query(name, RecordType::A));
        assert_eq!(
            reply.metadata.response_code,
            ResponseCode::NXDomain,
            "{name}"
        );
        assert!(reply.answers.is_empty());
    }
    for label in [
        &b"evil\0"[..],
        b"a.b",
        b"a b",
        b"caf\xc3\xa9",
        b"a\\b",
        b"a:1",
        b"a@b",
        b"[x]",
    ] {
        let mut message = query("x.", RecordType::A);
        message.queries[0].name = Name::from_labels([label, &b"google"[..], b"com"]).unwrap();
        let (reply, event) = ask(&names, &message);
        assert_eq!(
            reply.metadata.response_code,
            ResponseCode::NXDomain,
            "{label:?}"
        );
        let Event::Dns { name, .. } = event else {
            panic!()
        };
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_graphic() || byte == b' '),
            "{name:?}"
        );
    }
    let (reply, _) = ask(&names, &query(".", RecordType::A));
    assert!(reply.answers.is_empty());
}

#[test]
fn localhost_is_the_sandboxs_own() {
    let names = Names::new();
    assert_eq!(
        address(&names, "localhost.", RecordType::A),
        IpAddr::from([127, 0, 0, 1])
    );
    assert_eq!(
        address(&names, "app.LocalHost.", RecordType::AAAA),
        Ipv6Addr::LOCALHOST
    );
}

#[test]
fn only_synthetic_addresses_lead_back() {
    let names = Names::new();
    let v4 = address(&names, "back.example.", RecordType::A);
    let v6 = address(&names, "back.example.", RecordType::AAAA);
    for ip in [v4, v6] {
        let (reply, _) = ask(&names, &query(&Name::from(ip).to_ascii(), RecordType::PTR));
        assert_eq!(
            reply.answers[0].data,
            RData::PTR(PTR(Name::from_ascii("back.example.").unwrap()))
        );
    }
    for arpa in [
        "9.9.9.9.in-addr.arpa.",
        "0.18.198.in-addr.arpa.",
        "9.9.19.198.in-addr.arpa.",
        "x.in-addr.arpa.",
        "exfiltrated-data.example.",
    ] {
        let (reply, _) = ask(&names, &query(arpa, RecordType::PTR));
        assert_eq!(
            reply.metadata.response_code,
            ResponseCode::NXDomain,
            "{arpa}"
        );
    }
    let (reply, _) = ask(&names, &query("1.0.0.127.in-addr.arpa.", RecordType::PTR));
    assert_eq!(reply.answers.len(), 1);
}

#[test]
fn edns_is_answered_and_its_versions_are_not_guessed() {
    let names = Names::new();
    let mut message = query("edns.example.", RecordType::A);
    let mut edns = Edns::new();
    edns.set_max_payload(4096)
        .set_version(0)
        .set_dnssec_ok(true);
    message.set_edns(edns.clone());
    let (reply, _) = ask(&names, &message);
    assert_eq!(reply.edns.as_ref().unwrap().max_payload(), EDNS_PAYLOAD);
    assert_eq!(reply.answers.len(), 1);
    let plain = ask(&names, &query("edns.example.", RecordType::A)).0;
    assert!(plain.edns.is_none());
    edns.set_version(7);
    message.set_edns(edns);
    let (reply, _) = ask(&names, &message);
    assert_eq!(reply.edns.as_ref().unwrap().rcode_high(), 1, "BADVERS");
    assert!(reply.answers.is_empty());
}

#[test]
fn a_full_table_fails_and_says_so() {
    let names = Names::new();
    for n in 0..NAMES {
        names.assign(&format!("{n}.example")).unwrap();
    }
    let (reply, event) = ask(&names, &query("one-more.example.", RecordType::A));
    assert_eq!(reply.metadata.response_code, ResponseCode::ServFail);
    assert!(matches!(&event, Event::Dns { answer, .. } if answer == "limit"));
    assert_eq!(
        ask(&names, &query("7.example.", RecordType::A))
            .0
            .answers
            .len(),
        1
    );
}

#[test]
fn hostile_messages_are_refused_or_dropped() {
    let names = Names::new();
    let mut two = query("a.example.", RecordType::A);
    two.add_query(Query::query(
        Name::from_ascii("b.example.").unwrap(),
        RecordType::A,
    ));
    let none = Message::query();
    for message in [two, none] {
        assert_eq!(
            ask(&names, &message).0.metadata.response_code,
            ResponseCode::FormErr
        );
    }
    let mut update = query("a.example.", RecordType::SOA);
    update.metadata.op_code = OpCode::Update;
    assert_eq!(
        ask(&names, &update).0.metadata.response_code,
        ResponseCode::NotImp
    );

    let header =
        |flags: u8, questions: u8| vec![0x12, 0x34, flags, 0, 0, questions, 0, 0, 0, 0, 0, 0];
    let with = |tail: &[u8]| [header(1, 1), tail.to_vec()].concat();
    let malformed = [
        with(&[0xc0, 12, 0, 1, 0, 1]),          // a pointer to itself
        with(&[1, b'a', 0xc0, 12, 0, 1, 0, 1]), // a loop through a label
        with(&[0xc0, 200, 0, 1, 0, 1]),         // past the end
        with(&[64, 0, 0, 1, 0, 1]),             // a label type that does not exist
        with(&[63, b'a']),                      // cut short
        with(&[[63].as_slice(), &[b'a'; 63]].concat().repeat(5)), // longer than 255
        header(1, 0xff),                        // questions that are not there
    ];
    for bytes in malformed {
        let reply = answer(&names, &bytes).reply.expect("an id to answer to");
        assert_eq!(&reply[..2], &[0x12, 0x34]);
        assert_eq!(reply[3] & 0x0f, 1, "FORMERR for {bytes:?}");
        assert_eq!(reply.len(), HEADER);
    }
    let response = header(0x81, 1);
    for silent in [&[][..], &[0x12], &[0; 11], &response] {
        assert!(answer(&names, silent).reply.is_none(), "{silent:?}");
    }
    assert_eq!(
        names.meaning(IpAddr::from([198, 18, 1, 0])),
        Meaning::Stale,
        "none of it made a name"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = answer(&Names::new(), &bytes);
    }

    #[test]
    fn a_damaged_query_is_answered_with_its_id_or_not_at_all(at in 2usize..60, value: u8, cut in 0usize..80) {
        let mut message = query("some.long-name.example.com.", RecordType::A);
        message.set_edns(Edns::new());
        let mut bytes = message.to_vec().unwrap();
        let at = at % bytes.len();
        bytes[at] = value;
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        if let Some(reply) = answer(&Names::new(), &bytes).reply {
            prop_assert_eq!(&reply[..2], &bytes[..2]);
            prop_assert!(reply[2] & 0x80 != 0);
            prop_assert!(reply.len() <= 600);
        }
    }
}
