//! Countries and their calling codes.
//!
//! Codes are those of ITU-T E.164; where several countries share one, the prefixes behind it tell
//! them apart (North American and other numbering plans). Names are the usual English ones.

/// One calling code of one country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166 code of two letters.
    pub iso2: &'static str,
    /// The English name.
    pub name: &'static str,
    /// The calling code, without a plus.
    pub code: &'static str,
    /// The prefixes behind the code that are this country's; none where it has all the others.
    pub prefixes: &'static [&'static str],
}

/// The country that a number belongs to, by its longest matching code and prefix.
///
/// `digits` is the number in international form without a plus.
pub fn of_number(digits: &str) -> Option<&'static Country> {
    let matched = |country: &Country| {
        let rest = digits.strip_prefix(country.code)?;
        if country.prefixes.is_empty() {
            return Some(country.code.len());
        }
        let prefix = country
            .prefixes
            .iter()
            .find(|prefix| rest.starts_with(**prefix))?;
        Some(country.code.len() + prefix.len())
    };
    COUNTRIES
        .iter()
        .filter_map(|country| Some((matched(country)?, country)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, country)| country)
}

/// The English name of a country by its ISO code; the code itself where it is not in the table.
pub fn name_of(iso2: &str) -> &str {
    let known = COUNTRIES.iter().find(|country| country.iso2 == iso2);
    known.map_or(iso2, |country| country.name)
}

const fn row(
    iso2: &'static str,
    name: &'static str,
    code: &'static str,
    prefixes: &'static [&'static str],
) -> Country {
    Country {
        iso2,
        name,
        code,
        prefixes,
    }
}

/// Every country, by name; the codes of one country stand together.
#[rustfmt::skip]
pub const COUNTRIES: &[Country] = &[
    row("AF", "Afghanistan", "93", &[]),
    row("AL", "Albania", "355", &[]),
    row("DZ", "Algeria", "213", &[]),
    row("AS", "American Samoa", "1", &["684"]),
    row("AD", "Andorra", "376", &[]),
    row("AO", "Angola", "244", &[]),
    row("AI", "Anguilla", "1", &["264"]),
    row("AG", "Antigua & Barbuda", "1", &["268"]),
    row("AR", "Argentina", "54", &[]),
    row("AM", "Armenia", "374", &[]),
    row("AW", "Aruba", "297", &[]),
    row("AU", "Australia", "61", &[]),
    row("AT", "Austria", "43", &[]),
    row("AZ", "Azerbaijan", "994", &[]),
    row("BS", "Bahamas", "1", &["242"]),
    row("BH", "Bahrain", "973", &[]),
    row("BD", "Bangladesh", "880", &[]),
    row("BB", "Barbados", "1", &["246"]),
    row("BY", "Belarus", "375", &[]),
    row("BE", "Belgium", "32", &[]),
    row("BZ", "Belize", "501", &[]),
    row("BJ", "Benin", "229", &[]),
    row("BM", "Bermuda", "1", &["441"]),
    row("BT", "Bhutan", "975", &[]),
    row("BO", "Bolivia", "591", &[]),
    row("BQ", "Bonaire, Sint Eustatius & Saba", "599", &["3", "4", "7"]),
    row("BA", "Bosnia & Herzegovina", "387", &[]),
    row("BW", "Botswana", "267", &[]),
    row("BR", "Brazil", "55", &[]),
    row("IO", "British Indian Ocean Territory", "246", &[]),
    row("VG", "British Virgin Islands", "1", &["284"]),
    row("BN", "Brunei", "673", &[]),
    row("BG", "Bulgaria", "359", &[]),
    row("BF", "Burkina Faso", "226", &[]),
    row("BI", "Burundi", "257", &[]),
    row("KH", "Cambodia", "855", &[]),
    row("CM", "Cameroon", "237", &[]),
    row("CA", "Canada", "1", &["204", "226", "236", "249", "250", "257", "263", "289", "306", "343", "354", "365", "367", "368", "382", "403", "416", "418", "428", "431", "437", "438", "450", "468", "474", "506", "514", "519", "548", "579", "581", "584", "587", "604", "613", "639", "647", "672", "683", "705", "709", "742", "753", "778", "780", "782", "807", "819", "825", "867", "873", "879", "902", "905", "942"]),
    row("CV", "Cape Verde", "238", &[]),
    row("KY", "Cayman Islands", "1", &["345"]),
    row("CF", "Central African Republic", "236", &[]),
    row("TD", "Chad", "235", &[]),
    row("CL", "Chile", "56", &[]),
    row("CN", "China", "86", &[]),
    row("CO", "Colombia", "57", &[]),
    row("KM", "Comoros", "269", &[]),
    row("CG", "Congo (Brazzaville)", "242", &[]),
    row("CD", "Congo (Kinshasa)", "243", &[]),
    row("CK", "Cook Islands", "682", &[]),
    row("CR", "Costa Rica", "506", &[]),
    row("CI", "Côte d’Ivoire", "225", &[]),
    row("HR", "Croatia", "385", &[]),
    row("CU", "Cuba", "53", &[]),
    row("CW", "Curaçao", "599", &[]),
    row("CY", "Cyprus", "357", &[]),
    row("CZ", "Czech Republic", "420", &[]),
    row("DK", "Denmark", "45", &[]),
    row("DJ", "Djibouti", "253", &[]),
    row("DM", "Dominica", "1", &["767"]),
    row("DO", "Dominican Republic", "1", &["809", "829", "849"]),
    row("EC", "Ecuador", "593", &[]),
    row("EG", "Egypt", "20", &[]),
    row("SV", "El Salvador", "503", &[]),
    row("GQ", "Equatorial Guinea", "240", &[]),
    row("ER", "Eritrea", "291", &[]),
    row("EE", "Estonia", "372", &[]),
    row("SZ", "Eswatini", "268", &[]),
    row("ET", "Ethiopia", "251", &[]),
    row("FK", "Falkland Islands", "500", &[]),
    row("FO", "Faroe Islands", "298", &[]),
    row("FJ", "Fiji", "679", &[]),
    row("FI", "Finland", "358", &[]),
    row("FR", "France", "33", &[]),
    row("GF", "French Guiana", "594", &[]),
    row("PF", "French Polynesia", "689", &[]),
    row("GA", "Gabon", "241", &[]),
    row("GM", "Gambia", "220", &[]),
    row("GE", "Georgia", "995", &[]),
    row("DE", "Germany", "49", &[]),
    row("GH", "Ghana", "233", &[]),
    row("GI", "Gibraltar", "350", &[]),
    row("GR", "Greece", "30", &[]),
    row("GL", "Greenland", "299", &[]),
    row("GD", "Grenada", "1", &["473"]),
    row("GP", "Guadeloupe", "590", &[]),
    row("GU", "Guam", "1", &["671"]),
    row("GT", "Guatemala", "502", &[]),
    row("GG", "Guernsey", "44", &["1481", "7781", "7839", "7911"]),
    row("GN", "Guinea", "224", &[]),
    row("GW", "Guinea-Bissau", "245", &[]),
    row("GY", "Guyana", "592", &[]),
    row("HT", "Haiti", "509", &[]),
    row("HN", "Honduras", "504", &[]),
    row("HK", "Hong Kong", "852", &[]),
    row("HU", "Hungary", "36", &[]),
    row("IS", "Iceland", "354", &[]),
    row("IN", "India", "91", &[]),
    row("ID", "Indonesia", "62", &[]),
    row("IR", "Iran", "98", &[]),
    row("IQ", "Iraq", "964", &[]),
    row("IE", "Ireland", "353", &[]),
    row("IM", "Isle of Man", "44", &["1624", "7524", "7624", "7924"]),
    row("IL", "Israel", "972", &[]),
    row("IT", "Italy", "39", &[]),
    row("JM", "Jamaica", "1", &["658", "876"]),
    row("JP", "Japan", "81", &[]),
    row("JE", "Jersey", "44", &["1534", "7509", "7700", "7797", "7829", "7937"]),
    row("JO", "Jordan", "962", &[]),
    row("KZ", "Kazakhstan", "7", &["6", "7"]),
    row("KE", "Kenya", "254", &[]),
    row("KI", "Kiribati", "686", &[]),
    row("XK", "Kosovo", "383", &[]),
    row("KW", "Kuwait", "965", &[]),
    row("KG", "Kyrgyzstan", "996", &[]),
    row("LA", "Laos", "856", &[]),
    row("LV", "Latvia", "371", &[]),
    row("LB", "Lebanon", "961", &[]),
    row("LS", "Lesotho", "266", &[]),
    row("LR", "Liberia", "231", &[]),
    row("LY", "Libya", "218", &[]),
    row("LI", "Liechtenstein", "423", &[]),
    row("LT", "Lithuania", "370", &[]),
    row("LU", "Luxembourg", "352", &[]),
    row("MO", "Macau", "853", &[]),
    row("MG", "Madagascar", "261", &[]),
    row("MW", "Malawi", "265", &[]),
    row("MY", "Malaysia", "60", &[]),
    row("MV", "Maldives", "960", &[]),
    row("ML", "Mali", "223", &[]),
    row("MT", "Malta", "356", &[]),
    row("MH", "Marshall Islands", "692", &[]),
    row("MQ", "Martinique", "596", &[]),
    row("MR", "Mauritania", "222", &[]),
    row("MU", "Mauritius", "230", &[]),
    row("YT", "Mayotte", "262", &["269", "639"]),
    row("MX", "Mexico", "52", &[]),
    row("FM", "Micronesia", "691", &[]),
    row("MD", "Moldova", "373", &[]),
    row("MC", "Monaco", "377", &[]),
    row("MN", "Mongolia", "976", &[]),
    row("ME", "Montenegro", "382", &[]),
    row("MS", "Montserrat", "1", &["664"]),
    row("MA", "Morocco", "212", &[]),
    row("MZ", "Mozambique", "258", &[]),
    row("MM", "Myanmar", "95", &[]),
    row("NA", "Namibia", "264", &[]),
    row("NR", "Nauru", "674", &[]),
    row("NP", "Nepal", "977", &[]),
    row("NL", "Netherlands", "31", &[]),
    row("NC", "New Caledonia", "687", &[]),
    row("NZ", "New Zealand", "64", &[]),
    row("NI", "Nicaragua", "505", &[]),
    row("NE", "Niger", "227", &[]),
    row("NG", "Nigeria", "234", &[]),
    row("NU", "Niue", "683", &[]),
    row("NF", "Norfolk Island", "672", &["3"]),
    row("KP", "North Korea", "850", &[]),
    row("MK", "North Macedonia", "389", &[]),
    row("MP", "Northern Mariana Islands", "1", &["670"]),
    row("NO", "Norway", "47", &[]),
    row("OM", "Oman", "968", &[]),
    row("PK", "Pakistan", "92", &[]),
    row("PW", "Palau", "680", &[]),
    row("PS", "Palestine", "970", &[]),
    row("PA", "Panama", "507", &[]),
    row("PG", "Papua New Guinea", "675", &[]),
    row("PY", "Paraguay", "595", &[]),
    row("PE", "Peru", "51", &[]),
    row("PH", "Philippines", "63", &[]),
    row("PL", "Poland", "48", &[]),
    row("PT", "Portugal", "351", &[]),
    row("PR", "Puerto Rico", "1", &["787", "939"]),
    row("QA", "Qatar", "974", &[]),
    row("RE", "Réunion", "262", &[]),
    row("RO", "Romania", "40", &[]),
    row("RU", "Russia", "7", &[]),
    row("RW", "Rwanda", "250", &[]),
    row("SH", "Saint Helena", "290", &[]),
    row("SH", "Saint Helena", "247", &[]),
    row("KN", "Saint Kitts & Nevis", "1", &["869"]),
    row("LC", "Saint Lucia", "1", &["758"]),
    row("PM", "Saint Pierre & Miquelon", "508", &[]),
    row("VC", "Saint Vincent & the Grenadines", "1", &["784"]),
    row("WS", "Samoa", "685", &[]),
    row("SM", "San Marino", "378", &[]),
    row("ST", "São Tomé & Príncipe", "239", &[]),
    row("SA", "Saudi Arabia", "966", &[]),
    row("SN", "Senegal", "221", &[]),
    row("RS", "Serbia", "381", &[]),
    row("SC", "Seychelles", "248", &[]),
    row("SL", "Sierra Leone", "232", &[]),
    row("SG", "Singapore", "65", &[]),
    row("SX", "Sint Maarten", "1", &["721"]),
    row("SK", "Slovakia", "421", &[]),
    row("SI", "Slovenia", "386", &[]),
    row("SB", "Solomon Islands", "677", &[]),
    row("SO", "Somalia", "252", &[]),
    row("ZA", "South Africa", "27", &[]),
    row("KR", "South Korea", "82", &[]),
    row("SS", "South Sudan", "211", &[]),
    row("ES", "Spain", "34", &[]),
    row("LK", "Sri Lanka", "94", &[]),
    row("SD", "Sudan", "249", &[]),
    row("SR", "Suriname", "597", &[]),
    row("SE", "Sweden", "46", &[]),
    row("CH", "Switzerland", "41", &[]),
    row("SY", "Syria", "963", &[]),
    row("TW", "Taiwan", "886", &[]),
    row("TJ", "Tajikistan", "992", &[]),
    row("TZ", "Tanzania", "255", &[]),
    row("TH", "Thailand", "66", &[]),
    row("TL", "Timor-Leste", "670", &[]),
    row("TG", "Togo", "228", &[]),
    row("TK", "Tokelau", "690", &[]),
    row("TO", "Tonga", "676", &[]),
    row("TT", "Trinidad & Tobago", "1", &["868"]),
    row("TN", "Tunisia", "216", &[]),
    row("TR", "Turkey", "90", &[]),
    row("TM", "Turkmenistan", "993", &[]),
    row("TC", "Turks & Caicos Islands", "1", &["649"]),
    row("TV", "Tuvalu", "688", &[]),
    row("UG", "Uganda", "256", &[]),
    row("UA", "Ukraine", "380", &[]),
    row("AE", "United Arab Emirates", "971", &[]),
    row("GB", "United Kingdom", "44", &[]),
    row("US", "United States", "1", &[]),
    row("UY", "Uruguay", "598", &[]),
    row("VI", "US Virgin Islands", "1", &["340"]),
    row("UZ", "Uzbekistan", "998", &[]),
    row("VU", "Vanuatu", "678", &[]),
    row("VA", "Vatican City", "39", &["06698"]),
    row("VE", "Venezuela", "58", &[]),
    row("VN", "Vietnam", "84", &[]),
    row("WF", "Wallis & Futuna", "681", &[]),
    row("YE", "Yemen", "967", &[]),
    row("ZM", "Zambia", "260", &[]),
    row("ZW", "Zimbabwe", "263", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_number_belongs_to_the_longest_match() {
        let of = |digits| of_number(digits).map(|country| country.iso2);
        assert_eq!(of("4930123456"), Some("DE"));
        assert_eq!(of("12025550123"), Some("US"));
        assert_eq!(of("14165550123"), Some("CA"));
        assert_eq!(of("18765550123"), Some("JM"));
        assert_eq!(of("77012345678"), Some("KZ"));
        assert_eq!(of("79161234567"), Some("RU"));
        assert_eq!(of("390669812345"), Some("VA"));
        assert_eq!(of("390612345678"), Some("IT"));
        assert_eq!(of("9996612345"), None);
    }

    #[test]
    fn every_code_and_prefix_names_one_country() {
        let mut seen = HashSet::new();
        for country in COUNTRIES {
            assert!(country.iso2.len() == 2 && !country.name.is_empty());
            let bare: &[&str] = &[""];
            let prefixes = if country.prefixes.is_empty() {
                bare
            } else {
                country.prefixes
            };
            for prefix in prefixes {
                assert!(
                    seen.insert((country.code, *prefix)),
                    "{} {prefix} stands twice",
                    country.code
                );
            }
        }
    }

    #[test]
    fn no_code_is_the_beginning_of_another() {
        for a in COUNTRIES {
            for b in COUNTRIES {
                assert!(
                    a.code == b.code || !b.code.starts_with(a.code),
                    "{a:?} {b:?}"
                );
            }
        }
    }
}
