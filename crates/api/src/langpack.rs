//! `langpack.*`: clients speak the languages that they bring along.
//!
//! Texts of the official clients are not ours to hand out, so every pack is empty, and clients fall
//! back to what is built in.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};

pub(crate) fn register(router: &mut Router) {
    router
        .method(Access::Anyone, Rate::Free, get_lang_pack)
        .method(Access::Anyone, Rate::Free, get_difference)
        .method(Access::Anyone, Rate::Free, get_strings)
        .method(Access::Anyone, Rate::Free, get_languages)
        .method(Access::Anyone, Rate::Free, get_language);
}

/// The version of every pack: it never changes, and 0 would mean that the client has none.
const VERSION: i32 = 1;
/// The one language that is listed.
const ENGLISH: &str = "en";

/// `langpack.getLangPack`: an empty pack of the language that was asked for.
async fn get_lang_pack(_: Ctx, req: f::langpack::GetLangPack) -> Result<enums::LangPackDifference> {
    Ok(nothing_since(0, req.lang_code))
}

/// `langpack.getDifference`: nothing has changed.
async fn get_difference(
    _: Ctx,
    req: f::langpack::GetDifference,
) -> Result<enums::LangPackDifference> {
    Ok(nothing_since(req.from_version, req.lang_code))
}

/// `langpack.getStrings`: none of the texts is translated here.
async fn get_strings(_: Ctx, _: f::langpack::GetStrings) -> Result<Vec<enums::LangPackString>> {
    Ok(Vec::new())
}

/// `langpack.getLanguages`: English, which every client brings along.
async fn get_languages(
    _: Ctx,
    _: f::langpack::GetLanguages,
) -> Result<Vec<enums::LangPackLanguage>> {
    Ok(vec![english()])
}

/// `langpack.getLanguage`: English.
///
/// Fails with `LANG_CODE_NOT_SUPPORTED` for any other.
async fn get_language(_: Ctx, req: f::langpack::GetLanguage) -> Result<enums::LangPackLanguage> {
    if req.lang_code != ENGLISH {
        return Err(text::LANG_CODE_NOT_SUPPORTED.into());
    }
    Ok(english())
}

fn nothing_since(from_version: i32, lang_code: String) -> enums::LangPackDifference {
    types::LangPackDifference {
        lang_code,
        from_version,
        version: VERSION,
        strings: Vec::new(),
    }
    .into()
}

fn english() -> enums::LangPackLanguage {
    types::LangPackLanguage {
        official: true,
        name: "English".to_owned(),
        native_name: "English".to_owned(),
        lang_code: ENGLISH.to_owned(),
        plural_code: ENGLISH.to_owned(),
        ..Default::default()
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn any_language_has_an_empty_pack_and_english_is_listed() {
        let world = World::new().await;
        let stranger = world.stranger().await;
        let pack = f::langpack::GetLangPack {
            lang_pack: "tdesktop".into(),
            lang_code: "de".into(),
        };
        let enums::LangPackDifference::LangPackDifference(pack) =
            world.call(&stranger, pack).await.expect("answered");
        assert_eq!((pack.lang_code.as_str(), pack.strings.len()), ("de", 0));

        let language = |lang_code: &str| {
            let call = f::langpack::GetLanguage {
                lang_pack: "tdesktop".into(),
                lang_code: lang_code.into(),
            };
            world.call(&stranger, call)
        };
        assert!(language("en").await.is_ok());
        assert_eq!(
            language("de").await,
            Err(text::LANG_CODE_NOT_SUPPORTED.into())
        );
    }
}
