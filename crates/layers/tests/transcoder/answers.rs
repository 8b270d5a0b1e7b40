//! Answers that say "nothing", for calls which the server does not handle itself.

use crate::support::{history, schema, text};
use heliograph_layers::Layers;
use heliograph_tl_schema::{Kind, Schema};

fn answer(schema: &Schema, layer: u16, function: &str) -> Option<String> {
    let bytes = Layers::shared().default_answer(layer, function)?;
    let result = &schema.find_function(function)?.result;
    Some(text::show_value(schema, result, &bytes).expect("the layer reads it"))
}

#[test]
fn the_calls_that_clients_make_at_start_get_an_answer() {
    let schema = schema(227);
    for (function, expected) in [
        (
            "help.getAppConfig",
            "help.appConfig{hash=0, config=jsonObject{value=[]}}",
        ),
        ("help.getPromoData", "help.promoDataEmpty{expires=0}"),
        (
            "help.getPremiumPromo",
            "help.premiumPromo{status_text=\"\", status_entities=[], video_sections=[], videos=[], period_options=[], users=[]}",
        ),
        ("help.getPeerColors", "help.peerColors{hash=0, colors=[]}"),
        ("help.getAppUpdate", "help.noAppUpdate"),
        ("help.saveAppLog", "true"),
        (
            "messages.getDialogFilters",
            "messages.dialogFilters{filters=[dialogFilterDefault]}",
        ),
        ("messages.getSuggestedDialogFilters", "[]"),
        (
            "messages.getAvailableReactions",
            "messages.availableReactions{hash=0, reactions=[]}",
        ),
        (
            "messages.getAttachMenuBots",
            "attachMenuBots{hash=0, bots=[], users=[]}",
        ),
        (
            "messages.getAllStickers",
            "messages.allStickers{hash=0, sets=[]}",
        ),
        (
            "messages.getSavedGifs",
            "messages.savedGifs{hash=0, gifs=[]}",
        ),
        ("messages.getEmojiKeywordsLanguages", "[]"),
        ("account.getThemes", "account.themes{hash=0, themes=[]}"),
        (
            "account.getWallPapers",
            "account.wallPapers{hash=0, wallpapers=[]}",
        ),
        ("account.getAccountTTL", "accountDaysTTL{days=0}"),
        ("account.getContactSignUpNotification", "true"),
        ("contacts.getTopPeers", "contacts.topPeersDisabled"),
        (
            "contacts.getBirthdays",
            "contacts.contactBirthdays{contacts=[], users=[]}",
        ),
        (
            "stories.getAllStories",
            "stories.allStories{count=0, state=\"\", peer_stories=[], chats=[], users=[], stealth_mode=storiesStealthMode}",
        ),
        ("phone.getCallConfig", "dataJSON{data=\"\"}"),
        (
            "aicompose.getTones",
            "aicompose.tones{hash=0, tones=[], users=[]}",
        ),
    ] {
        assert_eq!(
            answer(&schema, 227, function).as_deref(),
            Some(expected),
            "{function}"
        );
    }
}

#[test]
fn an_old_layer_gets_the_answer_of_its_own_type() {
    let old = schema(143);
    let shown = |function: &str| answer(&old, 143, function);
    assert_eq!(
        shown("help.getAppConfig").as_deref(),
        Some("jsonObject{value=[]}")
    );
    assert_eq!(shown("messages.getDialogFilters").as_deref(), Some("[]"));
}

#[test]
fn every_method_of_every_layer_has_an_answer_that_its_layer_reads() {
    for &layer in Layers::shared().collected() {
        let schema = schema(layer);
        let mut without = Vec::new();
        for function in schema
            .definitions()
            .iter()
            .filter(|one| one.kind == Kind::Function)
        {
            match answer(&schema, layer, &function.name) {
                Some(shown) => {
                    assert!(!shown.contains("NotModified"), "{}: {shown}", function.name);
                }
                None => without.push(&function.name),
            }
        }
        // Wrappers have the answer of what they wrap.
        without.retain(|name| !name.starts_with("invoke") && *name != "initConnection");
        assert!(without.is_empty(), "{layer}: {without:?}");
    }
}

#[test]
fn a_method_that_no_layer_has_gets_none() {
    assert_eq!(
        Layers::shared().default_answer(227, "messages.getEverything"),
        None
    );
    // One that only other layers have is answered in theirs.
    let newest = history()
        .layers()
        .last()
        .copied()
        .expect("there are layers");
    let known = schema(newest);
    let old = schema(143);
    let later = known
        .definitions()
        .iter()
        .find(|one| one.kind == Kind::Function && old.find_function(&one.name).is_none());
    let later = later.expect("methods were added since 143");
    assert!(Layers::shared().default_answer(143, &later.name).is_some());
}
