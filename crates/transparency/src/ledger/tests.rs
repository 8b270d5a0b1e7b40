//! Every rule of the page, broken once in each way, and the log that breaks none.

mod acts;
mod cases;
mod keys;
mod late;
mod reports;
mod tampering;

use std::sync::LazyLock;

use crate::entry::{Body, Day, Entry};
use crate::ledger::Violation;
use crate::testing::Scene;

/// A Monday.
const START: Day = Day(20_780);

/// The ceremony, made once.
fn scene() -> Scene {
    static SCENE: LazyLock<Scene> = LazyLock::new(|| Scene::new("demo.example/log", START));
    SCENE.clone()
}

/// Expects the ledger to refuse an entry, and to be the same afterwards.
fn refuse(scene: &Scene, entry: &Entry) -> Violation {
    let mut after = scene.clone();
    let violation = after.try_push(entry).expect_err("it breaks a rule");
    assert_eq!(after.ledger, scene.ledger);
    violation
}

/// Expects a body, signed as it must be, to be refused for a reason.
fn refused(scene: &Scene, body: impl Into<Body>, rule: u8, why: &str) {
    let violation = refuse(scene, &scene.signed(body));
    assert_eq!((violation.rule, violation.why.as_str()), (rule, why));
}

/// Expects an entry as it is to be refused for a reason.
fn refused_entry(scene: &Scene, entry: &Entry, rule: u8, why: &str) {
    let violation = refuse(scene, entry);
    assert_eq!((violation.rule, violation.why.as_str()), (rule, why));
}
