//! What the operator has switched off, until when and why.
//!
//! A switch ends by itself at its date: nobody has to remember to turn things on again.

use crate::accounts;
use heliograph_model::{Owner, PersonKind, UserId};
use heliograph_store::{Command, Locks, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// Whose uploads a switch stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uploaders {
    /// Accounts younger than [`NEW_DAYS`].
    New,
    /// Bots.
    Bots,
    /// Everyone.
    Everyone,
}

/// An account counts as new for so many days.
pub const NEW_DAYS: i64 = 7;

impl Uploaders {
    /// All of them.
    pub const ALL: [Uploaders; 3] = [Self::New, Self::Bots, Self::Everyone];

    /// The word for it, as the operator writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Bots => "bots",
            Self::Everyone => "everyone",
        }
    }

    /// The one with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    fn row(self) -> String {
        format!("uploads.{}", self.word())
    }
}

/// Something that is switched off.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Switch {
    /// Since when, in Unix seconds.
    #[n(0)]
    pub since: i32,
    /// Until when, in Unix seconds.
    #[n(1)]
    pub until: i32,
    /// Why, in the operator's words; people read it.
    #[n(2)]
    pub reason: String,
}

row!(Switch, Table::Switch, key: String);

/// Switches uploads off for some, or on again.
#[derive(Clone, Debug)]
pub struct SwitchUploads {
    /// For whom.
    pub of: Uploaders,
    /// Until when (Unix seconds) and why; `None` to switch them on.
    pub off: Option<(i32, String)>,
}

/// How a switch stood and stands: what the public log is to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    /// Whose uploads.
    pub of: Uploaders,
    /// How it stood; `None` for on.
    pub before: Option<Switch>,
    /// How it stands; `None` for on.
    pub now: Option<Switch>,
}

impl Command for SwitchUploads {
    type Output = Switched;
    type Error = StoreError;
    const NAME: &'static str = "switch_uploads";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Switched, StoreError> {
        let since = tx.now().seconds();
        let row = self.of.row();
        let before: Option<Switch> = tx.find(Owner::INSTALLATION, &row).await?;
        let now = self.off.map(|(until, reason)| Switch {
            since,
            until,
            reason,
        });
        match &now {
            Some(switch) => tx.put(Owner::INSTALLATION, &row, switch)?,
            None => tx.delete::<Switch>(Owner::INSTALLATION, &row)?,
        }
        Ok(Switched {
            of: self.of,
            before: before.filter(|before| before.until > since),
            now,
        })
    }
}

/// How a switch stands; `None` for on.
pub async fn uploads_of(
    rows: &mut dyn Rows,
    of: Uploaders,
    now_s: i32,
) -> Result<Option<Switch>, StoreError> {
    let switch: Option<Switch> = rows.find(Owner::INSTALLATION, &of.row()).await?;
    Ok(switch.filter(|switch| switch.until > now_s))
}

/// The switch that stops somebody's uploads; of several the one that ends last.
pub async fn stops_uploads(
    rows: &mut dyn Rows,
    user: UserId,
    now_s: i32,
) -> Result<Option<Switch>, StoreError> {
    let mut stops: Option<Switch> = None;
    for of in Uploaders::ALL {
        let Some(switch) = uploads_of(rows, of, now_s).await? else {
            continue;
        };
        let later = stops
            .as_ref()
            .is_none_or(|other| other.until < switch.until);
        if later && concerns(rows, of, user, now_s).await? {
            stops = Some(switch);
        }
    }
    Ok(stops)
}

async fn concerns(
    rows: &mut dyn Rows,
    of: Uploaders,
    user: UserId,
    now_s: i32,
) -> Result<bool, StoreError> {
    match of {
        Uploaders::Everyone => Ok(true),
        Uploaders::Bots => Ok(user.is_bot()),
        Uploaders::New => {
            let account = accounts::find(rows, user).await?;
            let new = |created_s: i32| i64::from(now_s - created_s) < NEW_DAYS * 86_400;
            Ok(account.is_some_and(|account| {
                account.person.kind == PersonKind::Human && new(account.person.created.seconds())
            }))
        }
    }
}
