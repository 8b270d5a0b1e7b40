//! Sign-in codes, in memory only.
//!
//! A code is random, lives five minutes, and is forgotten after a few wrong guesses. The phone
//! number stays here for as long as its code does. It leaves in one way only: once it is proven to be
//! somebody's it is sealed ([`Codes::proven`]).

use crate::accounts::Account;
use crate::sealing::Seals;
use heliograph_keeper::PhoneTag;
use heliograph_model::{E164, UnixMs};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use thiserror::Error;

/// How long a code holds, in seconds.
pub const CODE_TTL_S: i64 = 300;
/// How many digits a code has.
pub const CODE_DIGITS: u32 = 5;
/// After so many wrong guesses the code is gone: one in 20,000 to hit by chance.
const GUESSES_MAX: u8 = 5;
/// How many codes one number gets within [`CODES_PER_NUMBER_WINDOW_S`].
const CODES_PER_NUMBER: usize = 5;
/// The time over which the codes of a number are counted, in seconds.
const CODES_PER_NUMBER_WINDOW_S: i64 = 3600;
/// How many numbers may wait for a code at a time. Each takes about 200 bytes; beyond it new
/// requests wait, so that a flood of requests costs bounded memory.
const WAITING_MAX: usize = 50_000;

/// Why a code was not given or not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Too many codes for this number, or in all; seconds to wait.
    #[error("too many codes, wait {0} s")]
    Flood(u32),
    /// There is no such request, or its time is over.
    #[error("the code has expired")]
    Expired,
    /// The request belongs to another number.
    #[error("the code was requested for another number")]
    OtherNumber,
    /// Not the code.
    #[error("not the code")]
    Invalid,
}

/// Names one request for a code: 18 hexadecimal digits, as `phone_code_hash`.
pub type CodeHash = String;

/// A request for a code that is waiting for its answer.
#[derive(Clone)]
pub struct Waiting {
    /// The number. It is dropped with the request.
    pub phone: Arc<E164>,
    /// Its tag.
    pub tag: PhoneTag,
    /// The code.
    pub code: String,
    expires: UnixMs,
    guesses: u8,
    /// The right code was given; the account is still to be made.
    passed: bool,
}

#[derive(Default)]
struct State {
    waiting: HashMap<CodeHash, Waiting>,
    given: HashMap<[u8; 16], Vec<UnixMs>>,
}

/// All requests for codes of this process.
#[derive(Default)]
pub struct Codes {
    state: Mutex<State>,
    /// Where a number goes once it is proven; nowhere in a server without a desk.
    sealer: OnceLock<Arc<dyn Seals>>,
}

impl Codes {
    /// From now on hands proven numbers to `sealer`. The first one stays.
    pub fn hand_over_to(&self, sealer: Arc<dyn Seals>) {
        let _ = self.sealer.set(sealer);
    }

    /// Makes a code for a number. `entropy` is 16 random bytes.
    pub fn request(
        &self,
        phone: E164,
        tag: PhoneTag,
        entropy: [u8; 16],
        now: UnixMs,
    ) -> Result<(CodeHash, Waiting), CodeError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget_old(now);
        if state.waiting.len() >= WAITING_MAX {
            return Err(CodeError::Flood(60));
        }
        state.count(tag, now)?;

        // A new request takes the place of earlier ones for the number.
        state
            .waiting
            .retain(|_, waiting| waiting.tag != tag || waiting.passed);
        let (random, name) = entropy.split_at(7);
        let mut hash = CodeHash::new();
        for byte in name {
            write!(hash, "{byte:02x}").expect("writing to a string");
        }
        let waiting = Waiting {
            phone: Arc::new(phone),
            tag,
            code: digits(random),
            expires: now.plus_seconds(CODE_TTL_S),
            guesses: 0,
            passed: false,
        };
        state.waiting.insert(hash.clone(), waiting.clone());
        Ok((hash, waiting))
    }

    /// The request with this hash, to send its code once more: that counts as a code for the number.
    pub fn resend(&self, hash: &str, phone: &E164, now: UnixMs) -> Result<Waiting, CodeError> {
        let waiting = self.find(hash, phone, now)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.count(waiting.tag, now)?;
        Ok(waiting)
    }

    /// The request with this hash, if it is for this number.
    pub fn find(&self, hash: &str, phone: &E164, now: UnixMs) -> Result<Waiting, CodeError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget_old(now);
        let waiting = state.waiting.get(hash).ok_or(CodeError::Expired)?;
        if *waiting.phone != *phone {
            return Err(CodeError::OtherNumber);
        }
        Ok(waiting.clone())
    }

    /// Forgets a request.
    pub fn cancel(&self, hash: &str, phone: &E164, now: UnixMs) -> Result<(), CodeError> {
        self.find(hash, phone, now)?;
        self.end(hash);
        Ok(())
    }

    /// Takes a code. The right one marks the request as passed, so that a sign-up may follow
    /// without it; [`Codes::end`] ends the request.
    pub fn check(
        &self,
        hash: &str,
        phone: &E164,
        code: &str,
        now: UnixMs,
    ) -> Result<Waiting, CodeError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget_old(now);
        let waiting = state.waiting.get_mut(hash).ok_or(CodeError::Expired)?;
        if *waiting.phone != *phone {
            return Err(CodeError::OtherNumber);
        }
        if waiting.code != code.trim() {
            waiting.guesses += 1;
            if waiting.guesses >= GUESSES_MAX {
                state.waiting.remove(hash);
                return Err(CodeError::Expired);
            }
            return Err(CodeError::Invalid);
        }
        waiting.passed = true;
        Ok(waiting.clone())
    }

    /// The request with this hash, if its code has been given rightly: for a sign-up.
    pub fn passed(&self, hash: &str, phone: &E164, now: UnixMs) -> Result<Waiting, CodeError> {
        let waiting = self.find(hash, phone, now)?;
        if waiting.passed {
            Ok(waiting)
        } else {
            Err(CodeError::Invalid)
        }
    }

    /// A number was proven to be the account's: it is sealed where that is done. Its request has
    /// ended, so it leaves this memory.
    pub async fn proven(&self, phone: &E164, account: &Account) {
        if let Some(sealer) = self.sealer.get() {
            sealer.number(account, phone).await;
        }
    }

    /// Ends a request: its code has served.
    pub fn end(&self, hash: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.remove(hash);
    }
}

impl State {
    fn forget_old(&mut self, now: UnixMs) {
        self.waiting.retain(|_, waiting| waiting.expires > now);
        let since = now.plus_seconds(-CODES_PER_NUMBER_WINDOW_S);
        self.given.retain(|_, given| {
            given.retain(|at| *at > since);
            !given.is_empty()
        });
    }

    /// Counts a code that goes out for a number, or says how long to wait.
    fn count(&mut self, tag: PhoneTag, now: UnixMs) -> Result<(), CodeError> {
        let given = self.given.entry(tag.to_bytes()).or_default();
        if given.len() >= CODES_PER_NUMBER {
            let free = given[0].plus_seconds(CODES_PER_NUMBER_WINDOW_S);
            return Err(CodeError::Flood(((free.0 - now.0) / 1000).max(1) as u32));
        }
        given.push(now);
        Ok(())
    }
}

/// A code of [`CODE_DIGITS`] digits from 7 random bytes; the remainder favours no code by more than
/// one part in 10^11.
fn digits(random: &[u8]) -> String {
    let number = random
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!(
        "{:0width$}",
        number % 10_u64.pow(CODE_DIGITS),
        width = CODE_DIGITS as usize
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    fn phone(digits: &str) -> E164 {
        E164::parse(digits).expect("a number")
    }

    fn tag(byte: u8) -> PhoneTag {
        PhoneTag::from_bytes([byte; 16])
    }

    #[test]
    fn the_right_code_passes_and_a_wrong_one_does_not() {
        let codes = Codes::default();
        let (hash, waiting) = codes
            .request(phone("4930123456"), tag(1), [7; 16], NOW)
            .expect("first request");
        assert_eq!(waiting.code.len(), CODE_DIGITS as usize);
        let number = phone("4930123456");
        let check = |code: &str| codes.check(&hash, &number, code, NOW).map(|_| ());
        assert_eq!(check("x"), Err(CodeError::Invalid));
        assert_eq!(
            codes.passed(&hash, &number, NOW).map(|_| ()),
            Err(CodeError::Invalid)
        );
        assert_eq!(check(&waiting.code), Ok(()));
        assert!(codes.passed(&hash, &number, NOW).is_ok());
        let other = codes
            .check(&hash, &phone("4930999999"), &waiting.code, NOW)
            .map(|_| ());
        assert_eq!(other, Err(CodeError::OtherNumber));
    }

    #[test]
    fn five_wrong_guesses_end_a_request() {
        let codes = Codes::default();
        let number = phone("4930123456");
        let (hash, waiting) = codes
            .request(phone("4930123456"), tag(1), [7; 16], NOW)
            .expect("first request");
        for _ in 1..GUESSES_MAX {
            assert_eq!(
                codes.check(&hash, &number, "x", NOW).map(|_| ()),
                Err(CodeError::Invalid)
            );
        }
        assert_eq!(
            codes.check(&hash, &number, "x", NOW).map(|_| ()),
            Err(CodeError::Expired)
        );
        let late = codes.check(&hash, &number, &waiting.code, NOW).map(|_| ());
        assert_eq!(late, Err(CodeError::Expired));
    }

    #[test]
    fn a_code_expires() {
        let codes = Codes::default();
        let number = phone("4930123456");
        let (hash, waiting) = codes
            .request(phone("4930123456"), tag(1), [7; 16], NOW)
            .expect("first request");
        let later = NOW.plus_seconds(CODE_TTL_S);
        let late = codes
            .check(&hash, &number, &waiting.code, later)
            .map(|_| ());
        assert_eq!(late, Err(CodeError::Expired));
    }

    #[test]
    fn a_number_gets_so_many_codes_an_hour() {
        let codes = Codes::default();
        for _ in 0..CODES_PER_NUMBER {
            assert!(
                codes
                    .request(phone("4930123456"), tag(1), [7; 16], NOW)
                    .is_ok()
            );
        }
        let refused = codes
            .request(phone("4930123456"), tag(1), [7; 16], NOW)
            .map(|_| ());
        assert_eq!(refused, Err(CodeError::Flood(3600)));
        assert!(
            codes
                .request(phone("4930123457"), tag(2), [8; 16], NOW)
                .is_ok()
        );
    }
}
