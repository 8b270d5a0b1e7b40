//! Three custodians who each have their own folder, as on three machines.

use super::town::Town;
use crate::custodian::client::{CustodianClient, InProcess};
use crate::custodian::{Custodian, NewKey, make_keys};
use crate::log_source::log_source;
use crate::system::Entropy;
use heliograph_transparency::entry::{Custodian as Listed, Mode, Roster};
use std::sync::Arc;

/// A town with three custodians of their own, two of whom must agree, and with officers of whom
/// `threshold` must.
pub(super) fn remote_town(officers: u8, threshold: u8) -> (Town, Vec<Arc<Custodian>>) {
    let mut town = Town::without_custodian();
    let (roster, custodians) = three(&town, 1);
    town.desk.append_body(roster).unwrap();
    town.found(officers, threshold);
    (town, custodians)
}

/// Three more custodians, two of whom must agree, and the roster number `set` that lists them.
pub(super) fn three(town: &Town, set: u64) -> (Roster, Vec<Arc<Custodian>>) {
    let entropy = Entropy::system();
    let mut listed = Vec::new();
    let name_of = |index: u16| format!("custodian-{set}-{index}");
    let place = |index: u16| town.folder.path().join(name_of(index));
    for index in 1..=3 {
        let name = name_of(index);
        let card =
            Custodian::init(&place(index), &name, &town.desk.policy, true, &entropy).unwrap();
        listed.push(Listed {
            index,
            address: format!("https://{name}.example"),
            name,
            key: card.key,
        });
    }
    let source = || log_source(&town.desk.log_path().to_string_lossy());
    let custodians = (1..=3).map(|index| {
        let clock = town.desk.clock.clone();
        Arc::new(Custodian::open(&place(index), source(), clock, entropy.clone()).unwrap())
    });
    let roster = Roster {
        set,
        mode: Mode::Remote,
        threshold: 2,
        custodians: listed,
    };
    (roster, custodians.collect())
}

/// The custodians as the desk calls them.
pub(super) fn clients(custodians: &[Arc<Custodian>]) -> Vec<InProcess> {
    custodians
        .iter()
        .map(|custodian| InProcess(Arc::clone(custodian)))
        .collect()
}

/// Makes a key of all of them, and logs it.
pub(super) fn make(town: &mut Town, clients: &[InProcess], key: NewKey<'_>) -> u64 {
    let all: Vec<&dyn CustodianClient> = clients.iter().map(|client| client as _).collect();
    let (today, policy) = (town.today(), town.desk.policy_hash());
    let entry = make_keys(
        &all,
        &town.desk.ledger,
        policy,
        key,
        today,
        &Entropy::system(),
    )
    .unwrap();
    town.desk.append(&entry).unwrap()
}
