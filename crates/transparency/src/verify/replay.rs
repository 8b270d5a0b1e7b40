//! Reading the new entries of a log and replaying them, with the slow checks on all cores beside it.

use super::Seen;
use crate::ledger::{Checker, Violation};
use crate::tile::{ReadError, TileReader, TileSource};
use crate::tree::TreeHead;

/// Why a log is not what it should be.
pub(super) enum Stopped {
    /// An entry breaks a rule; it is the first that does. All entries are in the tree.
    Violation(Violation),
    /// The log does not continue what was seen before.
    OtherHistory(TreeHead),
    /// A file is missing, or is not what the tree says.
    Unread(ReadError),
}

/// Takes all entries that `seen` does not have yet. `known` is what an earlier run remembers.
pub(super) fn replay<S: TileSource + ?Sized>(
    seen: &mut Seen,
    reader: &mut TileReader<'_, S>,
    known: Option<TreeHead>,
) -> Result<(), Stopped> {
    let origin = seen.ledger.shared_origin().clone();
    std::thread::scope(|scope| {
        let checker = Checker::start(scope, &origin);
        let mut checks = Vec::new();
        let mut violation = None;
        for read in reader.entries(seen.frontier.head().size) {
            let (index, entry) = read.map_err(Stopped::Unread)?;
            seen.frontier.push(&entry);
            let so_far = seen.frontier.head();
            if let Some(known) = known
                && known.size == so_far.size
                && known.root != so_far.root
            {
                return Err(Stopped::OtherHistory(known));
            }
            // After a violation only the tree is followed to its end.
            if violation.is_none() {
                let before = checks.len();
                let applied = seen.ledger.apply_deferring(index, &entry, &mut checks);
                violation = applied.err();
                seen.vectors += (checks.len() - before) as u64;
                checker.offer(&mut checks);
            }
        }
        // What was put off belongs to entries before the one that broke a rule at once.
        let put_off = checker.finish(checks).err();
        put_off
            .or(violation)
            .map_or(Ok(()), |violation| Err(Stopped::Violation(violation)))
    })
}
