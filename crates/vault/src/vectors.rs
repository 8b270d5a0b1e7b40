//! Test vectors of our formats in `docs/formats/vault-v1.json`, for those who write other
//! programs that read them. One test writes the file (`UPDATE_EXPECT=1`), the other knows only
//! the file and checks that everything in it holds.

use crate::group::SECOND_GENERATOR;
use crate::keys::{GateMode, OpeningKeys, SealingKeys, pkid};
use crate::keyset::{Ceremony, CheckedKeySet, KeySet, Role};
use crate::label::Kind;
use crate::open::{Opened, Opening};
use crate::partial::{CaseContext, Partial, custodian_partial, officer_partial};
use crate::plaintext::Sighting;
use crate::preserve::{Preserved, preserve};
use crate::record::{SealedRecord, seal_ip, seal_phone};
use crate::scene::{self, DAY, USER_ID};
use crate::secrets::{DaySecret, RecordSecret, UserSecret, ip_secret, phone_secret};
use crate::share::SecretShare;
use expect_test::expect_file;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

const ABOUT: &str = "Test vectors of the sealed records of Heliograph, version 1. All bytes are \
    in hexadecimal. Entropy and secrets are constants, which real ones must never be. The formats \
    are described in crates/vault/src.";

const CASE: CaseContext = CaseContext {
    request: [0xa1; 32],
    open: [0xa2; 32],
    preserved: Some([0xa3; 32]),
};

#[derive(Serialize, Deserialize)]
struct Vectors {
    about: String,
    second_generator: String,
    officers: Dealt,
    ip_custodians: Dealt,
    phone_custodians: Dealt,
    local_phone_custodian: Dealt,
    user_id: i64,
    user_secret: String,
    user_commitment: String,
    day: u32,
    day_secret: String,
    request: String,
    open: String,
    preserved: String,
    records: Vec<Sealed>,
    refused: Vec<Refused>,
}

#[derive(Serialize, Deserialize)]
struct Dealt {
    threshold: u8,
    public_key: String,
    key_set: String,
    shares: Vec<Share>,
}

#[derive(Serialize, Deserialize)]
struct Share {
    index: u16,
    scalar: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    what: String,
    /// The field above that holds the custodians' key.
    custodians: String,
    entropy: String,
    plaintext: Plaintext,
    pkid: String,
    label: String,
    record_secret: String,
    record: String,
    record_hash: String,
    /// Contributions of exactly K officers, made with constant entropy.
    officers: Vec<String>,
    custodians_open: Vec<String>,
    custodians_preserved: Vec<String>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Plaintext {
    Phone(String),
    Ip {
        address: String,
        first_s: u64,
        first_port: u16,
        last_s: u64,
        last_port: u16,
    },
}

#[derive(Serialize, Deserialize)]
struct Refused {
    what: String,
    format: Format,
    bytes: String,
    error: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    KeySet,
    Record,
    /// An officer's contribution to opening the first record.
    Partial,
}

#[test]
fn published_vectors_are_what_this_program_writes() {
    let mut text = serde_json::to_string_pretty(&written()).expect("plain data");
    text.push('\n');
    expect_file!["../../../docs/formats/vault-v1.json"].assert_eq(&text);
}

#[test]
fn published_vectors_hold() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/formats/vault-v1.json"
    );
    let text = std::fs::read_to_string(path).expect("the published file");
    let vectors: Vectors = serde_json::from_str(&text).expect("the form above");

    let generator = SECOND_GENERATOR.to_bytes();
    assert_eq!(fixed(&vectors.second_generator), generator);
    for key in [
        &vectors.officers,
        &vectors.ip_custodians,
        &vectors.phone_custodians,
    ] {
        let checked = checked(key);
        assert_eq!(checked.threshold, key.threshold);
        assert_eq!(checked.public_key.to_bytes(), fixed(&key.public_key));
        assert_eq!(checked.holders.len(), key.shares.len());
        for share in shares(key) {
            let holder = checked.holder(share.index()).expect("a holder");
            assert_eq!(holder.share_point, *share.point());
        }
    }
    let user = UserSecret::new(fixed(&vectors.user_secret));
    let commitment = user.commitment(vectors.user_id);
    assert_eq!(commitment.0, fixed(&vectors.user_commitment));
    for record in &vectors.records {
        record.hold(&vectors, &user);
    }
    let (record, keys) = (&vectors.records[0], vectors.keys(&vectors.records[0]));
    for refused in &vectors.refused {
        let error = refusal(refused.format, &bytes(&refused.bytes), record, &keys);
        assert_eq!(error.as_ref(), Some(&refused.error), "{}", refused.what);
    }
}

impl Vectors {
    fn keys(&self, record: &Sealed) -> OpeningKeys {
        let (gate, mode) = match record.custodians.as_str() {
            "ip_custodians" => (&self.ip_custodians, GateMode::Remote),
            "phone_custodians" => (&self.phone_custodians, GateMode::Remote),
            "local_phone_custodian" => (&self.local_phone_custodian, GateMode::Local),
            other => panic!("unknown custodians {other}"),
        };
        let keys = SealingKeys::new(checked(&self.officers), checked(gate), mode);
        OpeningKeys::unrefreshed(keys.expect("a pair of keys"))
    }

    fn case(&self) -> CaseContext {
        CaseContext {
            request: fixed(&self.request),
            open: fixed(&self.open),
            preserved: Some(fixed(&self.preserved)),
        }
    }
}

impl Sealed {
    /// Checks everything that is said about one record.
    fn hold(&self, vectors: &Vectors, user: &UserSecret) {
        let (keys, case) = (vectors.keys(self), vectors.case());
        let sealed = SealedRecord::parse(&bytes(&self.record)).expect("well-formed");
        assert_eq!(sealed.label().to_bytes()[..], bytes(&self.label));
        assert_eq!(sealed.label().pkid.0, fixed(&self.pkid));
        assert_eq!(sealed.hash().0, fixed(&self.record_hash));
        let record = sealed.verify().expect("genuine");
        let day = DaySecret::new(vectors.day, fixed(&vectors.day_secret));
        let secret = match record.label().kind {
            Kind::Phone => phone_secret(user, &record),
            Kind::Ip => ip_secret(user, &day, &record),
        };
        let secret = secret.expect("of this kind and day");
        assert_eq!(*secret.as_bytes(), fixed(&self.record_secret));

        let parse = |hex: &String| Partial::parse(&bytes(hex)).expect("well-formed");
        let officers: Vec<_> = self.officers.iter().map(parse).collect();
        let opened: Vec<_> = self.custodians_open.iter().map(parse).collect();
        let released = self.custodians_preserved.iter().map(|hex| {
            let kept = Preserved::parse(&bytes(hex)).expect("well-formed");
            let released = kept.release(&record, &keys, &case).expect("named");
            Partial::parse(&*released.to_bytes()).expect("its own encoding")
        });
        let opening = Opening {
            record: &record,
            keys: &keys,
            case: &case,
            user: user.commitment(vectors.user_id),
            secret: &RecordSecret::new(fixed(&self.record_secret)),
        };
        for custodians in [opened, released.collect()] {
            let opened = opening.open(&officers, &custodians).expect("a quorum");
            assert_eq!(Plaintext::from(&opened), self.plaintext);
        }
    }
}

impl From<&Opened> for Plaintext {
    fn from(opened: &Opened) -> Self {
        match opened {
            Opened::Phone(phone) => Self::Phone(phone.digits().into()),
            Opened::Ip(interval) => {
                let (first, last) = (interval.first(), interval.last());
                Self::Ip {
                    address: interval.ip().to_string(),
                    first_s: first.at_s,
                    first_port: first.port,
                    last_s: last.at_s,
                    last_port: last.port,
                }
            }
        }
    }
}

fn written() -> Vectors {
    let (officers, officer_shares) = scene::officers();
    let (ip, ip_shares) = scene::custodians(Role::IpCustodians);
    let (phone, phone_shares) = scene::custodians(Role::PhoneCustodians);
    let local_share = SecretShare::single(&[0x41; 64]).expect("not zero");
    let local = Ceremony {
        session: [0x42; 32],
        transcript: [0x43; 32],
        ..scene::ceremony(Role::PhoneCustodians)
    };
    let local = KeySet::single(local, &local_share, &[0x44; 32]);
    let local = local.verify().expect("an honest custodian");
    let local_shares = vec![local_share];
    let user = UserSecret::new([0x45; 32]);
    let day = DaySecret::new(DAY, [0x46; 32]);

    let gates = [
        (
            "phone number",
            "phone_custodians",
            &phone,
            &phone_shares,
            GateMode::Remote,
        ),
        (
            "IPv4 address",
            "ip_custodians",
            &ip,
            &ip_shares,
            GateMode::Remote,
        ),
        (
            "IPv6 address",
            "ip_custodians",
            &ip,
            &ip_shares,
            GateMode::Remote,
        ),
        (
            "phone number, local custodian",
            "local_phone_custodian",
            &local,
            &local_shares,
            GateMode::Local,
        ),
    ];
    let records = gates.into_iter().zip(0x50..).map(|(gate, seed)| {
        let (what, custodians, gate, shares, mode) = gate;
        let keys = SealingKeys::new(officers.clone(), gate.clone(), mode).expect("a pair");
        let entropy = [seed; 32];
        let sealed = match keys.kind() {
            Kind::Phone => seal_phone(&keys, &user, USER_ID, &scene::phone(), &entropy),
            Kind::Ip => seal_ip(&keys, &day, &user, USER_ID, &interval(what), &entropy),
        };
        let sealed = sealed.expect("keys of this kind");
        let record = sealed.verify().expect("sealed well");
        let secret = match keys.kind() {
            Kind::Phone => phone_secret(&user, &sealed),
            Kind::Ip => ip_secret(&user, &day, &sealed),
        };
        let secret = secret.expect("of this kind and day");
        let keys = OpeningKeys::unrefreshed(keys);
        let enough = &shares[..usize::from(gate.threshold)];
        let make = |share, order: Option<[u8; 32]>| match order {
            None => hex(
                &*custodian_partial(share, &record, &keys, CASE.open, &entropy)
                    .expect("a custodian")
                    .to_bytes(),
            ),
            Some(order) => hex(&*preserve(share, &record, &keys, order, &entropy)
                .expect("a custodian")
                .to_bytes()),
        };
        let by_officers = officer_shares[1..4].iter().map(|share| {
            let partial = officer_partial(share, &record, &keys, CASE.request, &entropy);
            hex(&*partial.expect("an officer").to_bytes())
        });
        Sealed {
            what: what.into(),
            custodians: custodians.into(),
            entropy: hex(&entropy),
            plaintext: match record.label().kind {
                Kind::Phone => Plaintext::from(&Opened::Phone(scene::phone())),
                Kind::Ip => Plaintext::from(&Opened::Ip(interval(what))),
            },
            pkid: hex(&pkid(&officers, gate, mode).0),
            label: hex(&record.label().to_bytes()),
            record_secret: hex(secret.as_bytes()),
            record: hex(&record.to_bytes()),
            record_hash: hex(&record.hash().0),
            officers: by_officers.collect(),
            custodians_open: enough.iter().map(|share| make(share, None)).collect(),
            custodians_preserved: enough.iter().map(|s| make(s, CASE.preserved)).collect(),
        }
    });
    let mut vectors = Vectors {
        about: ABOUT.into(),
        second_generator: hex(&SECOND_GENERATOR.to_bytes()),
        records: records.collect(),
        officers: key(&officers, &officer_shares),
        ip_custodians: key(&ip, &ip_shares),
        phone_custodians: key(&phone, &phone_shares),
        local_phone_custodian: key(&local, &local_shares),
        user_id: USER_ID,
        user_secret: hex(user.as_bytes()),
        user_commitment: hex(&user.commitment(USER_ID).0),
        day: DAY,
        day_secret: hex(day.as_bytes()),
        request: hex(&CASE.request),
        open: hex(&CASE.open),
        preserved: hex(&CASE.preserved.expect("named above")),
        refused: Vec::new(),
    };
    vectors.refused = refused(&vectors);
    vectors
}

/// Encodings that a program must refuse, each an honest one with some bytes replaced.
fn refused(vectors: &Vectors) -> Vec<Refused> {
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    let record = &vectors.records[0];
    let other = &vectors.records[3].record;
    let key_set = (Format::KeySet, &vectors.officers.key_set);
    let sealed = (Format::Record, &record.record);
    let partial = (Format::Partial, &record.officers[0]);
    // What, where, and which bytes stand there instead.
    let cases = [
        ("unknown version", key_set, 0, "02"),
        ("unknown role", key_set, 1, "04"),
        ("officers' key of a day", key_set, 37, "01"),
        ("threshold 0", key_set, 42, "00"),
        ("threshold above the number of holders", key_set, 42, "06"),
        ("public key is the identity", key_set, 75, ZERO),
        (
            "public key is another point",
            key_set,
            75,
            &vectors.second_generator[..],
        ),
        ("index 0", key_set, 109, "00"),
        ("share point is the identity", key_set, 110, ZERO),
        ("challenge is the group's order", key_set, 142, ORDER),
        ("proof of possession is void", key_set, 142, ZERO),
        ("unknown kind", sealed, 1, "03"),
        ("phone record with a day", sealed, 6, "01"),
        ("another person", sealed, 39, ZERO),
        ("U is the identity", sealed, 71, ZERO),
        ("U of another record", sealed, 71, &other[142..206]),
        (
            "U, its twin and the proof of another record",
            sealed,
            71,
            &other[142..398],
        ),
        ("response is the group's order", sealed, 167, ORDER),
        ("altered ciphertext", sealed, 199, "00000000"),
        ("index 0", partial, 3, "00"),
        ("index of nobody", partial, 3, "06"),
        ("another generation", partial, 7, "01"),
        ("custodians' context", partial, 8, "02"),
        ("another request", partial, 9, ZERO),
        ("point is the identity", partial, 41, ZERO),
        ("another point", partial, 41, &vectors.second_generator[..]),
        ("challenge is the group's order", partial, 73, ORDER),
    ];
    let keys = vectors.keys(record);
    let refuse = |(what, (format, honest), at, patch): (&str, (Format, &String), usize, &str)| {
        let mut altered = honest.clone();
        altered.replace_range(2 * at..2 * at + patch.len(), patch);
        let error = refusal(format, &bytes(&altered), record, &keys);
        Refused {
            what: what.into(),
            format,
            bytes: altered,
            error: error.expect("must be refused"),
        }
    };
    cases.into_iter().map(refuse).collect()
}

/// Why bytes are not used, in words; `None` if they are.
fn refusal(format: Format, data: &[u8], record: &Sealed, keys: &OpeningKeys) -> Option<String> {
    match format {
        Format::KeySet => match KeySet::parse(data).map(KeySet::verify) {
            Err(error) => Some(error.to_string()),
            Ok(verified) => verified.err().map(|error| error.to_string()),
        },
        Format::Record => match SealedRecord::parse(data).map(|record| record.verify()) {
            Err(error) => Some(error.to_string()),
            Ok(verified) => verified.err().map(|error| error.to_string()),
        },
        Format::Partial => {
            let record = SealedRecord::parse(&bytes(&record.record)).expect("well-formed");
            let record = record.verify().expect("genuine");
            match Partial::parse(data).map(|partial| partial.verify(&record, keys, &CASE)) {
                Err(error) => Some(error.to_string()),
                Ok(verified) => verified.err().map(|error| error.to_string()),
            }
        }
    }
}

fn interval(what: &str) -> crate::plaintext::IpInterval {
    let (first, last) = scene::sightings();
    match what {
        "IPv6 address" => {
            let address = "2001:db8::4:5".parse().expect("an address");
            let unknown_port = Sighting { port: 0, ..last };
            crate::plaintext::IpInterval::new(address, first, unknown_port).expect("in order")
        }
        _ => scene::interval(),
    }
}

fn key(keys: &CheckedKeySet, shares: &[SecretShare]) -> Dealt {
    let share = |share: &SecretShare| Share {
        index: share.index(),
        scalar: hex(&*share.to_bytes()),
    };
    Dealt {
        threshold: keys.threshold,
        public_key: hex(&keys.public_key.to_bytes()),
        key_set: hex(&keys.to_bytes()),
        shares: shares.iter().map(share).collect(),
    }
}

fn checked(key: &Dealt) -> CheckedKeySet {
    let keys = KeySet::parse(&bytes(&key.key_set)).expect("well-formed");
    keys.verify().expect("a sound key")
}

fn shares(key: &Dealt) -> Vec<SecretShare> {
    let read = |share: &Share| SecretShare::from_bytes(share.index, &fixed(&share.scalar));
    key.shares
        .iter()
        .map(|share| read(share).expect("canonical"))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16);
    pairs.map(|pair| byte(pair).expect("hexadecimal")).collect()
}

fn fixed<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().expect("a field of fixed size")
}
