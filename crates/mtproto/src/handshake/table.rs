//! The exchanges that wait for their client's next message.

use std::collections::{BTreeMap, VecDeque};

use super::{Agree, LIFETIME_S};
use crate::{
    msg_id::UnixMillis,
    pq::PqPair,
    wire::{Reader, Truncated},
};

/// The most exchanges that may wait at once: about 12 MiB, and 270 begun each second. When there
/// are more, the oldest is given up, so a flood never locks newcomers out; limits by address stop
/// the flood itself.
const MAX_EXCHANGES: usize = 16_384;

/// The name of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nonces {
    pub(super) nonce: [u8; 16],
    pub(super) server_nonce: [u8; 16],
}

impl Nonces {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Truncated> {
        Ok(Self {
            nonce: reader.array()?,
            server_nonce: reader.array()?,
        })
    }
}

pub(super) struct Exchange {
    pub(super) begun: UnixMillis,
    pub(super) stage: Stage,
}

pub(super) enum Stage {
    PuzzleSent(PqPair),
    PowerSent(Box<Agree>),
}

/// Exchanges by name, forgotten in the order in which they came.
#[derive(Default)]
pub(super) struct Table {
    exchanges: BTreeMap<Nonces, Exchange>,
    /// Every exchange in the map has an entry here; an entry may have outlived its exchange.
    order: VecDeque<(UnixMillis, Nonces)>,
}

impl Table {
    pub(super) fn insert(&mut self, nonces: Nonces, exchange: Exchange) {
        while self.order.len() >= MAX_EXCHANGES {
            self.forget_oldest();
        }
        self.order.push_back((exchange.begun, nonces));
        self.exchanges.insert(nonces, exchange);
    }

    pub(super) fn take(&mut self, nonces: &Nonces) -> Option<Exchange> {
        self.exchanges.remove(nonces)
    }

    pub(super) fn forget_expired(&mut self, now: UnixMillis) {
        while let Some((begun, _)) = self.order.front()
            && begun.plus_seconds(LIFETIME_S) <= now
        {
            self.forget_oldest();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.exchanges.len()
    }

    fn forget_oldest(&mut self) {
        if let Some((_, nonces)) = self.order.pop_front() {
            self.exchanges.remove(&nonces);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces(number: u32) -> Nonces {
        let mut server_nonce = [0; 16];
        server_nonce[..4].copy_from_slice(&number.to_le_bytes());
        Nonces {
            nonce: [0; 16],
            server_nonce,
        }
    }

    fn exchange(begun: UnixMillis) -> Exchange {
        Exchange {
            begun,
            stage: Stage::PuzzleSent(PqPair { p: 3, q: 5 }),
        }
    }

    #[test]
    fn a_flood_pushes_out_the_oldest_and_memory_stays_bounded() {
        let mut table = Table::default();
        for number in 0..MAX_EXCHANGES as u32 * 3 {
            table.insert(nonces(number), exchange(UnixMillis(0)));
            if number % 2 == 0 {
                table.take(&nonces(number));
            }
        }
        assert!(table.len() <= MAX_EXCHANGES);
        assert!(table.order.len() <= MAX_EXCHANGES);
        assert!(table.take(&nonces(1)).is_none());
        assert!(table.take(&nonces(MAX_EXCHANGES as u32 * 3 - 1)).is_some());
    }

    #[test]
    fn an_exchange_is_forgotten_after_a_minute() {
        let mut table = Table::default();
        table.insert(nonces(1), exchange(UnixMillis(0)));
        table.forget_expired(UnixMillis(59_999));
        assert_eq!(table.len(), 1);
        table.forget_expired(UnixMillis(60_000));
        assert_eq!(table.len(), 0);
    }
}
