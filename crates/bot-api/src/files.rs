//! Files as bots name them.
//!
//! A `file_id` names one size of one file to one bot: the file's number, the size, and a check sum
//! under the server's key. It holds as long as the file does, across restarts; another bot's is worth
//! nothing. `file_unique_id` is the same for every bot and opens nothing.

use crate::ApiError;
use crate::call::Bot;
use heliograph_api::AccessKey;
use heliograph_domain::files::{self, File};
use heliograph_model::{FileId, UserId};
use heliograph_tl::Decode;
use heliograph_tl::enums::{Document, DocumentAttribute};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The largest file that a bot may fetch, in bytes, as the public Bot API has it.
const FETCH_MAX: u64 = 20 << 20;
/// How many bytes of the check sum a `file_id` carries.
const MAC: usize = 12;

/// Names files to one bot.
#[derive(Clone)]
pub struct FileNames {
    access: AccessKey,
    bot: UserId,
}

/// A size of a file: a photo's or a thumbnail's letter; none for the file itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub file: FileId,
    pub letter: Option<u8>,
}

impl FileNames {
    pub fn new(access: AccessKey, bot: UserId) -> Self {
        FileNames { access, bot }
    }

    /// Its `file_id`.
    pub fn id(&self, named: Named) -> String {
        let head = head(named);
        hex(&[&head[..], &self.mac(&head)].concat())
    }

    /// Its `file_unique_id`.
    pub fn unique(&self, named: Named) -> String {
        let digest = self.access.mac(&[b"hg/unique-file/v1", &head(named)]);
        hex(&digest[..8])
    }

    /// What a `file_id` of this bot names.
    pub fn read(&self, id: &str) -> Option<Named> {
        let bytes = unhex(id)?;
        let (head, mac) = bytes.split_first_chunk::<9>()?;
        if mac != self.mac(head) {
            return None;
        }
        let (file, letter) = head.split_first_chunk::<8>()?;
        Some(Named {
            file: FileId(i64::from_be_bytes(*file)),
            letter: letter.first().copied().filter(|letter| *letter != 0),
        })
    }

    fn mac(&self, head: &[u8]) -> [u8; MAC] {
        let bot = self.bot.0.to_be_bytes();
        let digest = self.access.mac(&[b"hg/bot-file/v1", &bot, head]);
        *digest.first_chunk().expect("SHA-256 gives 32 bytes")
    }
}

fn head(named: Named) -> [u8; 9] {
    let mut head = [0; 9];
    head[..8].copy_from_slice(&named.file.0.to_be_bytes());
    head[8] = named.letter.unwrap_or(0);
    head
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string");
    }
    text
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// A file that a bot names, and the row of it.
pub async fn find(bot: &Bot, id: &str) -> Result<(Named, File), ApiError> {
    let wrong = || ApiError::bad_request("wrong file_id or the file is temporarily unavailable");
    let named = bot.file_names().read(id).ok_or_else(wrong)?;
    let mut view = bot.view().await?;
    let found = files::find(&mut *view, named.file).await;
    let file = found.map_err(ApiError::internal)?.ok_or_else(wrong)?;
    Ok((named, file))
}

/// How many bytes a size of a file has.
fn size_of(named: Named, file: &File) -> u64 {
    let thumb = |letter| file.thumbs.iter().find(|thumb| thumb.letter == letter);
    match named.letter {
        Some(letter) => thumb(letter).map_or(0, |thumb| u64::from(thumb.size_bytes)),
        None => file.size_bytes,
    }
}

/// `getFile`: a `File` object with the path under which the bytes are fetched.
pub async fn get_file(bot: &Bot, id: &str) -> Result<Value, ApiError> {
    let (named, file) = find(bot, id).await?;
    let size = size_of(named, &file);
    if size > FETCH_MAX {
        return Err(ApiError::bad_request("file is too big"));
    }
    let names = bot.file_names();
    let (folder, ending) = if named.letter.is_some() {
        ("photos", "jpg".to_owned())
    } else {
        ("documents", ending(&file))
    };
    Ok(json!({
        "file_id": names.id(named),
        "file_unique_id": names.unique(named),
        "file_size": size,
        "file_path": format!("{folder}/{}.{ending}", names.id(named)),
    }))
}

/// The bytes under a path that [`get_file`] gave out. The folder and the ending are for the reader's
/// eye: the name alone says which file it is, and it is no path on any disk.
pub async fn fetch(bot: &Bot, path: &str) -> Result<Vec<u8>, ApiError> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let id = name.split('.').next().unwrap_or_default();
    let (named, file) = find(bot, id).await.map_err(|_| ApiError::no_method())?;
    let size = size_of(named, &file);
    if size > FETCH_MAX {
        return Err(ApiError::bad_request("file is too big"));
    }
    let files = &bot.cx().files;
    let read = files.read(named.file, named.letter, 0..size).await;
    let read = read.map_err(|error| ApiError::fault(&error))?;
    read.ok_or_else(ApiError::no_method)
}

/// The ending of a file's name, where it has a plain one.
fn ending(file: &File) -> String {
    let Ok(Document::Document(document)) = Document::from_bytes(&file.object.bytes) else {
        return "bin".into();
    };
    let name = document
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            DocumentAttribute::Filename(named) => Some(named.file_name.as_str()),
            _ => None,
        });
    let ending = name
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, ending)| ending);
    let plain = |ending: &&str| {
        (1..=8).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    ending.filter(plain).unwrap_or("bin").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_id_belongs_to_one_bot_and_one_size() {
        let key = AccessKey::new(&[1; 32]);
        let names = FileNames::new(key.clone(), UserId(5_000_000_001));
        let other = FileNames::new(key, UserId(5_000_000_002));
        let whole = Named {
            file: FileId(i64::MAX - 7),
            letter: None,
        };
        let small = Named {
            letter: Some(b'm'),
            ..whole
        };
        for named in [whole, small] {
            let id = names.id(named);
            assert_eq!(names.read(&id), Some(named));
            assert_eq!(other.read(&id), None);
            assert_eq!(names.unique(named), other.unique(named));
            for index in 0..id.len() {
                let mut altered = id.clone().into_bytes();
                altered[index] = if altered[index] == b'0' { b'1' } else { b'0' };
                let altered = String::from_utf8(altered).expect("digits");
                assert_eq!(names.read(&altered), None, "digit {index}");
            }
        }
        assert_ne!(names.unique(whole), names.unique(small));
        for junk in [
            "",
            "0",
            "zz",
            "../../etc/passwd",
            "é",
            &"00".repeat(21),
            &"0".repeat(9999),
        ] {
            assert_eq!(names.read(junk), None);
        }
    }
}
