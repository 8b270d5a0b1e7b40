//! What an installation says of itself on its pages, from its settings and its own constants.

use crate::settings::Settings;
use heliograph_console::{Installation, InstallationError};
use std::net::SocketAddr;

/// The installation that these settings describe, listening at `listen`.
///
/// Without `origin` it is this machine's own: `http://localhost:PORT`, since passkeys are bound to
/// a name and never to an address. Fails when the origin is none that they can be bound to.
pub fn describe(
    settings: &Settings,
    listen: SocketAddr,
) -> Result<Installation, InstallationError> {
    let own = format!("http://localhost:{}", listen.port());
    let origin = settings.origin.as_deref().unwrap_or(&own);
    let mut installation = Installation::new(Some(origin), settings.operator.clone())?;
    installation.kept = KEPT
        .iter()
        .map(|(what, how_long)| ((*what).to_owned(), (*how_long).to_owned()))
        .collect();
    Ok(installation)
}

/// What is kept beside the sealed records, and for how long; the whole inventory stands in
/// `docs/data-inventory.md`, which a test compares with the tables.
const KEPT: [(&str, &str); 8] = [
    (
        "Messages and chats",
        "until you delete them; what others received stays theirs",
    ),
    (
        "Your names, username and settings",
        "until you change them, or the account is deleted",
    ),
    (
        "A tag of your number, which nobody can turn back into it without the keeper's key",
        "as long as the account has the number",
    ),
    (
        "What others have sent you in secret chats, as bytes that nobody here can read",
        "until your device has it; 30 days at most",
    ),
    (
        "Which two devices a secret chat connects",
        "until one of them ends it",
    ),
    (
        "Which devices are signed in, with the country they signed in from",
        "until you end them",
    ),
    (
        "Who held a username or a number, and when",
        "while it is held, and 12 months",
    ),
    (
        "Your address book: whom you know, never their numbers",
        "until you remove them",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Flags;

    fn address(flags: &[&str]) -> String {
        let flags = Flags::parse(flags).expect("flags that exist");
        let settings = Settings::read(flags, []).unwrap_or_else(|error| panic!("{error}"));
        let listen = SocketAddr::from(([127, 0, 0, 1], 50_123));
        let installation = describe(&settings, listen).expect("an origin");
        installation.address().to_owned()
    }

    #[test]
    fn the_term_of_secret_chats_is_the_same_wherever_it_is_told() {
        let days = heliograph_domain::secret_chats::KEPT_S / 86_400;
        let told = heliograph_disclosure::letters::SECRET_CHATS_KEPT_DAYS;
        assert_eq!(days, i64::from(told));
        let line = format!("until your device has it; {days} days at most");
        assert!(KEPT.iter().any(|(_, how_long)| *how_long == line));
    }

    #[test]
    fn the_group_of_secret_chats_is_the_one_of_the_key_exchange() {
        use heliograph_model::{GENERATOR, GroupElement, PRIME};
        use heliograph_mtproto::dh;
        assert_eq!((GENERATOR, PRIME), (dh::GENERATOR, dh::PRIME));
        let mut value = PRIME;
        for place in 0..12 {
            for byte in [0, 1, 0x7f, 0xff] {
                value[place] = byte;
                let checked = GroupElement::parse(&value).is_ok();
                assert_eq!(checked, dh::is_in_bounds(&value), "{place}: {byte}");
            }
            value = [0; 256];
        }
    }

    #[test]
    fn without_an_origin_passkeys_are_bound_to_this_machine_and_its_port() {
        assert_eq!(address(&[]), "http://localhost:50123");
        let named = ["--origin", "https://chat.example.org"];
        assert_eq!(address(&named), "https://chat.example.org");
    }
}
