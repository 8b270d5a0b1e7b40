//! Public posts on which the classifier abstains, sampled for people.
//!
//! Abstaining means that a text is found like any other. So that a language that the model does not
//! know is no blind spot, some of these posts come to the end of the queue. What people decide about
//! them teaches the next version.

use crate::cases::{self, Origin};
use crate::decisions::SAMPLED;
use crate::gate::{Sign, acted_on};
use crate::reasons;
use crate::subject::{Subject, known};
use heliograph_model::Owner;
use heliograph_store::{Command, KeyRange, Locks, Order, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// Of a hundred posts on which the classifier abstains so many are drawn, about.
pub const PERCENT: u64 = 5;

/// How many cases of drawn posts there are in a day at most, unless the operator says otherwise.
pub const PER_DAY: u32 = 20;

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// Whether a text is drawn, by a digest over it under a key of the installation's: the same text is
/// drawn or not wherever it stands, and whoever writes it cannot know which.
pub fn is_drawn(digest: &[u8; 32]) -> bool {
    let (first, _) = digest.split_at(8);
    let drawn = u64::from_be_bytes(first.try_into().expect("eight bytes"));
    drawn % 100 < PERCENT
}

/// How many were drawn on a day, by its number since 1970.
#[derive(Clone, Copy, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
struct Drawn(#[n(0)] u32);

row!(Drawn, Table::Decision, key: (u8, u64));

/// Opens a case about a drawn post, behind everything that somebody reported.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The post.
    pub subject: Subject,
    /// SHA-256 of its text.
    pub text: [u8; 32],
    /// How many there are in a day at most.
    pub per_day: u32,
}

impl Command for Sample {
    /// The case; `None` where there were enough today, or somebody looks or has looked at this text.
    type Output = Option<u64>;
    type Error = StoreError;
    const NAME: &'static str = "sample_abstained";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<u64>, StoreError> {
        let day = tx.now().0.div_euclid(DAY_MS).unsigned_abs();
        let key = (SAMPLED, day);
        let Drawn(today) = tx.find_or_default(Owner::INSTALLATION, &key).await?;
        let found = known(tx.rows(), &self.subject).await?;
        let before = acted_on(tx.rows(), &self.subject, Sign::Text).await?;
        if today >= self.per_day
            || found.is_none_or(|found| !found.public || found.staff)
            || before.is_some_and(|before| before.text == self.text)
            || cases::open_about(tx.rows(), &self.subject).await?.is_some()
        {
            return Ok(None);
        }
        if today == 0 {
            let earlier = tx
                .rows()
                .list::<Drawn>(
                    Owner::INSTALLATION,
                    KeyRange::within(&SAMPLED),
                    Order::Ascending,
                    100,
                )
                .await?;
            for (day, _) in earlier {
                tx.delete::<Drawn>(Owner::INSTALLATION, &day)?;
            }
        }
        tx.put(Owner::INSTALLATION, &key, &Drawn(today + 1))?;
        // What the classifier has learned to tell; people who see something else choose that.
        let reason = reasons::find("spam").expect("it is in the table");
        let mut case = cases::begin(tx, self.subject, Origin::Sampled, reason).await?;
        cases::put(tx, &mut case)?;
        Ok(Some(case.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_twenty_is_drawn() {
        let drawn = (0..10_000_u64).filter(|number| {
            let mut digest = [0; 32];
            let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            digest[..8].copy_from_slice(&mixed.to_be_bytes());
            is_drawn(&digest)
        });
        assert!((400..600).contains(&drawn.count()));
    }
}
