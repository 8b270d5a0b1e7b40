//! What `@announcements` says: entered in the public log first, so that everybody is told the same.

use super::{Moderation, ModerationError};
use heliograph_domain::services::announcements::Announce;
use heliograph_moderation::terms;
use heliograph_transparency::entry::{Day, Deed, Entry, Errand};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::tree::Hash;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The longest announcement, in characters: with the lines below it, it fits into one message.
const TEXT_CHARS_MAX: usize = 3_500;

/// Why nothing was announced, in words for the operator.
#[derive(Debug, Error)]
pub enum AnnounceError {
    /// Nothing said, or too much.
    #[error("an announcement has 1 to {TEXT_CHARS_MAX} characters")]
    Length,
    /// The log or the store.
    #[error(transparent)]
    Failed(#[from] ModerationError),
}

impl Moderation {
    /// Says something to everybody; answers with the index of its entry in the log. The same words
    /// are said once, whatever ends in between.
    pub async fn announce(&self, text: &str) -> Result<u64, AnnounceError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
            return Err(AnnounceError::Length);
        }
        let hash = Hash(Sha256::digest(text).into());
        let entered = self.enter(move |ledger, today| {
            announced(ledger, hash).is_none().then(|| {
                let deed = Deed {
                    what: Errand::Announcement,
                    count: 1,
                    text: Some(hash),
                };
                Entry::new(today, deed)
            })
        });
        entered.await.map_err(ModerationError::from)?;
        let (entry, origin) = self.desk.office.with_log(|log| {
            let ledger = log.ledger();
            (announced(ledger, hash), ledger.origin().to_owned())
        });
        let entry = entry.expect("entered above");
        let text = signed(text, entry, &origin, hash);
        let said = self.store.write(Announce { entry, text }).await;
        said.map_err(ModerationError::from)?;
        Ok(entry)
    }

    /// Announces the versions of the terms that the log has beside the first.
    pub(super) async fn announce_terms(&self) -> Result<(), AnnounceError> {
        let published: Vec<(u64, Day)> = self.desk.office.with_log(|log| {
            let terms = log.ledger().moderation().terms().iter().skip(1);
            terms
                .map(|(_, terms)| (terms.version, terms.effective))
                .collect()
        });
        for (version, effective) in published {
            if let Some(terms) = terms::version(version) {
                let text = of_terms(version, effective, terms.hash());
                self.announce(&text).await?;
            }
        }
        Ok(())
    }
}

/// The index of the entry under which these words were announced.
fn announced(ledger: &Ledger, hash: Hash) -> Option<u64> {
    let mut deeds = ledger.moderation().deeds().iter();
    let found = deeds.find(|(_, deed)| deed.text == Some(hash));
    found.map(|(mark, _)| mark.index)
}

/// The words as people read them, with what proves that everybody was told the same.
fn signed(text: &str, entry: u64, origin: &str, hash: Hash) -> String {
    format!(
        "{text}\n\n—\nEntry {entry} of the public log {origin}. It holds the SHA-256 of what stands above \
         the line: {hash}"
    )
}

/// What is said of a new version of the terms.
fn of_terms(version: u64, effective: Day, hash: Hash) -> String {
    format!(
        "Version {version} of the terms holds from {effective} on. It can be read at /terms/{version}; the log holds \
         its SHA-256: {hash}. Your client will ask you to accept it."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_fits_into_one_message_and_names_its_entry() {
        let hash = Hash([7; 32]);
        let text = signed(
            &"ä".repeat(TEXT_CHARS_MAX),
            u64::MAX,
            "chat.example/log",
            hash,
        );
        assert!(text.chars().count() <= 4_096);
        assert!(text.contains(&format!("Entry {}", u64::MAX)));
        assert!(text.ends_with(&hash.to_string()));
    }

    #[test]
    fn what_is_said_of_new_terms_has_their_day_and_their_hash() {
        let text = of_terms(2, Day(20_780), Hash([7; 32]));
        assert!(
            text.starts_with("Version 2 of the terms holds from 2026-11-23 on."),
            "{text}"
        );
    }
}
