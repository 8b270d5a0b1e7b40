//! The operator's switches.

use heliograph_domain::switches::{SwitchUploads, Switched, Uploaders, uploads_of};
use heliograph_store::{Clock, Store};

/// The longest reason, in characters: a sentence or two in a notice.
const REASON_MAX: usize = 300;
/// The longest time for which something is switched off, in seconds: what is to last longer is
/// decided anew.
const TIME_MAX_S: i64 = 90 * 86_400;

/// Switches uploads off until a moment (Unix seconds), or on again, for those whom the word names.
/// `record` enters it in the public log first; where that fails, nothing is switched.
pub async fn switch_uploads(
    store: &Store,
    clock: &dyn Clock,
    of: &str,
    off: Option<(u64, String)>,
    record: impl AsyncFnOnce(&Switched) -> Result<(), String>,
) -> Result<(), String> {
    let of = Uploaders::of_word(of).ok_or("there are no such uploaders")?;
    let now_s = clock.now().seconds();
    let off = off
        .map(|(until, reason)| checked(until, &reason, now_s))
        .transpose()?;
    let before = {
        let mut view = store.view().await.map_err(|error| error.to_string())?;
        let before = uploads_of(&mut *view, of, now_s).await;
        before.map_err(|error| error.to_string())?
    };
    let now = off
        .clone()
        .map(|(until, reason)| heliograph_domain::switches::Switch {
            since: now_s,
            until,
            reason,
        });
    record(&Switched { of, before, now }).await?;
    let switched = store.write(SwitchUploads { of, off }).await;
    switched.map(|_| ()).map_err(|error| error.to_string())
}

fn checked(until: u64, reason: &str, now_s: i32) -> Result<(i32, String), String> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() || reason.chars().count() > REASON_MAX {
        return Err(format!("the reason needs 1 to {REASON_MAX} characters"));
    }
    let left = i64::try_from(until).unwrap_or(i64::MAX) - i64::from(now_s);
    if !(1..=TIME_MAX_S).contains(&left) {
        return Err("the end must lie in the future, at most 90 days from now".into());
    }
    Ok((until as i32, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_needs_a_reason_and_an_end() {
        let now_s = 1_700_000_000;
        let soon = now_s as u64 + 60;
        let ok = checked(soon, " a  flood\nof spam ", now_s);
        assert_eq!(ok, Ok((soon as i32, "a flood of spam".into())));
        for (until, reason) in [
            (soon, " \n "),
            (soon, &"x".repeat(301)),
            (now_s as u64, "past"),
            (now_s as u64 + 91 * 86_400, "for ever"),
            (u64::MAX, "for ever"),
        ] {
            assert!(checked(until, reason, now_s).is_err(), "{until} {reason}");
        }
    }
}
