//! Service accounts: users that the installation itself answers for.

pub mod announcements;
mod questions;

pub use questions::{Answer, Question, questions};

use crate::accounts::{Account, Proof};
use crate::keys::ClientInfo;
use crate::{accounts, dialogs};
use heliograph_model::{
    About, Body, FirstName, LastName, Peer, Person, PersonKind, UnixMs, UserId, Username,
};
use heliograph_store::mailbox::{self, NewMessage};
use heliograph_store::{Command, Locks, StoreError, Tx};

/// The account that brings sign-in codes and news of new sign-ins; clients know it by this id.
pub const NOTIFICATIONS: UserId = UserId(777_000);

/// The account that tells what authorities have asked for: `@transparency`.
pub const TRANSPARENCY: UserId = UserId(777_001);

/// The account that makes bots: `@BotFather`.
pub const BOT_FATHER: UserId = UserId(777_002);

/// The account that tells people what was decided about them, and takes appeals: `@SpamBot`.
pub const SPAM_BOT: UserId = UserId(777_003);

/// The account that takes search terms and links that should not be found: `@SearchReport`.
pub const SEARCH_REPORT: UserId = UserId(777_004);

/// The account that says what changes for everybody: `@announcements`.
pub const ANNOUNCEMENTS: UserId = UserId(777_005);

/// The stretch of ids in which service accounts lie, both ends included.
pub(crate) const FIRST: UserId = NOTIFICATIONS;
/// See [`FIRST`]. There is room for more.
pub(crate) const LAST: UserId = UserId(777_099);

/// Whether an id is a service account's.
pub fn is_service(user: UserId) -> bool {
    (FIRST..=LAST).contains(&user)
}

/// Usernames of service accounts that exist or will: nobody else may take them.
const RESERVED: &[&str] = &[
    "announcements",
    "botfather",
    "heliograph",
    "searchreport",
    "spambot",
    "telegram",
    "transparency",
];

/// Whether a username is kept for a service account.
pub fn is_reserved(name: &Username) -> bool {
    RESERVED.contains(&name.folded().as_str())
}

/// Makes the service accounts that are missing.
#[derive(Clone, Copy, Debug)]
pub struct EnsureServices;

impl Command for EnsureServices {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "ensure_services";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let notifications = Service {
            id: NOTIFICATIONS,
            name: "Heliograph",
            username: None,
            about: "",
            kind: PersonKind::Service,
        };
        let transparency = Service {
            id: TRANSPARENCY,
            name: "Transparency",
            username: Some("transparency"),
            about: "Send a country: what its authorities asked for.",
            kind: PersonKind::Bot,
        };
        let bot_father = Service {
            id: BOT_FATHER,
            name: "BotFather",
            username: Some("BotFather"),
            about: "Makes bots, and changes what they are.",
            kind: PersonKind::Bot,
        };
        let spam_bot = Service {
            id: SPAM_BOT,
            name: "Spam Info",
            username: Some("SpamBot"),
            about: "What was decided about your account and channels, and how to contest it.",
            kind: PersonKind::Bot,
        };
        let search_report = Service {
            id: SEARCH_REPORT,
            name: "Search Report",
            username: Some("SearchReport"),
            about: "Send a search term or a link that should not be found.",
            kind: PersonKind::Bot,
        };
        let announcements = Service {
            id: ANNOUNCEMENTS,
            name: "Announcements",
            username: Some("announcements"),
            about: "What changes for everybody, each time with its entry in the public log.",
            kind: PersonKind::Bot,
        };
        for service in [
            notifications,
            transparency,
            bot_father,
            spam_bot,
            search_report,
            announcements,
        ] {
            if accounts::find(tx, service.id).await?.is_none() {
                service.make(tx).await?;
            }
        }
        Ok(())
    }
}

/// A service account as it is made.
struct Service {
    id: UserId,
    name: &'static str,
    username: Option<&'static str>,
    about: &'static str,
    kind: PersonKind,
}

impl Service {
    async fn make(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let mut username = self.username.and_then(|name| Username::parse(name).ok());
        if let Some(name) = &username {
            let claimed = accounts::claim_username(tx, name, Peer::User(self.id)).await?;
            // Reserved names are nobody's; should a database say otherwise, its holder keeps it.
            if claimed.is_err() {
                username = None;
            }
        }
        let person = Person {
            id: self.id,
            first_name: FirstName::parse(self.name).ok(),
            last_name: LastName::default(),
            username,
            about: About::parse(self.about).unwrap_or_default(),
            kind: self.kind,
            verified: true,
            deleted: false,
            created: tx.now(),
            country: None,
            photo: None,
        };
        accounts::put(
            tx,
            &Account {
                person,
                phone: None,
                proven: Proof::None,
                sealed: None,
                staff: false,
                faces: Vec::new(),
            },
        )
        .await
    }
}

/// Writes a message from the notifications account into a person's mailbox, which the caller has
/// locked.
pub(crate) async fn write_to(tx: &mut Tx<'_>, to: UserId, text: String) -> Result<(), StoreError> {
    write_from(tx, NOTIFICATIONS, to, text).await
}

/// Writes a message from a service account into a person's mailbox, which the caller has locked.
///
/// There is one copy only: what a service account has said, it does not keep.
async fn write_from(
    tx: &mut Tx<'_>,
    service: UserId,
    to: UserId,
    text: String,
) -> Result<(), StoreError> {
    let peer = Peer::User(service);
    dialogs::begin(tx, to, peer).await?;
    let message = NewMessage {
        peer,
        from: service,
        flags: 0,
        reply_to: None,
        body: Body {
            text,
            ..Body::default()
        },
    };
    mailbox::append(tx, to.into(), message).await?;
    Ok(())
}

/// Brings a sign-in code to the devices that are signed in already.
#[derive(Clone)]
pub struct BringCode {
    /// Whose account.
    pub to: UserId,
    /// The code.
    pub code: String,
}

impl Command for BringCode {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "bring_code";

    fn locks(&self) -> Locks {
        Locks::of([self.to])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let text = format!(
            "Login code: {}. Do not give this code to anyone, even if they say they run this server!\n\n\
             This code can be used to log in to your account. We never ask it for anything else.\n\n\
             If you didn't request this code by trying to log in on another device, simply ignore \
             this message.",
            self.code
        );
        write_to(tx, self.to, text).await
    }
}

/// Tells somebody that their data was disclosed. Who has deleted the account meanwhile cannot be
/// told.
#[derive(Clone)]
pub struct BringNotice {
    /// Whom.
    pub to: UserId,
    /// What.
    pub text: String,
}

impl Command for BringNotice {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "bring_notice";

    fn locks(&self) -> Locks {
        Locks::of([self.to])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tell(tx, self.to, self.text).await
    }
}

/// Tells somebody something from the notifications account, within a command that has locked their
/// mailbox. Who has deleted the account cannot be told.
pub async fn tell(tx: &mut Tx<'_>, to: UserId, text: String) -> Result<(), StoreError> {
    let account = accounts::find(tx, to).await?;
    if account.is_none_or(|account| account.person.deleted) {
        return Ok(());
    }
    write_to(tx, to, text).await
}

/// The text that tells of a new sign-in. It names country and client, never an address: it will
/// stand in the chat's history.
pub(crate) fn new_sign_in(
    person: &Person,
    client: &ClientInfo,
    country: Option<&str>,
    now: UnixMs,
) -> String {
    let name = person.first_name.as_ref().map_or("", FirstName::as_str);
    format!(
        "New login. Dear {name}, we detected a login into your account from a new device on {}.\n\n\
         {}\n\n\
         If this wasn't you, you can end that session in Settings > Devices (or Privacy and \
         Security > Active Sessions).",
        utc(now),
        device(client, country),
    )
}

/// The text that tells of a sign-in that waits for the password.
pub(crate) fn unfinished_sign_in(
    person: &Person,
    client: &ClientInfo,
    country: Option<&str>,
    now: UnixMs,
) -> String {
    let name = person.first_name.as_ref().map_or("", FirstName::as_str);
    format!(
        "Unfinished login. Dear {name}, on {} a device was let in by a code, and was asked for your \
         password. It is not signed in before it gives that.\n\n\
         {}\n\n\
         If this wasn't you, somebody can receive or read your codes. Your password keeps them out: \
         give it to nobody.",
        utc(now),
        device(client, country),
    )
}

/// A device as its owner is told of it.
fn device(client: &ClientInfo, country: Option<&str>) -> String {
    let place = country
        .map(|code| format!("\nCountry: {code}"))
        .unwrap_or_default();
    format!(
        "Device: {}\nApplication: {}{place}",
        client.device_model, client.app_version
    )
}

/// A moment in Unix seconds as people read it: `2026-11-21 19:24 UTC`.
pub fn utc_of(seconds: i32) -> String {
    utc(UnixMs(i64::from(seconds) * 1000))
}

/// `2026-11-21 19:24 UTC`.
fn utc(now: UnixMs) -> String {
    let seconds = now.0.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        second / 3600,
        second / 60 % 60
    )
}

/// The Gregorian date of a day counted from 1970-01-01, by counting eras of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_services_are_reserved_in_any_case() {
        let reserved = |name| Username::parse(name).is_ok_and(|name| is_reserved(&name));
        assert!(reserved("BotFather") && reserved("@transparency"));
        assert!(!reserved("botfather2"));
        assert!(RESERVED.iter().all(|name| reserved(name)));
    }

    #[test]
    fn dates_are_written_in_utc() {
        assert_eq!(utc(UnixMs(0)), "1970-01-01 00:00 UTC");
        assert_eq!(utc(UnixMs(951_782_399_000)), "2000-02-28 23:59 UTC");
        assert_eq!(utc(UnixMs(951_782_400_000)), "2000-02-29 00:00 UTC");
        assert_eq!(utc(UnixMs(1_795_289_068_000)), "2026-11-21 19:24 UTC");
    }
}
