//! The terms, as clients show and accept them.

use super::ask_again_at;
use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_model::UnixMs;
use heliograph_moderation::acceptance::{self, Accept, AcceptError};
use heliograph_moderation::publication::Published;
use heliograph_moderation::terms::{self, Terms};
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};
use heliograph_transparency::entry::Day;
use std::fmt::Write;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Free, get_terms_of_service_update)
        .method(Access::User, Rate::Read, accept_terms_of_service);
}

/// `help.getTermsOfServiceUpdate`: the newest published terms, where the caller has not accepted them
/// yet, and when to ask again. They are offered for two weeks before they hold.
async fn get_terms_of_service_update(
    cx: Ctx,
    _: f::help::GetTermsOfServiceUpdate,
) -> Result<enums::help::TermsOfServiceUpdate> {
    let me = cx.user()?;
    let expires = ask_again_at(cx.now());
    let mut view = cx.store.view().await?;
    Ok(match acceptance::due(&mut *view, me).await? {
        None => types::help::TermsOfServiceUpdateEmpty { expires }.into(),
        Some(due) => types::help::TermsOfServiceUpdate {
            expires,
            terms_of_service: offered(due, cx.now()),
        }
        .into(),
    })
}

/// `help.acceptTermsOfService`: notes that the caller accepts these terms.
///
/// Fails with `DATA_INVALID` for terms that were never offered.
async fn accept_terms_of_service(cx: Ctx, req: f::help::AcceptTermsOfService) -> Result<bool> {
    let user = cx.user()?;
    let enums::DataJSON::DataJSON(id) = req.id;
    let accepted = terms::all().iter().find(|terms| id_of(terms) == id.data);
    let version = accepted.ok_or(text::DATA_INVALID)?.version;
    cx.write(Accept { user, version }).await?;
    Ok(true)
}

impl From<AcceptError> for RpcError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Unknown => text::DATA_INVALID.into(),
            AcceptError::Store(error) => error.into(),
        }
    }
}

/// Terms as clients show them, with the age that they ask people to confirm, and from when they hold
/// where they do not yet.
pub(crate) fn offered(published: Published, now: UnixMs) -> enums::help::TermsOfService {
    let terms = published.terms;
    let (mut text, entities) = styled(terms.text);
    if let Some(effective) = published.effective.filter(|effective| *effective > now) {
        let day = Day::of_unix(u64::try_from(effective.0 / 1000).unwrap_or(0));
        let _ = write!(text, "\n\nThis version holds from {day} on.");
    }
    types::help::TermsOfService {
        popup: true,
        id: types::DataJSON { data: id_of(terms) }.into(),
        text,
        entities,
        min_age_confirm: Some(i32::from(terms.min_age)),
    }
    .into()
}

/// What clients send back to accept these terms.
fn id_of(terms: &Terms) -> String {
    format!("{{\"version\":{}}}", terms.version)
}

/// Markdown as a message: headings are bold. Nothing else is used in the terms.
fn styled(markdown: &str) -> (String, Vec<enums::MessageEntity>) {
    let mut text = String::new();
    let mut entities = Vec::new();
    let mut offset = 0;
    for line in markdown.lines() {
        let plain = line.trim_start_matches('#').trim_start();
        // Clients count in UTF-16 units.
        let length = plain.encode_utf16().count() as i32;
        if plain.len() < line.len() && length > 0 {
            entities.push(types::MessageEntityBold { offset, length }.into());
        }
        text.push_str(plain);
        text.push('\n');
        offset += length + 1;
    }
    text.truncate(text.trim_end().len());
    (text, entities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use heliograph_tl::enums::help::TermsOfServiceUpdate;

    fn accept(data: &str) -> f::help::AcceptTermsOfService {
        let data = data.to_owned();
        let id = types::DataJSON { data }.into();
        f::help::AcceptTermsOfService { id }
    }

    #[tokio::test]
    async fn new_terms_are_offered_until_they_are_accepted() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ask = || f::help::GetTermsOfServiceUpdate {};
        let expires = ask_again_at(ada.cx.now());
        let Ok(TermsOfServiceUpdate::TermsOfServiceUpdate(update)) = world.call(&ada, ask()).await
        else {
            panic!("nothing was offered");
        };
        assert_eq!(update.expires, expires);
        let enums::help::TermsOfService::TermsOfService(offered) = update.terms_of_service;
        assert!(offered.text.starts_with("Terms of this installation"));
        let enums::DataJSON::DataJSON(id) = offered.id;

        for wrong in ["", "{}", "{\"version\":0}", "{\"version\":99}"] {
            let answer = world.call(&ada, accept(wrong)).await;
            assert_eq!(answer, Err(text::DATA_INVALID.into()), "{wrong}");
        }
        assert_eq!(world.call(&ada, accept(&id.data)).await, Ok(true));
        // Accepting twice is no error.
        assert_eq!(world.call(&ada, accept(&id.data)).await, Ok(true));
        let nothing = types::help::TermsOfServiceUpdateEmpty { expires };
        assert_eq!(world.call(&ada, ask()).await, Ok(nothing.into()));
    }

    #[test]
    fn terms_that_do_not_hold_yet_say_from_when_they_do() {
        let holds_from = UnixMs(20_780 * 86_400_000);
        let said = |now| {
            let published = Published {
                terms: terms::first(),
                effective: Some(holds_from),
            };
            let enums::help::TermsOfService::TermsOfService(shown) = offered(published, now);
            shown.text
        };
        let coming = said(UnixMs(holds_from.0 - 1));
        assert!(coming.ends_with("This version holds from 2026-11-23 on."));
        assert!(!said(holds_from).contains("This version holds"));
    }

    #[test]
    fn headings_are_bold_where_clients_count_them() {
        let (text, entities) = styled("# Ärger 🙂\n\nno #tag\n\n## a.1 B\nend\n");
        assert_eq!(text, "Ärger 🙂\n\nno #tag\n\na.1 B\nend");
        let bold = |offset, length| types::MessageEntityBold { offset, length }.into();
        assert_eq!(entities, [bold(0, 8), bold(19, 5)]);
    }
}
