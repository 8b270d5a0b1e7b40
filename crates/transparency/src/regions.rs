//! Countries, and the part of the world that each is counted in.

use std::fmt;
use std::str::FromStr;

use crate::entry::Region;

/// A country by its ISO 3166-1 alpha-2 code, or `XI` for an international court.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// The text is not the code of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 3166-1 alpha-2 code in capital letters, nor XI")]
pub struct UnknownCountry;

impl Country {
    /// International courts. ISO 3166-1 leaves `XI` to its users.
    pub const INTERNATIONAL: Self = Self(*b"XI");

    /// All of them, by region and then by code.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE
            .iter()
            .flat_map(|(_, codes)| codes.split(' '))
            .map(|code| code.parse().expect("the table holds codes"))
    }

    /// The code.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).expect("codes are ASCII letters")
    }

    /// Where it is counted.
    pub fn region(&self) -> Region {
        region_of(self.code()).expect("only codes of the table become countries")
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(code: &str) -> Result<Self, UnknownCountry> {
        let known = region_of(code).ok_or(UnknownCountry);
        known.and_then(|_| {
            code.as_bytes()
                .try_into()
                .map_err(|_| UnknownCountry)
                .map(Self)
        })
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

fn region_of(code: &str) -> Option<Region> {
    let holds = |codes: &&str| code.len() == 2 && codes.split(' ').any(|own| own == code);
    TABLE
        .iter()
        .find(|(_, codes)| holds(codes))
        .map(|(region, _)| *region)
}

/// Regions by the countries' neighbourhood in practice: dependent territories stand where they
/// lie, Antarctica belongs to nobody. The division is one for counting and says nothing else.
const TABLE: [(Region, &str); 8] = [
    (
        Region::Africa,
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY \
         MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA \
         ZM ZW",
    ),
    (Region::NorthAmerica, "BM CA GL PM US"),
    (
        Region::LatinAmerica,
        "AG AI AR AW BB BL BO BQ BR BS BV BZ CL CO CR CU CW DM DO EC FK GD GF GP GS GT GY HN HT \
         JM KN KY LC MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI",
    ),
    (
        Region::EastAsiaPacific,
        "AS AU BN CC CK CN CX FJ FM GU HK HM ID JP KH KI KP KR LA MH MM MN MO MP MY NC NF NR NU \
         NZ PF PG PH PN PW SB SG TH TK TL TO TV TW UM VN VU WF WS",
    ),
    (
        Region::SouthCentralAsia,
        "AF BD BT IN KG KZ LK MV NP PK TJ TM UZ",
    ),
    (
        Region::Europe,
        "AD AL AM AT AX AZ BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GE GG GI GR HR HU IE IM \
         IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM TR UA VA",
    ),
    (
        Region::MiddleEast,
        "AE BH IL IQ IR JO KW LB OM PS QA SA SY YE",
    ),
    (Region::International, "AQ XI"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_country_stands_in_one_region() {
        let all: Vec<Country> = Country::all().collect();
        let distinct: BTreeSet<Country> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
        // ISO 3166-1 assigns 249 codes; XI is ours.
        assert_eq!(all.len(), 250);
        for (region, codes) in TABLE {
            let codes: Vec<_> = codes.split(' ').collect();
            assert!(codes.is_sorted(), "{region}");
        }
        let regions: Vec<_> = TABLE.iter().map(|(region, _)| *region).collect();
        assert_eq!(regions, Region::ALL);
    }

    #[test]
    fn only_codes_in_capital_letters_are_read() {
        assert_eq!("DE".parse::<Country>().unwrap().region(), Region::Europe);
        assert_eq!("XI".parse(), Ok(Country::INTERNATIONAL));
        for wrong in ["", "D", "de", "DEU", "XX", "ZZ", "E ", "AO BF", "É"] {
            assert_eq!(wrong.parse::<Country>(), Err(UnknownCountry), "{wrong:?}");
        }
    }
}
