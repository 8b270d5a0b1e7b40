//! From where, since when and until when each signed-in key is seen: in memory only.
//!
//! There is one interval for each account, key, network and UTC day. It is sealed at first sight,
//! and again with its end when the connection closes, when the day ends, and every hour in between,
//! so that a crash loses at most an hour. After a restart a new interval begins: which ones there
//! were is known to nobody who cannot open them.

use heliograph_model::{AuthKeyId, UserId};
use heliograph_vault::plaintext::{IpInterval, Sighting};
use heliograph_vault::wire::ParseError;
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const DAY_S: u64 = 86_400;

/// An interval that has come this far since it was sealed is sealed again while it is open.
const RESEAL_OPEN_S: u64 = 3600;

/// The same when its connection closes: a client that comes and goes does not seal each time.
const RESEAL_CLOSED_S: u64 = 60;

/// Names an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub user: UserId,
    pub key: AuthKeyId,
    /// A /32 of IPv4 or a /64 of IPv6: what one subscriber has.
    network: Ipv6Addr,
    /// Days since 1970 (UTC).
    pub day: u32,
}

struct Connection {
    user: UserId,
    key: AuthKeyId,
    from: SocketAddr,
    since_s: u64,
}

struct Interval {
    ip: IpAddr,
    first: Sighting,
    last: Sighting,
    /// Where it is kept, once it is.
    row: Option<i64>,
    /// How far it has come in its row.
    sealed_s: u64,
    /// Whether it waits to be sealed.
    waiting: bool,
}

impl Interval {
    /// Whether there is more to seal than the row has, by at least so many seconds.
    fn has_grown(&self, by_s: u64) -> bool {
        self.row.is_none() || self.last.at_s >= self.sealed_s.saturating_add(by_s)
    }
}

/// An interval as it stood when its sealing began.
pub(super) struct Seen {
    ip: IpAddr,
    first: Sighting,
    last: Sighting,
    pub row: Option<i64>,
}

impl Seen {
    pub fn interval(&self) -> Result<IpInterval, ParseError> {
        IpInterval::new(self.ip, self.first, self.last)
    }
}

/// The open connections, and the intervals of the day.
#[derive(Default)]
pub(super) struct Intervals {
    connections: HashMap<u64, Connection>,
    places: HashMap<Place, Interval>,
    next: u64,
}

impl Intervals {
    /// Notes an open connection; answers with its number.
    pub fn connect(&mut self, user: UserId, key: AuthKeyId, from: SocketAddr, since_s: u64) -> u64 {
        self.next += 1;
        let connection = Connection {
            user,
            key,
            from,
            since_s,
        };
        self.connections.insert(self.next, connection);
        self.next
    }

    /// A connection is there; answers with its interval when that is to be sealed. `keyed` tells
    /// whether a day has a key: without one there is no interval.
    pub fn see(
        &mut self,
        connection: u64,
        now_s: u64,
        keyed: impl Fn(u32) -> bool,
    ) -> Option<Place> {
        self.extend(connection, now_s, keyed, RESEAL_OPEN_S)
    }

    /// A connection closes; answers with its interval when that is to be sealed.
    pub fn close(
        &mut self,
        connection: u64,
        now_s: u64,
        keyed: impl Fn(u32) -> bool,
    ) -> Option<Place> {
        let place = self.extend(connection, now_s, keyed, RESEAL_CLOSED_S);
        self.connections.remove(&connection);
        place
    }

    /// Looks at all open connections, and at what could not be sealed before; answers with what is
    /// to be sealed. Intervals of earlier days end.
    pub fn look(&mut self, now_s: u64, keyed: impl Fn(u32) -> bool) -> Vec<Place> {
        let today = day_of(now_s);
        let connections: Vec<u64> = self.connections.keys().copied().collect();
        let earlier: BTreeSet<u32> = self
            .places
            .keys()
            .map(|place| place.day)
            .filter(|day| *day != today)
            .collect();
        let mut places: Vec<Place> = Vec::new();
        for day in earlier {
            places.extend(self.end_day(day));
        }
        for connection in connections {
            places.extend(self.see(connection, now_s, &keyed));
        }
        // A closed one that a full queue or a failing disk has left behind.
        for (place, interval) in &mut self.places {
            if !interval.waiting && interval.row.is_none() {
                interval.waiting = true;
                places.push(*place);
            }
        }
        places
    }

    /// Ends the intervals of a day, at the end of the day for connections that outlast it; answers
    /// with those that are to be sealed.
    pub fn end_day(&mut self, day: u32) -> Vec<Place> {
        let last_s = (u64::from(day) + 1) * DAY_S - 1;
        // One that was opened later says nothing about that day.
        let lasting = |connection: &&Connection| connection.since_s <= last_s;
        for connection in self.connections.values().filter(lasting) {
            let place = connection.place(day);
            if let Some(interval) = self.places.get_mut(&place) {
                let at_s = interval.last.at_s.max(last_s);
                let port = connection.from.port();
                interval.last = Sighting { at_s, port };
            }
        }
        let mut places = Vec::new();
        for (place, interval) in &mut self.places {
            if place.day == day && interval.has_grown(1) {
                interval.waiting = true;
                places.push(*place);
            }
        }
        places
    }

    /// Every interval that its row does not tell in full.
    pub fn unsealed(&mut self) -> Vec<Place> {
        let grown = self.places.iter().filter(|(_, one)| one.has_grown(1));
        grown.map(|(place, _)| *place).collect()
    }

    /// What is to be sealed of an interval, if it is still there.
    pub fn begin_sealing(&mut self, place: Place) -> Option<Seen> {
        let interval = self.places.get_mut(&place)?;
        interval.waiting = false;
        Some(Seen {
            ip: interval.ip,
            first: interval.first,
            last: interval.last,
            row: interval.row,
        })
    }

    /// An interval was sealed as it was `seen`; without a row it was erased meanwhile, and ends.
    pub fn sealed(&mut self, place: Place, row: Option<i64>, seen: &Seen) {
        if row.is_none() {
            self.places.remove(&place);
        } else if let Some(interval) = self.places.get_mut(&place) {
            interval.row = row;
            interval.sealed_s = seen.last.at_s;
        }
    }

    /// An interval was not sealed; one that is `lost` never will be.
    pub fn sealing_failed(&mut self, place: Place, lost: bool) {
        if lost {
            self.forget(place);
        } else if let Some(interval) = self.places.get_mut(&place) {
            interval.waiting = false;
        }
    }

    /// Ends an interval.
    pub fn forget(&mut self, place: Place) {
        self.places.remove(&place);
    }

    /// Ends the intervals of a day.
    pub fn forget_day(&mut self, day: u32) {
        self.places.retain(|place, _| place.day != day);
    }

    /// Forgets all of an account.
    pub fn forget_user(&mut self, user: UserId) {
        self.connections
            .retain(|_, connection| connection.user != user);
        self.places.retain(|place, _| place.user != user);
    }

    fn extend(
        &mut self,
        connection: u64,
        now_s: u64,
        keyed: impl Fn(u32) -> bool,
        reseal_after_s: u64,
    ) -> Option<Place> {
        let connection = self.connections.get(&connection)?;
        let day = day_of(now_s);
        if !keyed(day) {
            return None;
        }
        let place = connection.place(day);
        let now = Sighting {
            at_s: now_s,
            port: connection.from.port(),
        };
        let interval = self.places.entry(place).or_insert_with(|| Interval {
            ip: connection.from.ip(),
            first: now,
            last: now,
            row: None,
            sealed_s: 0,
            waiting: false,
        });
        // A clock that went back does not shorten it.
        if now.at_s >= interval.last.at_s {
            interval.last = now;
        }
        if interval.waiting || !interval.has_grown(reseal_after_s) {
            return None;
        }
        interval.waiting = true;
        Some(place)
    }
}

impl Connection {
    fn place(&self, day: u32) -> Place {
        Place {
            user: self.user,
            key: self.key,
            network: network_of(self.from.ip()),
            day,
        }
    }
}

/// The network that one subscriber has: the address itself in IPv4, a /64 in IPv6.
fn network_of(ip: IpAddr) -> Ipv6Addr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64),
    }
}

fn day_of(now_s: u64) -> u32 {
    (now_s / DAY_S) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u32 = 20_000;
    const NOON_S: u64 = DAY as u64 * DAY_S + DAY_S / 2;
    const ADA: UserId = UserId(1);

    fn keyed(_: u32) -> bool {
        true
    }

    fn connect(intervals: &mut Intervals, key: i64, from: &str) -> u64 {
        connect_at(intervals, key, from, NOON_S)
    }

    fn connect_at(intervals: &mut Intervals, key: i64, from: &str, since_s: u64) -> u64 {
        let from = from.parse().expect("an address");
        intervals.connect(ADA, AuthKeyId(key), from, since_s)
    }

    /// Seals as the sealer does; answers with the row, the first and the last second.
    fn seal(intervals: &mut Intervals, place: Place, new_row: i64) -> (Option<i64>, u64, u64) {
        let seen = intervals.begin_sealing(place).expect("it is there");
        intervals.sealed(place, seen.row.or(Some(new_row)), &seen);
        (seen.row, seen.first.at_s, seen.last.at_s)
    }

    #[test]
    fn an_interval_is_sealed_at_first_sight_and_again_at_its_end() {
        let mut intervals = Intervals::default();
        let one = connect(&mut intervals, 5, "192.0.2.1:4001");
        let place = intervals.see(one, NOON_S, keyed).expect("first sight");
        assert_eq!(seal(&mut intervals, place, 9), (None, NOON_S, NOON_S));
        assert_eq!(intervals.see(one, NOON_S + 3599, keyed), None);
        let end = intervals.close(one, NOON_S + 3600, keyed);
        assert_eq!(end, Some(place));
        assert_eq!(
            seal(&mut intervals, place, 0),
            (Some(9), NOON_S, NOON_S + 3600)
        );
    }

    #[test]
    fn a_client_that_comes_and_goes_seals_no_more_than_once_a_minute() {
        let mut intervals = Intervals::default();
        let mut sealed = 0;
        for second in 0..180 {
            let one = connect(&mut intervals, 5, "192.0.2.1:4001");
            for place in [
                intervals.see(one, NOON_S + second, keyed),
                intervals.close(one, NOON_S + second, keyed),
            ]
            .into_iter()
            .flatten()
            {
                seal(&mut intervals, place, 9);
                sealed += 1;
            }
        }
        assert_eq!(sealed, 3);
    }

    #[test]
    fn an_open_connection_is_sealed_every_hour() {
        let mut intervals = Intervals::default();
        let one = connect(&mut intervals, 5, "192.0.2.1:4001");
        let place = intervals.see(one, NOON_S, keyed).expect("first sight");
        seal(&mut intervals, place, 9);
        let mut sealed = 0;
        for minute in 1..=180 {
            for place in intervals.look(NOON_S + 60 * minute, keyed) {
                seal(&mut intervals, place, 0);
                sealed += 1;
            }
        }
        assert_eq!(sealed, 3);
    }

    #[test]
    fn two_devices_and_two_networks_have_intervals_of_their_own() {
        let mut intervals = Intervals::default();
        let mut places = Vec::new();
        for (key, from) in [
            (5, "192.0.2.1:1"),
            (6, "192.0.2.1:1"),
            (5, "192.0.2.2:1"),
            (5, "[2001:db8::1]:1"),
            (5, "[2001:db8:0:1::1]:1"),
        ] {
            let one = connect(&mut intervals, key, from);
            places.extend(intervals.see(one, NOON_S, keyed));
        }
        assert_eq!(places.len(), 5);
        for from in ["[2001:db8::2]:1", "[::ffff:192.0.2.1]:1"] {
            let same = connect(&mut intervals, 5, from);
            assert_eq!(intervals.see(same, NOON_S, keyed), None, "{from}");
        }
    }

    #[test]
    fn midnight_ends_an_interval_and_begins_the_next() {
        let mut intervals = Intervals::default();
        let one = connect(&mut intervals, 5, "192.0.2.1:4001");
        let before = intervals.see(one, NOON_S, keyed).expect("first sight");
        seal(&mut intervals, before, 9);
        let midnight_s = u64::from(DAY + 1) * DAY_S;
        let places = intervals.look(midnight_s + 30, keyed);
        assert_eq!(places.len(), 2);
        assert_eq!(
            seal(&mut intervals, places[0], 0),
            (Some(9), NOON_S, midnight_s - 1)
        );
        assert_eq!((places[0].day, places[1].day), (DAY, DAY + 1));
        intervals.forget_day(DAY);
        assert_eq!(intervals.begin_sealing(before).map(|_| ()), None);
    }

    #[test]
    fn who_comes_back_after_midnight_was_not_there_before_it() {
        let mut intervals = Intervals::default();
        let one = connect(&mut intervals, 5, "192.0.2.1:4001");
        let place = intervals.see(one, NOON_S, keyed).expect("first sight");
        seal(&mut intervals, place, 9);
        let closed = intervals.close(one, NOON_S + 600, keyed);
        seal(&mut intervals, closed.expect("it has grown"), 9);

        let midnight_s = u64::from(DAY + 1) * DAY_S;
        let again = connect_at(&mut intervals, 5, "192.0.2.1:4001", midnight_s + 5);
        let next = intervals.see(again, midnight_s + 5, keyed);
        seal(&mut intervals, next.expect("another day"), 10);
        assert_eq!(intervals.look(midnight_s + 60, keyed), []);
        let seen = intervals.begin_sealing(place).expect("it is there");
        assert_eq!(seen.last.at_s, NOON_S + 600);
    }

    #[test]
    fn without_a_key_there_is_no_interval_until_there_is_one() {
        let mut intervals = Intervals::default();
        let one = connect(&mut intervals, 5, "192.0.2.1:4001");
        assert_eq!(intervals.see(one, NOON_S, |_| false), None);
        assert!(intervals.places.is_empty());
        let places = intervals.look(NOON_S + 60, |day| day == DAY);
        assert_eq!(seal(&mut intervals, places[0], 9).1, NOON_S + 60);
    }

    #[test]
    fn what_could_not_be_sealed_is_looked_at_again() {
        let mut intervals = Intervals::default();
        let one = connect(&mut intervals, 5, "192.0.2.1:4001");
        let place = intervals.see(one, NOON_S, keyed).expect("first sight");
        assert_eq!(intervals.look(NOON_S + 1, keyed), [], "it is waiting");
        intervals.sealing_failed(place, false);
        assert_eq!(intervals.close(one, NOON_S + 2, keyed), Some(place));
        intervals.sealing_failed(place, false);
        assert_eq!(intervals.look(NOON_S + 60, keyed), [place]);
        intervals.sealing_failed(place, true);
        assert_eq!(intervals.look(NOON_S + 120, keyed), []);
    }
}
