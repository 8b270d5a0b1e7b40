//! Entry points for fuzzers, also run with seeded input by the tests: each takes any bytes and
//! panics only if a promise is broken.

use crate::keys::{GateMode, OpeningKeys, SealingKeys};
use crate::keyset::{Ceremony, CheckedKeySet, KeySet, Role};
use crate::partial::{CaseContext, Partial, officer_partial};
use crate::plaintext::{IpInterval, Phone};
use crate::preserve::Preserved;
use crate::record::{SealedRecord, VerifiedRecord, seal_phone};
use crate::secrets::UserSecret;
use crate::share::SecretShare;
use std::sync::LazyLock;

/// Keys of one officer and one custodian, and what they hold of one person.
struct Fixture {
    officers: CheckedKeySet,
    keys: OpeningKeys,
    record: VerifiedRecord,
    partial: Partial,
}

const CASE: CaseContext = CaseContext {
    request: [1; 32],
    open: [2; 32],
    preserved: None,
};

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let key = |role, seed| {
        let share = SecretShare::single(&[seed; 64]).expect("not zero");
        let ceremony = Ceremony {
            role,
            session: [seed; 32],
            epoch: 0,
            generation: 0,
            transcript: [seed; 32],
        };
        let key = KeySet::single(ceremony, &share, &[seed; 32]);
        (key.verify().expect("an honest key"), share)
    };
    let (officers, share) = key(Role::Officers, 1);
    let (gate, _) = key(Role::PhoneCustodians, 2);
    let keys = SealingKeys::new(officers.clone(), gate, GateMode::Local).expect("a pair");
    let phone = Phone::from_digits("4915100000").expect("a number");
    let record = seal_phone(&keys, &UserSecret::new([3; 32]), 1, &phone, &[4; 32])
        .expect("keys for phones")
        .verify()
        .expect("an honest record");
    let keys = OpeningKeys::unrefreshed(keys);
    let partial = officer_partial(&share, &record, &keys, CASE.request, &[5; 32])
        .expect("the officer's own share");
    Fixture {
        officers,
        keys,
        record,
        partial,
    }
});

/// Key sets: any bytes, and a sound key set that was altered.
pub fn fuzz_key_set(data: &[u8]) {
    if let Ok(read) = KeySet::parse(data) {
        assert_eq!(read.encode(), data);
        if let Ok(checked) = read.verify() {
            assert_eq!(checked.to_bytes(), data);
        }
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(read) = KeySet::from_base64(text)
        && let Ok(checked) = read.verify()
    {
        assert_eq!(checked.to_base64(), text);
    }
    if let Some(altered) = altered(&FIXTURE.officers.to_bytes(), data) {
        let verified = KeySet::parse(&altered).map(KeySet::verify);
        assert!(!matches!(verified, Ok(Ok(_))), "an altered key set is used");
    }
}

/// Records: any bytes, and an honest record that was altered.
pub fn fuzz_record(data: &[u8]) {
    if let Ok(read) = SealedRecord::parse(data) {
        assert_eq!(read.to_bytes(), data);
        let _ = read.verify();
    }
    if let Some(altered) = altered(&FIXTURE.record.to_bytes(), data) {
        let verified = SealedRecord::parse(&altered).map(|record| record.verify());
        assert!(!matches!(verified, Ok(Ok(_))), "an altered record is used");
    }
}

/// Partial decryptions, kept or not: any bytes, and an honest one that was altered.
pub fn fuzz_partial(data: &[u8]) {
    let Fixture {
        keys,
        record,
        partial,
        ..
    } = &*FIXTURE;
    if let Ok(read) = Partial::parse(data) {
        assert_eq!(read.to_bytes()[..], *data);
        let _ = read.verify(record, keys, &CASE);
    }
    if let Ok(read) = Preserved::parse(data) {
        assert_eq!(read.to_bytes()[..], *data);
    }
    if let Some(altered) = altered(&*partial.to_bytes(), data) {
        let verified = Partial::parse(&altered).map(|read| read.verify(record, keys, &CASE));
        assert!(!matches!(verified, Ok(Ok(()))), "an altered answer counts");
    }
}

/// What was found in a record that some other program sealed.
pub fn fuzz_plaintext(data: &[u8]) {
    if let Ok(phone) = Phone::parse(data) {
        assert_eq!(phone.to_bytes()[..], *data);
        assert_eq!(
            phone.digits().len(),
            data.iter().filter(|b| **b != 0).count()
        );
    }
    if let Ok(interval) = IpInterval::parse(data) {
        assert_eq!(interval.to_bytes()[..], *data);
        assert!(interval.first().at_s <= interval.last().at_s);
    }
}

/// `honest` with some bytes changed as `data` says; `None` when that changes nothing.
fn altered(honest: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = honest.to_vec();
    for change in data.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % bytes.len();
        bytes[at] ^= change[2];
    }
    (bytes != honest).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    /// Runs one entry point on noise, on alterations of few bytes, and on honest encodings with
    /// their tails replaced.
    fn run(target: fn(&[u8])) {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let mut below = |bound: u32| random.next_u32() % bound;
        let honest = [
            FIXTURE.officers.to_bytes(),
            FIXTURE.record.to_bytes(),
            FIXTURE.partial.to_bytes().to_vec(),
            FIXTURE.officers.to_base64().into_bytes(),
            b"4915100000\0\0\0\0\0\0".to_vec(),
            vec![0; IpInterval::BYTES],
        ];
        for round in 0..300 {
            let mut data = honest[round % honest.len()].clone();
            for _ in 0..below(4) {
                let at = below(data.len() as u32) as usize;
                data[at] = below(256) as u8;
            }
            if below(4) == 0 {
                data.truncate(below(data.len() as u32 + 1) as usize);
            }
            target(&data);
            let noise: Vec<u8> = (0..below(40)).map(|_| below(256) as u8).collect();
            target(&noise);
        }
        for bytes in &honest {
            target(bytes);
        }
    }

    #[test]
    fn key_sets_from_anywhere_keep_their_promises() {
        run(fuzz_key_set);
    }

    #[test]
    fn records_from_anywhere_keep_their_promises() {
        run(fuzz_record);
    }

    #[test]
    fn partial_decryptions_from_anywhere_keep_their_promises() {
        run(fuzz_partial);
    }

    #[test]
    fn plaintexts_from_anywhere_keep_their_promises() {
        run(fuzz_plaintext);
    }
}
