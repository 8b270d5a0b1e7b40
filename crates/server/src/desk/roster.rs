//! The next roster of custodians, from the names, addresses and cards that an officer brings.

use heliograph_console::casework::WantedRoster;
use heliograph_offline::custodian::client::Remote;
use heliograph_offline::identity::{Card, IdentityError};
use heliograph_transparency::entry::{Custodian, Mode, Roster};
use heliograph_transparency::ledger::custody::Custody;

/// The address of the custodian that runs beside the server.
const HERE: &str = "-";

/// Why there is no roster of these custodians. The words are for an officer.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// A card cannot be used.
    #[error("{0}: {1}")]
    Card(String, Box<IdentityError>),
    /// Two cards, or a card and an earlier roster, use a name for different keys.
    #[error("{0} is the name of another custodian; give one of them another name")]
    Name(String),
    /// A card was brought that no line names.
    #[error("there is a card of {0}, but no line")]
    Unnamed(String),
    /// Nobody of that name is known.
    #[error("{0} was on no roster yet, and there is no card of that name")]
    Unknown(String),
    /// The same custodian twice.
    #[error("{0} is there twice")]
    Twice(String),
    /// An address that cannot be called.
    #[error(
        "{0}: an address is http://HOST:PORT, https://HOST or unix:PATH, at most 100 characters"
    )]
    Address(String),
    /// The custodian of this machine beside others.
    #[error(
        "the custodian on this machine stands alone: an operator who is one of several makes them fewer"
    )]
    NotAlone,
    /// A threshold that cannot be met.
    #[error("of {have} custodians, {need} cannot act together")]
    Threshold {
        /// How many there are.
        have: usize,
        /// How many are to act together.
        need: u8,
    },
}

/// The roster that officers want, as the next one of the log, and the cards in it that are new.
///
/// Whoever was on a roster before is known by name and keeps number and key; a newcomer gets a
/// number that nobody ever had, for a share belongs to its number.
pub fn next(custody: &Custody, wanted: &WantedRoster) -> Result<(Roster, Vec<Card>), RosterError> {
    let known = known(custody);
    let mut cards = Vec::new();
    for file in &wanted.cards {
        let card = Card::parse(&file.bytes);
        let card = card.map_err(|error| RosterError::Card(file.name.clone(), Box::new(error)))?;
        // A card that is brought once more is no newcomer's.
        match known
            .iter()
            .find(|one| one.name == card.name || one.key == card.key)
        {
            Some(one) if (&one.name, one.key) == (&card.name, card.key) => {}
            Some(_) => return Err(RosterError::Name(card.name)),
            None if cards.iter().any(|other: &Card| other.name == card.name) => {
                return Err(RosterError::Twice(card.name));
            }
            None => cards.push(card),
        }
    }
    let mut free = known.iter().map(|one| one.index).max().unwrap_or(0);
    let mut custodians: Vec<Custodian> = Vec::new();
    for (name, address) in &wanted.custodians {
        if address.len() > 100 || (address != HERE && Remote::new(address).is_err()) {
            return Err(RosterError::Address(name.clone()));
        }
        let (index, key) = if let Some(one) = known.iter().find(|one| one.name == *name) {
            (one.index, one.key)
        } else {
            let card = cards.iter().find(|card| card.name == *name);
            let card = card.ok_or_else(|| RosterError::Unknown(name.clone()))?;
            free += 1;
            (free, card.key)
        };
        if custodians.iter().any(|other| other.key == key) {
            return Err(RosterError::Twice(name.clone()));
        }
        custodians.push(Custodian {
            index,
            name: name.clone(),
            key,
            address: address.clone(),
        });
    }
    let named = |card: &&Card| custodians.iter().any(|one| one.key == card.key);
    if let Some(card) = cards.iter().find(|card| !named(card)) {
        return Err(RosterError::Unnamed(card.name.clone()));
    }
    custodians.sort_by_key(|one| one.index);
    let (have, need) = (custodians.len(), wanted.threshold);
    if need == 0 || usize::from(need) > have || have > 255 {
        return Err(RosterError::Threshold { have, need });
    }
    let here = custodians.iter().filter(|one| one.address == HERE).count();
    let mode = match (here, have) {
        (0, _) => Mode::Remote,
        (1, 1) => Mode::Local,
        _ => return Err(RosterError::NotAlone),
    };
    let roster = Roster {
        set: custody.rosters().count() as u64 + 1,
        mode,
        threshold: need,
        custodians,
    };
    Ok((roster, cards))
}

/// Everyone who was ever on a roster, the newest first: an earlier holder of a name that was given
/// again is not meant by it.
fn known(custody: &Custody) -> Vec<Custodian> {
    let mut rosters: Vec<&Roster> = custody.rosters().map(|logged| &logged.roster).collect();
    rosters.reverse();
    rosters
        .into_iter()
        .flat_map(|roster| roster.custodians.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{RosterError, next};
    use heliograph_console::casework::WantedRoster;
    use heliograph_disclosure::documents::Upload;
    use heliograph_offline::identity::{Card, Identity};
    use heliograph_offline::system::Entropy;
    use heliograph_transparency::entry::{Body, Day, Entry, Mode};
    use heliograph_transparency::testing::Scene;

    const TODAY: Day = Day(20_778);

    fn identity(name: &str) -> Identity {
        Identity::new(name, &Entropy::system()).expect("a sound name")
    }

    fn card(card: &Card) -> Upload {
        Upload {
            name: format!("{}.json", card.name),
            bytes: card.to_json().into_bytes(),
        }
    }

    fn wanted(threshold: u8, lines: &[(&str, &str)], cards: &[&Card]) -> WantedRoster {
        WantedRoster {
            threshold,
            custodians: lines
                .iter()
                .map(|(name, address)| ((*name).to_owned(), (*address).to_owned()))
                .collect(),
            cards: cards.iter().map(|one| card(one)).collect(),
        }
    }

    /// What the scene's log has: `custodian-1` to `custodian-3`, at addresses of their own.
    fn scene() -> Scene {
        Scene::new("demo.example/log", TODAY)
    }

    fn refused(scene: &Scene, wanted: &WantedRoster) -> String {
        let refused = next(scene.ledger.custody(), wanted).expect_err("refused");
        refused.to_string()
    }

    #[test]
    fn who_stays_keeps_number_and_key_and_a_newcomer_gets_a_number_nobody_had() {
        let mut scene = scene();
        let town = identity("town-hall");
        let lines = [
            ("town-hall", "https://town.example"),
            ("custodian-1", "https://moved.example"),
            ("custodian-3", "http://198.51.100.3:8600"),
        ];
        let asked = wanted(2, &lines, &[town.card()]);
        let (roster, newcomers) = next(scene.ledger.custody(), &asked).expect("a roster");
        assert_eq!(
            (roster.set, roster.mode, roster.threshold),
            (2, Mode::Remote, 2)
        );
        let listed: Vec<_> = roster
            .custodians
            .iter()
            .map(|one| (one.index, &*one.name, &*one.address))
            .collect();
        assert_eq!(
            listed,
            [
                (1, "custodian-1", "https://moved.example"),
                (3, "custodian-3", "http://198.51.100.3:8600"),
                (4, "town-hall", "https://town.example"),
            ]
        );
        assert_eq!(roster.custodians[2].key, town.card().key);
        let before = &scene.ledger.custody().roster().expect("one").roster;
        assert_eq!(roster.custodians[0].key, before.custodians[0].key);
        assert_eq!(newcomers.len(), 1);
        assert_eq!(newcomers[0].fingerprint(), town.card().fingerprint());

        // It is what a log takes; who left comes back under the old number, without a card.
        let entry = Entry::new(TODAY, Body::Custodians(roster)).to_bytes();
        Entry::parse(&entry.expect("sound")).expect("read again");
        let (roster, _) = next(scene.ledger.custody(), &asked).expect("a roster");
        scene.push(roster);
        let back = wanted(1, &[("custodian-2", "https://two.example")], &[]);
        let (roster, newcomers) = next(scene.ledger.custody(), &back).expect("a roster");
        assert_eq!((roster.set, roster.custodians[0].index), (3, 2));
        assert!(newcomers.is_empty());
    }

    #[test]
    fn the_custodian_of_this_machine_stands_alone() {
        let scene = scene();
        let here = wanted(1, &[("custodian-1", "-")], &[]);
        let (roster, _) = next(scene.ledger.custody(), &here).expect("a roster");
        assert_eq!(roster.mode, Mode::Local);
        let beside = [("custodian-1", "-"), ("custodian-2", "https://two.example")];
        let beside = next(scene.ledger.custody(), &wanted(1, &beside, &[]));
        assert!(matches!(beside, Err(RosterError::NotAlone)));
    }

    #[test]
    fn mistakes_are_named() {
        let scene = scene();
        let (town, other) = (identity("town-hall"), identity("custodian-1"));
        let at = "https://town.example";
        let town_line = [("town-hall", at)];
        let cases = [
            (wanted(1, &town_line, &[]), "no card of that name"),
            (wanted(2, &town_line, &[town.card()]), "of 1 custodians, 2"),
            (wanted(0, &town_line, &[town.card()]), "of 1 custodians, 0"),
            (wanted(1, &[], &[]), "of 0 custodians, 1"),
            (
                wanted(1, &[("custodian-1", at), ("custodian-1", at)], &[]),
                "there twice",
            ),
            (
                wanted(1, &town_line, &[town.card(), town.card()]),
                "there twice",
            ),
            (
                wanted(1, &[("custodian-1", at)], &[other.card()]),
                "the name of another custodian",
            ),
            (
                wanted(1, &[("custodian-1", at)], &[town.card()]),
                "a card of town-hall, but no line",
            ),
            (
                wanted(1, &[("custodian-1", "ftp://town.example")], &[]),
                "an address is",
            ),
        ];
        for (wanted, expected) in cases {
            let told = refused(&scene, &wanted);
            assert!(told.contains(expected), "{told}");
        }
        let mut altered = wanted(1, &town_line, &[town.card()]);
        let text = String::from_utf8(altered.cards[0].bytes.clone()).expect("JSON");
        altered.cards[0].bytes = text.replace("town-hall", "town-hull").into_bytes();
        assert!(refused(&scene, &altered).contains("was altered"));
        altered.cards[0].bytes = b"nothing".to_vec();
        assert!(refused(&scene, &altered).contains("not an identity card"));
    }
}
