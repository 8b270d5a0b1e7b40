use super::packet::ALL;
use super::rounds::{Committed, ForOne, json, read};
use super::*;
use crate::identity::Identity;
use crate::system::Entropy;
use heliograph_transparency::entry::{Body, Day, Entry, Keys, Mode, Signed};
use heliograph_vault::keys::{GateMode, OpeningKeys, SealingKeys};
use heliograph_vault::keyset::CheckedKeySet;
use heliograph_vault::open::{Opened, Opening};
use heliograph_vault::partial::{CaseContext, PartialError, custodian_partial, officer_partial};
use heliograph_vault::plaintext::Phone;
use heliograph_vault::record::{VerifiedRecord, seal_phone};
use heliograph_vault::secrets::{UserSecret, phone_secret};
use heliograph_vault::share::SecretShare;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const ORIGIN: &str = "example.org/log";
const POLICY: [u8; 32] = [9; 32];
const DATE: Day = Day(20_778);

fn people(count: usize) -> Vec<Identity> {
    let name = |at: usize| format!("Officer-{}", at + 1);
    (0..count)
        .map(|at| Identity::new(&name(at), &Entropy::system()).unwrap())
        .collect()
}

fn plan(threshold: u8, people: &[Identity]) -> Plan {
    let cards = people.iter().map(|one| one.card().clone()).collect();
    Plan::for_officers(ORIGIN, POLICY, threshold, cards, &Entropy::system()).unwrap()
}

/// Everyone taking part, with the shares of an earlier generation where they have one.
struct Party<'a> {
    plan: &'a Plan,
    people: Vec<&'a Identity>,
    shares: BTreeMap<u16, &'a SecretShare>,
}

impl<'a> Party<'a> {
    fn new(plan: &'a Plan, people: &'a [Identity]) -> Self {
        let known = |one: &&Identity| plan.index_of(&one.card().key).is_some();
        Self {
            plan,
            people: people.iter().filter(known).collect(),
            shares: BTreeMap::new(),
        }
    }

    fn with_shares(mut self, shares: &'a [SecretShare]) -> Self {
        self.shares = shares.iter().map(|share| (share.index(), share)).collect();
        self
    }

    fn share_of(&self, one: &Identity) -> Option<&'a SecretShare> {
        self.shares
            .get(&self.plan.index_of(&one.card().key)?)
            .copied()
    }

    /// Round 1, each state written out and read back as between two sessions at a desk.
    fn first(&self) -> (Vec<Round1>, Vec<Packet>) {
        let begin = |one: &&Identity| {
            let (state, packet) =
                Round1::begin(self.plan, one, self.share_of(one), &Entropy::system()).unwrap();
            let state = Round1::from_secret_bytes(&state.to_secret_bytes()).unwrap();
            (state, Packet::parse(packet.to_json().as_bytes()).unwrap())
        };
        self.people.iter().map(begin).unzip()
    }

    fn second(
        &self,
        states: Vec<Round1>,
        packets: &[Packet],
    ) -> Result<(Vec<Round2>, Vec<Packet>), CeremonyError> {
        let pairs = states.into_iter().zip(&self.people);
        let mut all = (Vec::new(), Vec::new());
        for (state, one) in pairs {
            let (state, packet) = state.advance(self.plan, one, packets)?;
            all.0
                .push(Round2::from_secret_bytes(&state.to_secret_bytes()).unwrap());
            all.1.push(packet);
        }
        Ok(all)
    }

    fn third(
        &self,
        states: Vec<Round2>,
        packets: &[Packet],
    ) -> Result<(Vec<Round3>, Vec<Packet>), CeremonyError> {
        let mut all = (Vec::new(), Vec::new());
        for (state, one) in states.into_iter().zip(&self.people) {
            let (state, packet) = state.advance(
                self.plan,
                one,
                self.share_of(one),
                packets,
                &Entropy::system(),
            )?;
            let saved = state.to_secret_bytes();
            all.0
                .push(Round3::from_secret_bytes(self.plan, &saved).unwrap());
            all.1.push(packet);
        }
        Ok(all)
    }

    fn sign(&self, states: &[Round3], draft: &Entry) -> Vec<Signed> {
        let text = draft.to_bytes().unwrap();
        let pairs = states.iter().zip(&self.people);
        pairs
            .map(|(state, one)| state.sign(self.plan, one, &text).unwrap())
            .collect()
    }

    fn run(&self) -> Made {
        let (states, packets) = self.first();
        let (states, packets) = self.second(states, &packets).unwrap();
        let (states, packets) = self.third(states, &packets).unwrap();
        let draft = draft(self.plan, &packets, DATE).unwrap();
        let signed = self.sign(&states, &draft);
        let entry = finish(self.plan, draft, &signed, &[]).unwrap();
        let shares = states.iter().map(|state| {
            let share = state.share();
            SecretShare::from_bytes(share.index(), &share.to_bytes()).unwrap()
        });
        Made {
            shares: shares.collect(),
            text: entry.to_bytes().unwrap(),
        }
    }
}

struct Made {
    shares: Vec<SecretShare>,
    text: Vec<u8>,
}

impl Made {
    fn keys(&self) -> CheckedKeySet {
        let Body::Keys(keys) = Entry::parse(&self.text).unwrap().body else {
            panic!("not keys");
        };
        keys.key_set().unwrap().verify().unwrap()
    }
}

/// A phone number sealed to the officers' key and a lone custodian's, and opening it.
struct Vault {
    sealed_to: SealingKeys,
    custodian: SecretShare,
    record: VerifiedRecord,
}

const USER_ID: i64 = 7;
const CASE: CaseContext = CaseContext {
    request: [1; 32],
    open: [2; 32],
    preserved: None,
};

impl Vault {
    fn new(officers: &CheckedKeySet) -> Self {
        let host = Identity::new("custodian", &Entropy::system()).unwrap();
        let holders = vec![Holder {
            index: 1,
            card: host.card().clone(),
        }];
        let plan = Plan::for_custodians(
            ORIGIN,
            POLICY,
            Mode::Local,
            None,
            1,
            holders,
            &Entropy::system(),
        )
        .unwrap();
        let (custodian, entry) = alone(&plan, &host, DATE, &Entropy::system()).unwrap();
        let gate = Made {
            shares: Vec::new(),
            text: entry.to_bytes().unwrap(),
        };
        let sealed_to = SealingKeys::new(officers.clone(), gate.keys(), GateMode::Local).unwrap();
        let phone = Phone::from_digits("4915112345678").unwrap();
        let user = UserSecret::new([3; 32]);
        let record = seal_phone(&sealed_to, &user, USER_ID, &phone, &[4; 32]).unwrap();
        Self {
            record: record.verify().unwrap(),
            sealed_to,
            custodian,
        }
    }

    fn opens_with(
        &self,
        now: &CheckedKeySet,
        shares: &[&SecretShare],
    ) -> Result<bool, PartialError> {
        let gate = self.sealed_to.gate().clone();
        let keys = OpeningKeys::refreshed(self.sealed_to.clone(), now.clone(), gate).unwrap();
        let partial = |share: &&SecretShare| {
            officer_partial(share, &self.record, &keys, CASE.request, &[5; 32])
        };
        let officers: Vec<_> = shares.iter().map(partial).collect::<Result<_, _>>()?;
        let custodian =
            custodian_partial(&self.custodian, &self.record, &keys, CASE.open, &[6; 32])?;
        let user = UserSecret::new([3; 32]);
        let opening = Opening {
            record: &self.record,
            keys: &keys,
            case: &CASE,
            user: user.commitment(USER_ID),
            secret: &phone_secret(&user, &self.record).unwrap(),
        };
        Ok(match opening.open(&officers, &[custodian]) {
            Ok(Opened::Phone(phone)) => phone.digits() == "4915112345678",
            _ => false,
        })
    }
}

/// One 3-of-5 ceremony that many tests look at.
static FIVE: LazyLock<(Vec<Identity>, Made)> = LazyLock::new(|| {
    let people = people(5);
    let made = Party::new(&plan(3, &people), &people).run();
    (people, made)
});

#[test]
fn any_three_of_five_open_a_record_and_no_two_do() {
    let (_, made) = &*FIVE;
    let keys = made.keys();
    let vault = Vault::new(&keys);
    for subset in 0_u32..32 {
        let shares = made.shares.iter().enumerate();
        let shares = shares
            .filter(|(at, _)| subset >> at & 1 == 1)
            .map(|(_, share)| share);
        let shares: Vec<_> = shares.collect();
        assert_eq!(vault.opens_with(&keys, &shares).unwrap(), shares.len() == 3);
    }
}

#[test]
fn the_entry_is_signed_by_all_and_names_them() {
    let (people, made) = &*FIVE;
    let entry = Entry::parse(&made.text).unwrap();
    assert_eq!(entry.by.len(), 5);
    let message = entry.message(ORIGIN);
    for (signed, one) in entry.by.iter().zip(people) {
        assert!(signed.holds(&one.card().key, &message));
    }
    let Body::Keys(Keys { holders, .. }) = entry.body else {
        panic!("not keys");
    };
    let names: Vec<_> = holders.into_iter().map(|holder| holder.name).collect();
    assert_eq!(
        names,
        [
            "Officer-1",
            "Officer-2",
            "Officer-3",
            "Officer-4",
            "Officer-5"
        ]
    );
}

#[test]
fn a_refresh_keeps_the_key_and_retires_the_old_shares() {
    let (people, before) = &*FIVE;
    let holders = plan(3, people).holders;
    let plan = Plan::refresh(ORIGIN, POLICY, &before.text, holders, &Entropy::system()).unwrap();
    let after = Party::new(&plan, people).with_shares(&before.shares).run();
    let (old, new) = (before.keys(), after.keys());
    assert_eq!(new.public_key, old.public_key);
    assert_eq!((new.threshold, new.ceremony.generation), (3, 1));

    let vault = Vault::new(&old);
    let fresh: Vec<_> = after.shares.iter().take(3).collect();
    assert!(vault.opens_with(&new, &fresh).unwrap());
    let mixed = [&after.shares[0], &after.shares[1], &before.shares[2]];
    assert_eq!(vault.opens_with(&new, &mixed), Err(PartialError::Share(3)));
}

#[test]
fn a_lost_holder_is_replaced_under_a_new_number() {
    let (people, before) = &*FIVE;
    let newcomer = [Identity::new("Newcomer", &Entropy::system()).unwrap()];
    // Officers 2 and 5 have left; 6 comes in.
    let mut holders = plan(3, people).holders;
    holders.retain(|holder| ![2, 5].contains(&holder.index));
    holders.push(Holder {
        index: 6,
        card: newcomer[0].card().clone(),
    });
    let plan = Plan::refresh(ORIGIN, POLICY, &before.text, holders, &Entropy::system()).unwrap();
    let mut party = Party::new(&plan, people).with_shares(&before.shares);
    party.people.push(&newcomer[0]);
    let after = party.run();
    let (old, new) = (before.keys(), after.keys());
    assert_eq!(new.public_key, old.public_key);

    let vault = Vault::new(&old);
    let all: Vec<_> = after.shares.iter().collect();
    assert_eq!(
        all.iter().map(|share| share.index()).collect::<Vec<_>>(),
        [1, 3, 4, 6]
    );
    for left_out in 0..4 {
        let mut three = all.clone();
        three.remove(left_out);
        assert!(vault.opens_with(&new, &three).unwrap());
    }
    let gone = [&after.shares[0], &after.shares[1], &before.shares[4]];
    assert_eq!(vault.opens_with(&new, &gone), Err(PartialError::Holder(5)));
}

#[test]
fn a_refresh_with_a_share_of_another_generation_does_not_begin() {
    let (people, before) = &*FIVE;
    let holders = plan(3, people).holders;
    let plan = Plan::refresh(ORIGIN, POLICY, &before.text, holders, &Entropy::system()).unwrap();
    for share in [None, Some(&before.shares[1])] {
        let begun = Round1::begin(&plan, &people[0], share, &Entropy::system());
        assert!(matches!(begun, Err(CeremonyError::Share)));
    }
}

#[test]
fn plans_that_would_weaken_the_key_are_refused() {
    let people = people(3);
    let cards =
        |which: &[usize]| -> Vec<_> { which.iter().map(|at| people[*at].card().clone()).collect() };
    let refused = |threshold, which: &[usize]| {
        Plan::for_officers(ORIGIN, POLICY, threshold, cards(which), &Entropy::system()).is_err()
    };
    assert!(!refused(2, &[0, 1, 2]));
    assert!(refused(0, &[0, 1, 2]));
    assert!(refused(1, &[0, 1, 2]));
    assert!(refused(4, &[0, 1, 2]));
    assert!(refused(2, &[0, 1, 0]));
    // A number that passes from one person to another, and a quorum that a refresh lowers.
    let (five, before) = &*FIVE;
    let mut holders = plan(3, five).holders;
    holders[1].card = people[0].card().clone();
    let refresh =
        |holders| Plan::refresh(ORIGIN, POLICY, &before.text, holders, &Entropy::system());
    assert!(refresh(holders.clone()).is_err());
    holders.truncate(1);
    assert!(refresh(holders).is_err());
}

/// Two of three people, with everything of the first round done.
struct Scene {
    people: Vec<Identity>,
    plan: Plan,
}

impl Scene {
    fn new() -> Self {
        let people = people(3);
        let plan = plan(2, &people);
        Self { people, plan }
    }

    fn party(&self) -> Party<'_> {
        Party::new(&self.plan, &self.people)
    }

    /// How round 2 ends for holder 1 when `tamper` has changed the packets of round 1.
    fn second(&self, tamper: impl FnOnce(&mut Vec<Packet>)) -> Result<(), CeremonyError> {
        let (mut states, mut packets) = self.party().first();
        tamper(&mut packets);
        states
            .remove(0)
            .advance(&self.plan, &self.people[0], &packets)
            .map(|_| ())
    }

    /// How round 3 ends for holder 1 when `tamper` has changed the packets of round 2.
    fn third(&self, tamper: impl FnOnce(&mut Vec<Packet>)) -> Result<(), CeremonyError> {
        let party = self.party();
        let (states, packets) = party.first();
        let (mut states, mut packets) = party.second(states, &packets).unwrap();
        tamper(&mut packets);
        let first = states.remove(0);
        first
            .advance(
                &self.plan,
                &self.people[0],
                None,
                &packets,
                &Entropy::system(),
            )
            .map(|_| ())
    }
}

#[track_caller]
fn blames(outcome: Result<(), CeremonyError>, sentence: &str) {
    let error = outcome.expect_err("it must not go on").to_string();
    assert_eq!(error, sentence);
}

#[test]
fn whoever_sends_nothing_or_twice_is_named() {
    let scene = Scene::new();
    blames(
        scene.second(|packets| drop(packets.remove(2))),
        "round 1: the packet of holder 3 (Officer-3) is missing",
    );
    let (_, others) = scene.party().first();
    blames(
        scene.second(|packets| packets.push(others[1].clone())),
        "round 1: holder 2 (Officer-2) has sent two different packets",
    );
    blames(
        scene.third(|packets| drop(packets.remove(1))),
        "round 2: the packet of holder 2 (Officer-2) is missing",
    );
}

#[test]
fn a_packet_from_elsewhere_or_altered_is_refused_with_its_sender() {
    let scene = Scene::new();
    let elsewhere = Party::new(&plan(2, &scene.people), &scene.people).first().1;
    blames(
        scene.second(|packets| packets[1] = elsewhere[1].clone()),
        "the packet of holder 2 (Officer-2) belongs to another ceremony or round",
    );
    let first = scene.party().first().1;
    blames(
        scene.third(|packets| packets[1] = first[1].clone()),
        "the packet of holder 2 (Officer-2) belongs to another ceremony or round",
    );
    let altered = |packet: &Packet, from: &str, to: &str| {
        let json = packet.to_json();
        assert!(json.contains(from));
        Packet::parse(json.replacen(from, to, 1).as_bytes()).unwrap()
    };
    // What was sealed for holder 3 is delivered to holder 1.
    blames(
        scene.third(|packets| {
            packets[1] = altered(&packets[1], "\"to\": 1", "\"to\": 9");
            packets[1] = altered(&packets[1], "\"to\": 3", "\"to\": 1");
        }),
        "the packet of holder 2 (Officer-2) was altered, or signed under another plan",
    );
    // Under the session of this ceremony, but with another quorum in the plan.
    let mut lax = scene.plan.clone();
    lax.policy = [0; 32];
    let lax = Party::new(&lax, &scene.people).first().1;
    blames(
        scene.second(|packets| packets[1] = lax[1].clone()),
        "the packet of holder 2 (Officer-2) was altered, or signed under another plan",
    );
    blames(
        scene.second(|packets| packets[1] = altered(&packets[1], "\"from\": 2", "\"from\": 4")),
        "a packet comes from number 4, who takes no part in the ceremony",
    );
}

#[test]
fn a_copied_contribution_is_refused_with_its_sender() {
    let scene = Scene::new();
    blames(
        scene.second(|packets| {
            // Holder 3 presents what holder 2 committed to as its own.
            let copied = packets[1].to_all().unwrap().to_vec();
            let messages = vec![(ALL, copied)];
            packets[2] = Packet::new(&scene.plan, 1, 3, &scene.people[2], messages);
        }),
        "holder 3 (Officer-3) does not prove to know its contribution",
    );
}

#[test]
fn different_commitments_for_different_people_are_noticed() {
    let scene = Scene::new();
    let party = scene.party();
    let (states, packets) = party.first();
    // Holder 3 shows holder 2 another commitment than holder 1.
    let (other, shown) =
        Round1::begin(&scene.plan, &scene.people[2], None, &Entropy::system()).unwrap();
    let mut for_second = packets.clone();
    for_second[2] = shown;
    let mut states = states.into_iter();
    let first = states
        .next()
        .unwrap()
        .advance(&scene.plan, &scene.people[0], &packets)
        .unwrap();
    let second = states
        .next()
        .unwrap()
        .advance(&scene.plan, &scene.people[1], &for_second);
    let third = other
        .advance(&scene.plan, &scene.people[2], &for_second)
        .unwrap();
    let outcome = first.0.advance(
        &scene.plan,
        &scene.people[0],
        None,
        &[second.unwrap().1, third.1],
        &Entropy::system(),
    );
    blames(
        outcome.map(|_| ()),
        "holder 2 (Officer-2) was shown other packets in round 1: someone sends different ones",
    );
}

#[test]
fn a_share_that_does_not_fit_its_commitment_names_the_dealer() {
    let scene = Scene::new();
    let party = scene.party();
    let (mut states, packets) = party.first();
    // Holder 3 deals from another polynomial than it committed to.
    let (other, _) =
        Round1::begin(&scene.plan, &scene.people[2], None, &Entropy::system()).unwrap();
    states[2].secret = other.secret.clone();
    let (mut states, packets) = party.second(states, &packets).unwrap();
    let outcome = states.remove(0).advance(
        &scene.plan,
        &scene.people[0],
        None,
        &packets,
        &Entropy::system(),
    );
    blames(
        outcome.map(|_| ()),
        "what holder 3 (Officer-3) dealt does not fit its commitment",
    );
}

#[test]
fn a_commitment_of_another_degree_names_its_sender() {
    let scene = Scene::new();
    let lower = {
        let three = plan(3, &scene.people);
        let packet = Party::new(&three, &scene.people).first().1.remove(1);
        packet.to_all().unwrap().to_vec()
    };
    blames(
        scene.second(|packets| {
            packets[1] = Packet::new(&scene.plan, 1, 2, &scene.people[1], vec![(ALL, lower)]);
        }),
        "the packet of holder 2 (Officer-2) does not hold what belongs in it",
    );
}

#[test]
fn a_helper_who_lies_to_a_newcomer_is_named() {
    let (people, before) = &*FIVE;
    let newcomer = [Identity::new("Newcomer", &Entropy::system()).unwrap()];
    let mut holders = plan(3, people).holders;
    holders[4] = Holder {
        index: 6,
        card: newcomer[0].card().clone(),
    };
    let plan = Plan::refresh(ORIGIN, POLICY, &before.text, holders, &Entropy::system()).unwrap();
    let mut party = Party::new(&plan, people).with_shares(&before.shares);
    party.people.push(&newcomer[0]);
    let (states, first) = party.first();

    // Helper 1 publishes points that do not add up to its share.
    let mut tampered = first.clone();
    let mut said: Committed = read(first[0].to_all().unwrap()).unwrap();
    said.parts.swap(0, 1);
    let swapped = said.parts[0].clone();
    said.parts[1] = swapped;
    tampered[0] = Packet::new(&plan, 1, 1, &people[0], vec![(ALL, json(&said))]);
    let judge = Round1::from_secret_bytes(&states[1].to_secret_bytes()).unwrap();
    let outcome = judge.advance(&plan, &people[1], &tampered).map(|_| ());
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .contains("holder 1 (Officer-1)")
    );

    // Helper 2 passes on a sum that is none.
    let (mut states, mut packets) = party.second(states, &first).unwrap();
    let share = zeroize::Zeroizing::new(vec![0; 32]);
    let body = rounds::sealed(&plan, 6, &ForOne { share, sum: None }).unwrap();
    let echo = packets[1].to_all().unwrap().to_vec();
    packets[1] = Packet::new(&plan, 2, 2, &people[1], vec![(ALL, echo), (6, body)]);
    let outcome =
        states
            .pop()
            .unwrap()
            .advance(&plan, &newcomer[0], None, &packets, &Entropy::system());
    blames(
        outcome.map(|_| ()),
        "the packet of holder 2 (Officer-2) does not hold what belongs in it",
    );
}

#[test]
fn nobody_signs_an_entry_that_another_ceremony_made() {
    let scene = Scene::new();
    let party = scene.party();
    let run = || {
        let (states, packets) = party.first();
        let (states, packets) = party.second(states, &packets).unwrap();
        let (states, packets) = party.third(states, &packets).unwrap();
        (states, draft(&scene.plan, &packets, DATE).unwrap())
    };
    let ((states, own), (_, other)) = (run(), run());
    let text = other.to_bytes().unwrap();
    let signed = states[0].sign(&scene.plan, &scene.people[0], &text);
    assert!(matches!(signed, Err(CeremonyError::Entry)));
    // One signature short.
    let mut signatures = party.sign(&states, &own);
    signatures.remove(1);
    blames(
        finish(&scene.plan, own, &signatures, &[]).map(|_| ()),
        "the signature of holder 2 (Officer-2) under the entry is missing or wrong",
    );
}

#[test]
fn a_holder_with_another_result_is_named() {
    let scene = Scene::new();
    let party = scene.party();
    let run = || {
        let (states, packets) = party.first();
        let (states, packets) = party.second(states, &packets).unwrap();
        party.third(states, &packets).unwrap().1
    };
    let (mut packets, others) = (run(), run());
    packets[2] = others[2].clone();
    blames(
        draft(&scene.plan, &packets, DATE).map(|_| ()),
        "holder 3 (Officer-3) came to another key or transcript",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A packet with any byte changed is not read, or refused, or says the same in other words.
    #[test]
    fn a_packet_with_any_byte_changed_is_refused(position: prop::sample::Index, change in 1_u8..) {
        static SCENE: LazyLock<(Scene, Vec<u8>, Vec<Packet>)> = LazyLock::new(|| {
            let scene = Scene::new();
            let (states, packets) = scene.party().first();
            let state = states[0].to_secret_bytes().to_vec();
            (scene, state, packets)
        });
        let (scene, state, packets) = &*SCENE;
        let mut json = packets[1].to_json().into_bytes();
        let at = position.index(json.len());
        json[at] ^= change;
        if let Some(changed) = Packet::parse(&json) {
            let state = Round1::from_secret_bytes(state).unwrap();
            let same = changed == packets[1];
            let all = [packets[0].clone(), changed, packets[2].clone()];
            let outcome = state.advance(&scene.plan, &scene.people[0], &all);
            prop_assert_eq!(outcome.is_ok(), same);
        }
    }
}
