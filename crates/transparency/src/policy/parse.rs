//! The text of a policy.

use std::collections::{BTreeMap, BTreeSet};

use super::{Log, Party, Policy, Quorum, Witness};
use crate::encoding::from_decimal;
use crate::note::{Algorithm, VerifierKey};

/// The longest policy that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// A policy that cannot be followed: the number of the line, from 1, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {reason}")]
pub struct MalformedPolicy {
    /// The line, counted from 1; one past the last when something is missing.
    pub line: usize,
    /// What is wrong.
    pub reason: &'static str,
}

impl Policy {
    /// Reads a policy.
    ///
    /// Logs must have Ed25519 keys, witnesses Ed25519 cosignature keys: a policy that names a key
    /// of another kind cannot be judged here and is refused rather than weakened.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedPolicy> {
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(MalformedPolicy {
                line: 1,
                reason: "the policy is too long",
            });
        }
        let mut parser = Parser::default();
        let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut last = 0;
        for (number, line) in (1..).zip(body.split(|byte| *byte == b'\n')) {
            last = number;
            parser.line(line).map_err(|reason| MalformedPolicy {
                line: number,
                reason,
            })?;
        }
        parser.finish().map_err(|reason| MalformedPolicy {
            line: last + 1,
            reason,
        })
    }
}

#[derive(Default)]
struct Parser {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    parties: Vec<Party>,
    /// The position in `parties` of each name.
    names: BTreeMap<Vec<u8>, usize>,
    /// Those that are members of a group: a party may be in one only.
    grouped: BTreeSet<usize>,
    quorum: Option<Quorum>,
}

impl Parser {
    fn line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if line
            .iter()
            .any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f)
        {
            return Err("a control character");
        }
        let words: Vec<&[u8]> = line
            .split(|byte| matches!(byte, b' ' | b'\t'))
            .filter(|word| !word.is_empty())
            .collect();
        match words[..] {
            [] => Ok(()),
            [first, ..] if first[0] == b'#' => Ok(()),
            [b"log", key] => self.log(key, None),
            [b"log", key, url] => self.log(key, Some(url)),
            [b"witness", name, key] => self.witness(name, key, None),
            [b"witness", name, key, url] => self.witness(name, key, Some(url)),
            [b"group", name, threshold, ref members @ ..] => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            _ => Err("not a line of a policy"),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<&[u8]>) -> Result<(), &'static str> {
        let key = parse_key(key, Algorithm::Ed25519)?;
        if self.logs.iter().any(|log| log.key.public() == key.public()) {
            return Err("a second log with the same key");
        }
        let url = url.map(<[u8]>::to_vec);
        self.logs.push(Log { key, url });
        Ok(())
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<&[u8]>) -> Result<(), &'static str> {
        let key = parse_key(key, Algorithm::CosignatureV1)?;
        let mut others = self.witnesses.iter();
        if others.any(|other| other.key.public() == key.public()) {
            return Err("a second witness with the same key");
        }
        self.define(name, Party::Witness(self.witnesses.len()))?;
        self.witnesses.push(Witness {
            name: name.to_vec(),
            key,
            url: url.map(<[u8]>::to_vec),
        });
        Ok(())
    }

    fn group(
        &mut self,
        name: &[u8],
        threshold: &[u8],
        members: &[&[u8]],
    ) -> Result<(), &'static str> {
        let threshold = match threshold {
            b"all" => members.len(),
            b"any" => 1,
            number => std::str::from_utf8(number)
                .ok()
                .and_then(from_decimal)
                .and_then(|number| usize::try_from(number).ok())
                .ok_or("the threshold is not a number")?,
        };
        if threshold < 1 || threshold > members.len() {
            return Err("the threshold is not between 1 and the number of members");
        }
        let mut positions = Vec::with_capacity(members.len());
        for member in members {
            let position = *self
                .names
                .get(*member)
                .ok_or("a member is not defined above")?;
            if !self.grouped.insert(position) {
                return Err("a member is in a group twice");
            }
            positions.push(position);
        }
        let members = positions;
        self.define(name, Party::Group { threshold, members })
    }

    fn define(&mut self, name: &[u8], party: Party) -> Result<(), &'static str> {
        if name == b"none" || self.names.contains_key(name) {
            return Err("the name is already defined");
        }
        self.names.insert(name.to_vec(), self.parties.len());
        self.parties.push(party);
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), &'static str> {
        if self.quorum.is_some() {
            return Err("a second quorum");
        }
        let undefined = "the quorum is not defined above";
        self.quorum = Some(match name {
            b"none" => Quorum::Nobody,
            name => Quorum::Party(*self.names.get(name).ok_or(undefined)?),
        });
        Ok(())
    }

    fn finish(self) -> Result<Policy, &'static str> {
        let quorum = self.quorum.ok_or("no quorum")?;
        let logs = self.logs.iter().map(|log| &log.key);
        let witnesses = self.witnesses.iter().map(|witness| &witness.key);
        Ok(Policy {
            keys: logs.chain(witnesses).cloned().collect(),
            logs: self.logs,
            witnesses: self.witnesses,
            parties: self.parties,
            quorum,
        })
    }
}

fn parse_key(word: &[u8], algorithm: Algorithm) -> Result<VerifierKey, &'static str> {
    let key: VerifierKey = std::str::from_utf8(word)
        .ok()
        .and_then(|word| word.parse().ok())
        .ok_or("not a key that can be verified here")?;
    if key.algorithm() == algorithm {
        Ok(key)
    } else {
        Err("a key for another purpose")
    }
}
