//! The rules by which `build/` prunes a schema and writes Rust.

#[path = "../build/emit/mod.rs"]
mod emit;
#[path = "../build/keep.rs"]
mod keep;
#[path = "../build/model.rs"]
mod model;
#[path = "../build/names.rs"]
mod names;
#[path = "../build/prune.rs"]
mod prune;

use heliograph_tl_schema::{Kind, Schema, parse_definition};
use keep::Keep;
use model::Role::{Companion, Implied, Mark, Optional, Required, Word};
use model::{Model, roles};

/// The names and fields that remain, one definition after another.
fn pruned(schema: &str, keep: &str) -> Result<String, String> {
    let schema = Schema::parse(schema).map_err(|error| error.to_string())?;
    let pruned = prune::prune(&schema, &Keep::parse(keep)?)?;
    let lines = pruned.definitions().iter().map(ToString::to_string);
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn what_no_function_reaches_is_left_out() {
    let schema = "a#1 b:B = A;\nb#2 = B;\nc#3 = C;\n---functions---\nget#4 = A;\nput#5 c:C = A;";
    assert_eq!(
        pruned(schema, "get").as_deref(),
        Ok("a#1 b:B = A;\nb#2 = B;\nget#4 = A;")
    );
    assert_eq!(pruned(schema, "type C").as_deref(), Ok("c#3 = C;"));
}

#[test]
fn types_are_reached_through_vectors_and_arguments() {
    let schema = "a#1 = A;\nb#2 = B;\n---functions---\nget#3 id:Vector<A> = Vector<B>;";
    assert_eq!(
        pruned(schema, "get").as_deref(),
        Ok(schema.replace("---functions---\n", "").as_str())
    );
}

#[test]
fn a_dropped_type_takes_its_whole_flag_bit() {
    let schema = "gift#1 = Gift;\n\
        a#2 flags:# said:flags.1?true gift:flags.1?Gift date:flags.1?int views:flags.2?int = A;\n\
        ---functions---\nget#3 = A;";
    let expected = "a#2 flags:# views:flags.2?int = A;\nget#3 = A;";
    assert_eq!(pruned(schema, "get\ndrop Gift").as_deref(), Ok(expected));
}

#[test]
fn a_constructor_that_requires_a_dropped_type_goes_and_empties_its_own() {
    let schema = "gift#1 = Gift;\nbox#2 gifts:Vector<Gift> = Box;\n\
        a#3 flags:# box:flags.0?Box = A;\na2#4 box:Box = A;\n---functions---\nget#5 = A;";
    let expected = "a#3 flags:# = A;\nget#5 = A;";
    assert_eq!(pruned(schema, "get\ndrop Gift").as_deref(), Ok(expected));
    assert_eq!(pruned(schema, "get\ndrop gift").as_deref(), Ok(expected));
    assert_eq!(pruned(schema, "get\ndrop Gi*").as_deref(), Ok(expected));
}

#[test]
fn lines_of_the_keep_list_that_do_nothing_fail() {
    let schema = "a#1 = A;\n---functions---\nget#2 = A;";
    for keep in [
        "put",
        "type B",
        "get\ndrop B",
        "get\ndrop b*",
        "get\ndrop A",
        "take get A",
    ] {
        assert!(pruned(schema, keep).is_err(), "{keep}");
    }
    assert!(pruned(schema, "# a comment\n\nget # another").is_ok());
}

#[test]
fn values_and_marks_on_one_bit_have_their_roles() {
    let line =
        "a#1 id:long flags:# bot:flags.1?true x:flags.1?int y:flags.1?int z:flags.2?true = A;";
    let a = parse_definition(line, Kind::Constructor).expect("a definition");
    assert_eq!(
        roles(&a),
        [Required, Word, Implied, Optional, Companion, Mark]
    );
}

#[test]
fn only_fields_on_a_cycle_are_boxed() {
    let text =
        "tree#1 left:Tree leaf:Leaf more:Vector<Tree> = Tree;\nleaf#2 = Leaf;\nend#3 = Tree;";
    let model = Model::new(Schema::parse(text).expect("a schema")).expect("a model");
    let tree = model.schema.find_constructor("tree").expect("above");
    let boxed = tree
        .fields
        .iter()
        .map(|field| model.is_behind_box(tree, field));
    assert_eq!(boxed.collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn defaults_prefer_the_empty_constructor_and_never_contain_themselves() {
    let text = "tree#1 left:Tree = Tree;\nend#2 = Tree;\npeer#3 = Peer;\npeerEmpty#4 = Peer;\n\
        loop#5 again:Loop = Loop;";
    let model = Model::new(Schema::parse(text).expect("a schema")).expect("a model");
    assert_eq!(model.default_constructor("Tree"), Some("end"));
    assert_eq!(model.default_constructor("Peer"), Some("peerEmpty"));
    assert_eq!(model.default_constructor("Loop"), None);
}

#[test]
fn names_follow_rust() {
    assert_eq!(names::field_name("type"), "type_");
    assert_eq!(names::field_name("srp_B"), "srp_b");
    assert_eq!(names::field_name("dcId"), "dc_id");
    assert_eq!(
        names::path("types", "auth.sentCode"),
        "crate::types::auth::SentCode"
    );
    let variant =
        |line, ty| names::variant_name(&parse_definition(line, Kind::Constructor).expect(line), ty);
    assert_eq!(variant("peerUser#1 = Peer;", "Peer"), "User");
    assert_eq!(variant("user#1 = User;", "User"), "User");
    assert_eq!(
        variant("inputPeerSelf#1 = InputPeer;", "InputPeer"),
        "Self_"
    );
    assert_eq!(variant("updatesTooLong#1 = Updates;", "Updates"), "TooLong");
    assert_eq!(
        variant("updateShort#1 = Updates;", "Updates"),
        "UpdateShort"
    );
    assert_eq!(
        variant(
            "messages.dialogsSlice#1 = messages.Dialogs;",
            "messages.Dialogs"
        ),
        "Slice"
    );
}

#[test]
fn what_the_generator_cannot_say_is_refused() {
    for text in [
        "a#1 flags:# x:flags.0?int y:flags.0?B = A;\nb#2 b:B = B;",
        "a#1 x:true = A;",
        "a#1 x:!X = A;",
    ] {
        assert!(
            Model::new(Schema::parse(text).expect("a schema")).is_err(),
            "{text}"
        );
    }
}

#[test]
fn names_that_meet_in_rust_are_refused() {
    let model = |text| Model::new(Schema::parse(text).expect("a schema")).expect("a model");
    assert!(emit::types(&model("aB#1 x:int = A;\na_b#2 x:int = B;")).is_err());
    assert!(emit::enums(&model("peerUser#1 = Peer;\nuser#2 = Peer;")).is_err());
}

#[test]
fn every_function_is_in_the_tables() {
    let text = "a#1 = A;\n---functions---\nusers.get#2 = Vector<A>;";
    let model = Model::new(Schema::parse(text).expect("a schema")).expect("a model");
    let functions = emit::functions(&model).expect("no names meet");
    assert!(
        functions.contains("0x00000002 => \"users.get\""),
        "{functions}"
    );
    assert!(
        functions.contains("type Return = Vec<crate::enums::A>;"),
        "{functions}"
    );
    let codecs = emit::codecs(&model);
    assert!(
        codecs.contains("heliograph_tl::functions::users::Get"),
        "{codecs}"
    );
}
