//! What must not stand in the code, however good the reason seems.

use std::fs;
use std::path::Path;

use crate::attacks::sources;
use crate::process::root;

/// A text that is forbidden in some crates.
struct Never {
    text: &'static str,
    /// The crates, by folder; all of them if there is none.
    crates: &'static [&'static str],
    why: &'static str,
}

/// Where the way from an order to a person's records leads through.
const ONE_ACCOUNT: &[&str] = &["vault", "keeper", "desk-store", "disclosure", "offline"];
const BULK: &str = "no call takes more than one account";
const SWITCH: &str = "no switch turns a check off";

/// What judges, indexes and decides about texts.
const JUDGES: &[&str] = &["classifier", "discovery", "moderation"];
const UNREAD: &str = "secret chats are carried, and nobody judges them";

const NEVERS: [Never; 10] = [
    Never {
        text: "from_bytes_mod_order(",
        crates: &[],
        why: "a scalar has one encoding, and others are refused",
    },
    Never {
        text: "--insecure",
        crates: &[],
        why: SWITCH,
    },
    Never {
        text: "insecure: bool",
        crates: &[],
        why: SWITCH,
    },
    Never {
        text: "[UserId]",
        crates: ONE_ACCOUNT,
        why: BULK,
    },
    Never {
        text: "Vec<UserId>",
        crates: ONE_ACCOUNT,
        why: BULK,
    },
    Never {
        text: "Set<UserId>",
        crates: ONE_ACCOUNT,
        why: BULK,
    },
    Never {
        text: "Item = UserId",
        crates: ONE_ACCOUNT,
        why: BULK,
    },
    Never {
        text: "user_ids",
        crates: ONE_ACCOUNT,
        why: BULK,
    },
    Never {
        text: "secret_chats",
        crates: JUDGES,
        why: UNREAD,
    },
    Never {
        text: "OpaqueBlob",
        crates: JUDGES,
        why: UNREAD,
    },
];

/// One sentence for each place where something stands that must not.
pub fn complaints() -> Result<Vec<String>, String> {
    let crates = root().join("crates");
    let mut found = Vec::new();
    for path in sources(&crates)? {
        let source = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let place = path.strip_prefix(&crates).unwrap_or(&path);
        found.extend(found_in(place, &source));
    }
    Ok(found)
}

/// Looks at one file, by its path below `crates/`. Tests may do what they must to attack.
fn found_in(place: &Path, source: &str) -> Vec<String> {
    let mut parts = place.components().map(std::path::Component::as_os_str);
    let package = parts.next().unwrap_or_default();
    if parts.any(|part| part == "tests" || part == "tests.rs") {
        return Vec::new();
    }
    let shipped = source
        .split("\n#[cfg(test)]\nmod ")
        .next()
        .unwrap_or(source);
    let here = |never: &&Never| {
        let concerned = never.crates.is_empty() || never.crates.iter().any(|one| package == *one);
        concerned && shipped.contains(never.text)
    };
    let say = |never: &Never| {
        let Never { text, why, .. } = never;
        format!("crates/{} has `{text}`: {why}", place.display())
    };
    NEVERS.iter().filter(here).map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::{complaints, found_in};
    use std::path::Path;

    #[test]
    fn nothing_that_must_not_be_is_there() {
        assert_eq!(complaints().expect("the sources are read"), [""; 0]);
    }

    fn check(place: &str, source: &str, count: usize) {
        let found = found_in(Path::new(place), source);
        assert_eq!(found.len(), count, "{place}: {found:?}");
    }

    #[test]
    fn what_must_not_be_is_found_where_it_counts() {
        check("vault/src/group.rs", "Scalar::from_bytes_mod_order(b)", 1);
        check("vault/src/group.rs", "from_bytes_mod_order_wide(b)", 0);
        check("console/src/a.rs", "\"--insecure\"", 1);
        check("disclosure/src/flow.rs", "fn all(who: &[UserId])", 1);
        check(
            "moderation/src/a.rs",
            "use heliograph_domain::secret_chats;",
            1,
        );
        check("domain/src/a.rs", "use heliograph_model::OpaqueBlob;", 0);
        check("server/src/push.rs", "fn all(who: &[UserId])", 0);
        check("disclosure/tests/one.rs", "fn all(who: &[UserId])", 0);
        check("disclosure/src/flow/tests/a.rs", "Set<UserId>", 0);
        let tested = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    Vec<UserId>\n}\n";
        check("keeper/src/a.rs", tested, 0);
    }
}
