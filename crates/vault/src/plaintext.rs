//! What is inside a sealed record: a phone number, or an IP address with ports and times.
//!
//! Both forms have one size, so that a ciphertext does not tell how long a number is or of which
//! family an address. Neither type can be printed.

use crate::wire::{ParseError, Reader};
use std::net::{IpAddr, Ipv6Addr};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A phone number: digits as in ITU-T E.164, country code first, without a plus.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Phone {
    padded: [u8; Phone::BYTES],
    digits: usize,
}

impl Phone {
    /// Size of the encoding, in bytes: 15 digits at most, and at least one zero byte.
    pub const BYTES: usize = 16;

    /// Reads digits; 7 to 15 of them, the first not 0.
    pub fn from_digits(digits: &str) -> Result<Self, ParseError> {
        if digits.len() >= Self::BYTES || digits.contains('\0') {
            return Err(ParseError::Value("phone"));
        }
        let mut padded = Zeroizing::new([0; Self::BYTES]);
        padded[..digits.len()].copy_from_slice(digits.as_bytes());
        Self::parse(&*padded)
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        std::str::from_utf8(&self.padded[..self.digits]).expect("checked: ASCII digits")
    }

    /// The digits in ASCII, followed by zero bytes.
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; Self::BYTES]> {
        Zeroizing::new(self.padded)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().map_err(|_| ParseError::Length)?;
        let digits = bytes.iter().take_while(|byte| **byte != 0).count();
        let (number, padding) = bytes.split_at(digits);
        let valid = (7..=15).contains(&digits)
            && number.iter().all(u8::is_ascii_digit)
            && number[0] != b'0'
            && padding.iter().all(|byte| *byte == 0);
        if !valid {
            return Err(ParseError::Value("phone"));
        }
        Ok(Self {
            padded: *bytes,
            digits,
        })
    }
}

/// One end of the time in which an address was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Seconds since 1970-01-01 in UTC.
    pub at_s: u64,
    /// The source port, 0 where it was not known.
    pub port: u16,
}

/// An address, and when and from which ports it was first and last seen on one day.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct IpInterval {
    /// IPv4 addresses are mapped into IPv6.
    ip: [u8; 16],
    first_s: u64,
    first_port: u16,
    last_s: u64,
    last_port: u16,
}

impl IpInterval {
    /// Size of the encoding, in bytes.
    pub const BYTES: usize = 48;

    /// Fails with [`ParseError::Value`] when the last sighting is before the first.
    pub fn new(ip: IpAddr, first: Sighting, last: Sighting) -> Result<Self, ParseError> {
        if last.at_s < first.at_s {
            return Err(ParseError::Value("interval"));
        }
        let ip = match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        Ok(Self {
            ip: ip.octets(),
            first_s: first.at_s,
            first_port: first.port,
            last_s: last.at_s,
            last_port: last.port,
        })
    }

    /// The address; a mapped IPv4 address as IPv4.
    pub fn ip(&self) -> IpAddr {
        IpAddr::V6(Ipv6Addr::from(self.ip)).to_canonical()
    }

    /// When it was first seen on the day.
    pub fn first(&self) -> Sighting {
        Sighting {
            at_s: self.first_s,
            port: self.first_port,
        }
    }

    /// When it was last seen on the day.
    pub fn last(&self) -> Sighting {
        Sighting {
            at_s: self.last_s,
            port: self.last_port,
        }
    }

    /// `address 16 | first second 8 | port 2 | last second 8 | port 2`, followed by zero bytes.
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; Self::BYTES]> {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        bytes[..16].copy_from_slice(&self.ip);
        bytes[16..24].copy_from_slice(&self.first_s.to_be_bytes());
        bytes[24..26].copy_from_slice(&self.first_port.to_be_bytes());
        bytes[26..34].copy_from_slice(&self.last_s.to_be_bytes());
        bytes[34..36].copy_from_slice(&self.last_port.to_be_bytes());
        bytes
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() != Self::BYTES {
            return Err(ParseError::Length);
        }
        let mut reader = Reader::new(bytes);
        let ip: [u8; 16] = reader.array()?;
        let mut sighting = || {
            Ok(Sighting {
                at_s: reader.u64()?,
                port: reader.u16()?,
            })
        };
        let interval = Self::new(IpAddr::from(ip), sighting()?, sighting()?)?;
        if reader.rest().iter().any(|byte| *byte != 0) {
            return Err(ParseError::Value("padding"));
        }
        Ok(interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sighting(at_s: u64, port: u16) -> Sighting {
        Sighting { at_s, port }
    }

    #[test]
    fn only_numbers_of_e164_are_phones() {
        let refused = [
            "",
            "4",
            "123456",
            "0123456789",
            "+4915100000",
            "1234567890123456",
        ];
        for text in refused
            .into_iter()
            .chain(["12345678901234567", "１２３４５６７", "1234567\0"])
        {
            let error = Phone::from_digits(text).err();
            assert_eq!(error, Some(ParseError::Value("phone")), "{text}");
        }
        for text in ["1234567", "123456789012345"] {
            assert_eq!(Phone::from_digits(text).expect("a number").digits(), text);
        }
    }

    #[test]
    fn bytes_after_the_padding_are_refused() {
        let mut bytes = *Phone::from_digits("1234567").expect("a number").to_bytes();
        bytes[15] = b'1';
        assert_eq!(Phone::parse(&bytes).err(), Some(ParseError::Value("phone")));

        let ip = IpAddr::from([192, 0, 2, 1]);
        let interval = IpInterval::new(ip, sighting(1, 2), sighting(3, 4)).expect("in order");
        for at in 36..IpInterval::BYTES {
            let mut bytes = *interval.to_bytes();
            bytes[at] = 1;
            let error = IpInterval::parse(&bytes).err();
            assert_eq!(error, Some(ParseError::Value("padding")));
        }
    }

    #[test]
    fn interval_that_ends_before_it_begins_is_refused() {
        let ip = IpAddr::from([192, 0, 2, 1]);
        let error = IpInterval::new(ip, sighting(2, 0), sighting(1, 0)).err();
        assert_eq!(error, Some(ParseError::Value("interval")));
    }

    #[test]
    fn ipv4_address_comes_back_as_ipv4() {
        let ip = IpAddr::from([192, 0, 2, 1]);
        let interval = IpInterval::new(ip, sighting(1, 2), sighting(1, 2)).expect("in order");
        assert_eq!(
            interval.to_bytes()[..16],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]
        );
        assert!(interval.ip() == ip);
    }

    proptest! {
        #[test]
        fn interval_is_read_back(ip: [u8; 16], a: (u64, u16), b: (u64, u16)) {
            let (first, last) = if a.0 <= b.0 { (a, b) } else { (b, a) };
            let (first, last) = (sighting(first.0, first.1), sighting(last.0, last.1));
            let written = IpInterval::new(IpAddr::from(ip), first, last).expect("in order");
            let read = IpInterval::parse(&*written.to_bytes()).expect("what was written");
            prop_assert!(read.ip() == written.ip() && read.first() == first && read.last() == last);
        }

        #[test]
        fn phone_is_read_back(digits in "[1-9][0-9]{6,14}") {
            let written = Phone::from_digits(&digits).expect("a number");
            let read = Phone::parse(&*written.to_bytes()).expect("what was written");
            prop_assert_eq!(read.digits(), digits);
        }
    }
}
