//! File references: who may fetch a file, for how long.
//!
//! A client is shown a file with a reference and shows it again to fetch the file
//! (<https://core.telegram.org/api/file_reference>). A reference says where the file was shown and on
//! which day, under a check sum that only the server can make: who was never shown a file cannot
//! fetch it, and who was shown it in a place that they have left since cannot either. It holds that
//! day and the next; then the client is told so, and fetches the message anew.

use crate::access::AccessKey;
use heliograph_model::{ChannelId, FileId, UserId};

/// Where a file was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownIn {
    /// In the viewer's own mailbox, or in answer to their upload: for nobody else.
    Mailbox,
    /// In a channel, for whoever may read it.
    Channel(ChannelId),
    /// As the picture of somebody whom the viewer was shown.
    Face,
}

/// Why a reference does not open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// There is none.
    Empty,
    /// Its day has passed.
    Expired,
    /// It is not one for this file and viewer.
    Invalid,
}

/// The form of references that this version makes.
const VERSION: u8 = 1;
/// How many bytes of the check sum a reference carries.
const MAC: usize = 16;
/// Version, place, channel, day.
const HEAD: usize = 1 + 1 + 8 + 4;
/// For how many days after its own a reference holds.
const DAYS: u32 = 1;

impl AccessKey {
    /// The access hash of a file. It is the same for all, for a channel's push is: what opens a file
    /// is the reference.
    pub(crate) fn file_hash(&self, file: FileId) -> i64 {
        let digest = self.mac(&[b"hg/file/v1", &file.0.to_le_bytes()]);
        let (head, _) = digest.split_first_chunk().expect("SHA-256 gives 32 bytes");
        i64::from_le_bytes(*head)
    }

    /// Names a file to the table of methods for somebody who may have it: its access hash, and a
    /// reference of today. `now_s` counts Unix seconds.
    pub fn name_file(&self, file: FileId, viewer: UserId, now_s: i32) -> (i64, Vec<u8>) {
        let reference = self.reference(file, viewer, ShownIn::Mailbox, now_s);
        (self.file_hash(file), reference)
    }

    /// A reference for a file that is shown to `viewer` today. `now_s` counts Unix seconds.
    pub(crate) fn reference(
        &self,
        file: FileId,
        viewer: UserId,
        shown: ShownIn,
        now_s: i32,
    ) -> Vec<u8> {
        let (place, channel) = match shown {
            ShownIn::Mailbox => (0, 0),
            ShownIn::Channel(channel) => (1, channel.0),
            ShownIn::Face => (2, 0),
        };
        let mut reference = vec![VERSION, place];
        reference.extend(channel.to_le_bytes());
        reference.extend(day(now_s).to_le_bytes());
        let mac = self.reference_mac(file, viewer, &reference);
        reference.extend(mac);
        reference
    }

    /// Where the reference says that the file was shown. Whether the viewer may still read there is
    /// for the caller to see.
    pub(crate) fn open_reference(
        &self,
        file: FileId,
        viewer: UserId,
        reference: &[u8],
        now_s: i32,
    ) -> Result<ShownIn, ReferenceError> {
        if reference.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let (head, mac) = reference
            .split_at_checked(HEAD)
            .ok_or(ReferenceError::Invalid)?;
        // A guess costs a flood-limited request, so the comparison need not be constant-time.
        if head[0] != VERSION || mac != self.reference_mac(file, viewer, head) {
            return Err(ReferenceError::Invalid);
        }
        let (channel, made) = head[2..].split_at(8);
        let channel = i64::from_le_bytes(channel.try_into().map_err(|_| ReferenceError::Invalid)?);
        let made = u32::from_le_bytes(made.try_into().map_err(|_| ReferenceError::Invalid)?);
        if !(made..=made.saturating_add(DAYS)).contains(&day(now_s)) {
            return Err(ReferenceError::Expired);
        }
        match head[1] {
            0 => Ok(ShownIn::Mailbox),
            1 => Ok(ShownIn::Channel(ChannelId(channel))),
            2 => Ok(ShownIn::Face),
            _ => Err(ReferenceError::Invalid),
        }
    }

    fn reference_mac(&self, file: FileId, viewer: UserId, head: &[u8]) -> [u8; MAC] {
        // What is shown to many is the same for all of them.
        let viewer = if head[1] == 0 { viewer } else { UserId(0) };
        let digest = self.mac(&[
            b"hg/reference/v1",
            &file.0.to_le_bytes(),
            &viewer.0.to_le_bytes(),
            head,
        ]);
        let (mac, _) = digest.split_first_chunk().expect("SHA-256 gives 32 bytes");
        *mac
    }
}

/// Days since 1970.
fn day(now_s: i32) -> u32 {
    now_s.max(0) as u32 / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(77);
    const ADA: UserId = UserId(1);
    const BEN: UserId = UserId(2);
    const NOW: i32 = 1_700_000_000;

    #[test]
    fn a_reference_opens_its_file_for_its_viewer_until_tomorrow() {
        let key = AccessKey::new(&[1; 32]);
        let channel = ShownIn::Channel(ChannelId(9));
        for shown in [ShownIn::Mailbox, channel, ShownIn::Face] {
            let reference = key.reference(FILE, ADA, shown, NOW);
            let open = |file, viewer, now_s| key.open_reference(file, viewer, &reference, now_s);
            assert_eq!(open(FILE, ADA, NOW), Ok(shown));
            assert_eq!(open(FILE, ADA, NOW + 86_400), Ok(shown));
            let expired = Err(ReferenceError::Expired);
            assert_eq!(open(FILE, ADA, NOW + 2 * 86_400), expired);
            assert_eq!(open(FILE, ADA, NOW - 2 * 86_400), expired);
            let invalid = Err(ReferenceError::Invalid);
            assert_eq!(open(FileId(78), ADA, NOW), invalid);
            let others = open(FILE, BEN, NOW);
            let private = shown == ShownIn::Mailbox;
            assert_eq!(others, if private { invalid } else { Ok(shown) });
        }
    }

    #[test]
    fn an_altered_reference_opens_nothing() {
        let key = AccessKey::new(&[1; 32]);
        let reference = key.reference(FILE, ADA, ShownIn::Mailbox, NOW);
        for index in 0..reference.len() {
            let mut altered = reference.clone();
            altered[index] ^= 1;
            let opened = key.open_reference(FILE, ADA, &altered, NOW);
            assert_eq!(opened, Err(ReferenceError::Invalid), "byte {index}");
        }
        for length in 1..reference.len() {
            let opened = key.open_reference(FILE, ADA, &reference[..length], NOW);
            assert_eq!(opened, Err(ReferenceError::Invalid), "{length} bytes");
        }
        let empty = key.open_reference(FILE, ADA, &[], NOW);
        assert_eq!(empty, Err(ReferenceError::Empty));
        let other = AccessKey::new(&[2; 32]).open_reference(FILE, ADA, &reference, NOW);
        assert_eq!(other, Err(ReferenceError::Invalid));
    }
}
