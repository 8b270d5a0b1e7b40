//! Tokens for signing in by QR code, in memory only.
//!
//! A new device shows a token; a device that is signed in reads and accepts it, which signs the new
//! one in (<https://core.telegram.org/api/qr-login>).

use heliograph_model::{AuthKeyId, UnixMs, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use thiserror::Error;

/// How long a token holds, in seconds; the waiting device asks for the next one then.
const TTL_S: i64 = 60;
/// How long a token is remembered after that, in seconds, so that a late reader is told that it has
/// expired and not that it never was.
const REMEMBERED_S: i64 = 60;
/// How many tokens are kept at a time, about 200 bytes each. They cost no sign-in to make, so this
/// bounds what a flood of strangers can fill.
const KEPT_MAX: usize = 50_000;

/// 32 random bytes, shown as a QR code.
pub type Token = [u8; 32];

/// A device that waits to be signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its key.
    pub key: AuthKeyId,
    /// ISO 3166 code of the country it is in, where that is known.
    pub country: Option<String>,
    /// Who is signed in beside it already and is not to be signed in twice.
    pub except: Vec<UserId>,
}

/// Why a token was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// There is no such token.
    #[error("no such login token")]
    Unknown,
    /// Its time is over.
    #[error("the login token has expired")]
    Expired,
    /// Somebody has accepted it.
    #[error("the login token was accepted already")]
    Accepted,
    /// The device has the person signed in already.
    #[error("the waiting device has this account already")]
    Excepted,
    /// Too many tokens are waiting.
    #[error("too many login tokens")]
    Full,
}

struct Entry {
    device: Device,
    expires: UnixMs,
    accepted: bool,
}

/// Every token of the last two minutes.
#[derive(Default)]
pub struct LoginTokens {
    tokens: Mutex<HashMap<Token, Entry>>,
}

impl LoginTokens {
    /// Keeps a token for a device; answers with the moment at which it expires.
    pub fn put(&self, token: Token, device: Device, now: UnixMs) -> Result<UnixMs, TokenError> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, entry| entry.expires.plus_seconds(REMEMBERED_S) > now);
        if tokens.len() >= KEPT_MAX {
            return Err(TokenError::Full);
        }
        let expires = now.plus_seconds(TTL_S);
        let entry = Entry {
            device,
            expires,
            accepted: false,
        };
        tokens.insert(token, entry);
        Ok(expires)
    }

    /// Accepts a token in the name of `user`: the device to sign in.
    pub fn accept(&self, token: &[u8], user: UserId, now: UnixMs) -> Result<Device, TokenError> {
        let token = Token::try_from(token).map_err(|_| TokenError::Unknown)?;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = open_entry(&mut tokens, &token, now)?;
        if entry.device.except.contains(&user) {
            return Err(TokenError::Excepted);
        }
        entry.accepted = true;
        let device = entry.device.clone();
        // Nobody else may sign the same device in to another account by a token it showed before.
        tokens.retain(|_, entry| entry.accepted || entry.device.key != device.key);
        Ok(device)
    }

    /// Carries a token over to another key of the same client, which waits from now on.
    pub fn carry_over(
        &self,
        token: &[u8],
        key: AuthKeyId,
        now: UnixMs,
    ) -> Result<UnixMs, TokenError> {
        let token = Token::try_from(token).map_err(|_| TokenError::Unknown)?;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = open_entry(&mut tokens, &token, now)?;
        entry.device.key = key;
        Ok(entry.expires)
    }
}

fn open_entry<'a>(
    tokens: &'a mut HashMap<Token, Entry>,
    token: &Token,
    now: UnixMs,
) -> Result<&'a mut Entry, TokenError> {
    let entry = tokens.get_mut(token).ok_or(TokenError::Unknown)?;
    if entry.accepted {
        Err(TokenError::Accepted)
    } else if entry.expires <= now {
        Err(TokenError::Expired)
    } else {
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId(1);
    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    fn device(key: i64) -> Device {
        Device {
            key: AuthKeyId(key),
            country: None,
            except: vec![UserId(9)],
        }
    }

    #[test]
    fn a_token_is_accepted_once() {
        let tokens = LoginTokens::default();
        assert_eq!(
            tokens.put([1; 32], device(5), NOW),
            Ok(NOW.plus_seconds(TTL_S))
        );
        assert_eq!(tokens.accept(&[1; 32], ADA, NOW), Ok(device(5)));
        assert_eq!(tokens.accept(&[1; 32], ADA, NOW), Err(TokenError::Accepted));
    }

    #[test]
    fn accepting_one_token_of_a_device_ends_its_others() {
        let tokens = LoginTokens::default();
        assert!(tokens.put([1; 32], device(5), NOW).is_ok());
        assert!(tokens.put([2; 32], device(5), NOW).is_ok());
        assert!(tokens.put([3; 32], device(6), NOW).is_ok());
        assert!(tokens.accept(&[1; 32], ADA, NOW).is_ok());
        assert_eq!(tokens.accept(&[2; 32], ADA, NOW), Err(TokenError::Unknown));
        assert!(tokens.accept(&[3; 32], ADA, NOW).is_ok());
    }

    #[test]
    fn a_late_reader_is_told_that_the_token_has_expired() {
        let tokens = LoginTokens::default();
        assert!(tokens.put([1; 32], device(5), NOW).is_ok());
        let late = NOW.plus_seconds(TTL_S);
        assert_eq!(tokens.accept(&[1; 32], ADA, late), Err(TokenError::Expired));
        assert_eq!(tokens.accept(&[2; 32], ADA, NOW), Err(TokenError::Unknown));
        assert_eq!(tokens.accept(&[1; 7], ADA, NOW), Err(TokenError::Unknown));
    }

    #[test]
    fn an_account_that_the_device_has_is_not_signed_in_twice() {
        let tokens = LoginTokens::default();
        assert!(tokens.put([1; 32], device(5), NOW).is_ok());
        let twice = tokens.accept(&[1; 32], UserId(9), NOW);
        assert_eq!(twice, Err(TokenError::Excepted));
    }

    #[test]
    fn a_token_follows_its_client_to_another_key() {
        let tokens = LoginTokens::default();
        assert!(tokens.put([1; 32], device(5), NOW).is_ok());
        assert!(tokens.carry_over(&[1; 32], AuthKeyId(6), NOW).is_ok());
        let accepted = tokens.accept(&[1; 32], ADA, NOW).map(|device| device.key);
        assert_eq!(accepted, Ok(AuthKeyId(6)));
    }
}
