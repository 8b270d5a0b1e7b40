//! The officers of a house with a desk: their ceremony, their signatures, their responses.

use crate::house::{House, seconds};
use heliograph_console::casework::Person as Staff;
use heliograph_desk_store::{Act, NewStaff, StaffId, Token};
use heliograph_offline::ceremony::{Packet, Plan, draft, finish};
use heliograph_offline::lock::Lock;
use heliograph_offline::officer::Officer;
use heliograph_offline::system::Entropy;
use heliograph_server::desk::Desk;
use heliograph_transparency::entry::{Day, Signed};
use heliograph_transparency::files::{LogUpdate, Response};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

/// How many there are, and how many of them decide.
const ALL: usize = 2;

/// Two officers who decide together, each with the real tool and a folder of its own.
pub struct Officers {
    members: Vec<Officer>,
    lock: Lock,
    /// One of them, signed in at the desk.
    pub staff: Staff,
}

impl Officers {
    /// Makes officers in `folder` and holds their ceremony; afterwards the custodian's keys are made.
    pub async fn enrol(house: &House, folder: &Path) -> Self {
        let desk = house.desk.as_ref().expect("a house with a desk");
        let entropy = Entropy::system();
        let policy = desk.policy_text().as_bytes().to_vec();
        let lock = Lock::passphrase("practice".into()).weakly();
        let mut members = Vec::new();
        for number in 1..=ALL {
            let path = folder.join(format!("officer-{number}"));
            let name = format!("Officer-{number}");
            Officer::init(&path, &name, &lock, None, false, &entropy).expect("a new folder");
            let officer = Officer::open(&path, seconds(&house.clock), entropy.clone());
            let officer = officer.expect("made above");
            officer.pin(&policy).expect("the first policy");
            members.push(officer);
        }
        let staff = Staff {
            id: StaffId([9; 16]),
            name: "Ines".into(),
        };
        enter_staff(desk, &staff);
        let all = Officers {
            members,
            lock,
            staff,
        };
        let entry = all.hold_ceremony(desk, Sha256::digest(&policy).into());
        desk.blocking(move |desk| desk.enter(&entry))
            .await
            .expect("signed by all");
        desk.round().await;
        all
    }

    /// The entry of the officers' key.
    fn hold_ceremony(&self, desk: &Desk, policy: [u8; 32]) -> Vec<u8> {
        let update = update(desk);
        let origin = desk.office.with_log(|log| log.ledger().origin().to_owned());
        let cards = self.members.iter().map(|officer| officer.card().clone());
        let plan = Plan::for_officers(
            &origin,
            policy,
            ALL as u8,
            cards.collect(),
            &Entropy::system(),
        );
        let plan = plan.expect("a sound plan");
        let round = |step: &dyn Fn(&Officer) -> Packet| -> Vec<Packet> {
            self.members.iter().map(step).collect()
        };
        for officer in &self.members {
            officer.follow(&update).expect("a log that grows");
        }
        let first = round(&|officer| officer.begin(&plan, &self.lock).expect("invited"));
        let second = round(&|officer| officer.deal(&plan, &first, &self.lock).expect("all came"));
        let third = round(&|officer| {
            officer
                .confirm(&plan, &second, &self.lock)
                .expect("all dealt")
        });
        let entry = draft(&plan, &third, Day::of_unix(desk.now_s())).expect("all agree");
        let text = entry.to_bytes().expect("a sound entry");
        let signatures: Vec<Signed> = self
            .members
            .iter()
            .map(|officer| {
                let signature = officer.sign_key(&plan, &text, &self.lock);
                signature.expect("its own ceremony").signed()
            })
            .collect();
        let entry = finish(&plan, entry, &signatures, &[]).expect("all signed");
        entry.to_bytes().expect("a sound entry")
    }

    /// Both sign a decision that the desk has written down.
    pub fn sign(&self, desk: &Desk, entry: &[u8]) -> Vec<Signed> {
        let update = update(desk);
        let sign = |officer: &Officer| {
            officer.follow(&update).expect("a log that grows");
            let act = officer.read_act(entry).expect("a decision");
            let signature = officer.sign_act(&act, &self.lock);
            signature.expect("an officer").signed()
        };
        self.members.iter().map(sign).collect()
    }

    /// What each of them answers to a bundle, having reviewed it: the files that they bring back.
    pub fn approve(&self, bundle: &[u8]) -> Vec<Vec<u8>> {
        let approve = |officer: &Officer| {
            let review = officer.review(bundle).expect("everything holds");
            let response: Response = officer.approve(&review, &self.lock).expect("a share");
            response.to_bytes()
        };
        self.members.iter().map(approve).collect()
    }
}

/// The whole log, for officers to follow.
fn update(desk: &Desk) -> LogUpdate {
    desk.office
        .with_log(|log| log.update(0))
        .expect("the log is readable")
}

/// Enters someone at the desk, whose answers need a name.
fn enter_staff(desk: &Desk, staff: &Staff) {
    let act = Act {
        staff: None,
        name: Token::parse("invite-staff").expect("a word"),
        case: None,
    };
    let now_s = desk.now_s();
    let new = NewStaff {
        id: staff.id,
        name: staff.name.clone(),
        roles: BTreeSet::from([Token::parse("officer").expect("a word")]),
        invitation_hash: [9; 32],
        invitation_expires_s: now_s,
    };
    let entered = desk
        .store
        .desk()
        .act(&act, now_s, |step| step.invite_staff(&new, now_s));
    entered.expect("a new desk");
}
