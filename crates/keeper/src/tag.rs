//! Phone numbers and their tags.

use crate::client::{KeeperClient, KeeperError, MAX_BATCH, Purpose};
use heliograph_vault::oprf::{Blinded, Element};
use std::fmt;
use zeroize::Zeroizing;

/// Tells phone numbers apart from whatever else may once be hashed under the same key.
const DOMAIN: &[u8] = b"hg/phone-tag/v1:";

/// The longest number E.164 allows, in digits.
const MAX_DIGITS: usize = 15;

/// How many numbers are blinded or unblinded before other tasks get their turn. One takes about
/// 0.1 ms, a whole address book 50 ms.
const TURN: usize = 16;

/// Size of a tag, in bytes. Among 10^10 numbers two share one with probability below 10^-18.
pub const TAG_BYTES: usize = 16;

/// Stands for a phone number wherever people are looked up by number.
///
/// Equal numbers have equal tags. Without the keeper a tag tells nothing about its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneTag([u8; TAG_BYTES]);

impl PhoneTag {
    /// Takes up a tag that was stored.
    pub fn from_bytes(bytes: [u8; TAG_BYTES]) -> Self {
        Self(bytes)
    }

    /// The tag as it is stored.
    pub fn to_bytes(self) -> [u8; TAG_BYTES] {
        self.0
    }
}

/// Hides the tag: in a log it would name one person, for good.
impl fmt::Debug for PhoneTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneTag(..)")
    }
}

/// Why there is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Not a number in E.164 digits: 1 to 15 of them, the first not 0, no plus sign or spaces.
    #[error("not a phone number in E.164 digits")]
    NotE164,
    /// The keeper gave no answer.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
}

/// Asks the keeper for the tag of one number.
///
/// `e164_digits` is the number in international form without the plus sign; `entropy` fills a
/// buffer with secret random bytes.
pub async fn phone_tag(
    keeper: &dyn KeeperClient,
    purpose: Purpose,
    caller: u64,
    e164_digits: &str,
    entropy: impl FnMut(&mut [u8]),
) -> Result<PhoneTag, TagError> {
    let blinded = blind(e164_digits, entropy)?;
    let element = blinded.element().to_bytes();
    let evaluated = keeper.evaluate(purpose, caller, element).await?;
    finalize(blinded, &evaluated)
}

/// Asks the keeper for the tags of many numbers, in order.
///
/// The answer may be shorter than the question: it ends where the caller's budget does, or after
/// [`MAX_BATCH`] numbers. It is empty only if `e164_digits` is. One number that is not in E.164
/// digits spoils the call before anything is spent.
pub async fn phone_tags(
    keeper: &dyn KeeperClient,
    purpose: Purpose,
    caller: u64,
    e164_digits: &[&str],
    mut entropy: impl FnMut(&mut [u8]),
) -> Result<Vec<PhoneTag>, TagError> {
    if e164_digits.is_empty() {
        return Ok(Vec::new());
    }
    let asked = e164_digits.len().min(MAX_BATCH);
    let mut blinded = Vec::with_capacity(asked);
    for numbers in e164_digits[..asked].chunks(TURN) {
        for number in numbers {
            blinded.push(blind(number, &mut entropy)?);
        }
        tokio::task::yield_now().await;
    }

    let elements: Vec<_> = blinded
        .iter()
        .map(|blinded| blinded.element().to_bytes())
        .collect();
    let evaluated = keeper.evaluate_batch(purpose, caller, &elements).await?;
    if evaluated.len() > blinded.len() {
        return Err(KeeperError::Malformed.into());
    }

    let mut tags = Vec::with_capacity(evaluated.len());
    // Shorter where the budget ended; the blinds left over are dropped.
    for (blinded, evaluated) in blinded.into_iter().zip(&evaluated) {
        tags.push(finalize(blinded, evaluated)?);
        if tags.len() % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(tags)
}

fn blind(e164_digits: &str, mut entropy: impl FnMut(&mut [u8])) -> Result<Blinded, TagError> {
    let digits = e164_digits.as_bytes();
    let well_formed = (1..=MAX_DIGITS).contains(&digits.len())
        && digits[0] != b'0'
        && digits.iter().all(u8::is_ascii_digit);
    if !well_formed {
        return Err(TagError::NotE164);
    }
    let input = Zeroizing::new([DOMAIN, digits].concat());
    let mut random = Zeroizing::new([0; 64]);
    entropy(random.as_mut_slice());
    // Only entropy of zeros fails here, which no working source gives.
    Blinded::new(&input, &random).map_err(|_| KeeperError::Unavailable.into())
}

fn finalize(blinded: Blinded, evaluated: &[u8; 32]) -> Result<PhoneTag, TagError> {
    let evaluated = Element::from_bytes(evaluated).map_err(|_| KeeperError::Malformed)?;
    let output = blinded.finalize(&evaluated);
    let tag = output.as_bytes().first_chunk().expect("64 bytes hold 16");
    Ok(PhoneTag(*tag))
}
