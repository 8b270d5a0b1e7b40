//! The list of countries and calling codes, for the sign-in screen.

use super::hash_of;
use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::countries::{COUNTRIES, Country};
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router.method(Access::Anyone, Rate::Read, get_countries_list);
}

/// `help.getCountriesList`: every country with its calling codes, in English, or that the list is as
/// the client has it.
async fn get_countries_list(
    _: Ctx,
    req: f::help::GetCountriesList,
) -> Result<enums::help::CountriesList> {
    let hash = hash_of(COUNTRIES.iter().flat_map(|country| {
        let prefixes = country.prefixes.iter().map(|prefix| prefix.as_bytes());
        [country.iso2, country.name, country.code]
            .map(str::as_bytes)
            .into_iter()
            .chain(prefixes)
    }));
    if req.hash == hash {
        return Ok(enums::help::CountriesList::NotModified);
    }
    let by_country = COUNTRIES.chunk_by(|a, b| a.iso2 == b.iso2);
    Ok(types::help::CountriesList {
        countries: by_country.map(country).collect(),
        hash,
    }
    .into())
}

fn country(codes: &[Country]) -> enums::help::Country {
    types::help::Country {
        hidden: false,
        iso2: codes[0].iso2.to_owned(),
        default_name: codes[0].name.to_owned(),
        name: None,
        country_codes: codes.iter().map(code).collect(),
    }
    .into()
}

fn code(country: &Country) -> enums::help::CountryCode {
    let prefixes = country.prefixes.iter().map(|prefix| (*prefix).to_owned());
    types::help::CountryCode {
        country_code: country.code.to_owned(),
        prefixes: (!country.prefixes.is_empty()).then(|| prefixes.collect()),
        patterns: None,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};

    async fn list(world: &World, person: &Person, hash: i32) -> enums::help::CountriesList {
        let call = f::help::GetCountriesList {
            lang_code: "en".into(),
            hash,
        };
        world.call(person, call).await.expect("answered")
    }

    #[tokio::test]
    async fn a_stranger_gets_the_list_once() {
        let world = World::new().await;
        let stranger = world.stranger().await;
        let enums::help::CountriesList::CountriesList(all) = list(&world, &stranger, 0).await
        else {
            panic!("not modified");
        };
        assert!(all.countries.len() > 230);
        let again = list(&world, &stranger, all.hash).await;
        assert_eq!(again, enums::help::CountriesList::NotModified);
    }
}
