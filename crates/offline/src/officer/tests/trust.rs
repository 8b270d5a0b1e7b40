//! What an officer's tool believes: the policy pinned once, and fresh cosignatures.

use super::*;
use heliograph_transparency::note::Note;

/// The sentence with which a bundle is refused.
#[track_caller]
fn why(scene: &Scene, bundle: &[u8]) -> String {
    match scene.officer().review(bundle) {
        Ok(_) => panic!("the bundle was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_bundle_cannot_bring_a_policy_of_its_own() {
    let scene = Scene::new();
    let bundle = scene.bundle().to_bytes();
    let mut json: serde_json::Value = serde_json::from_slice(&bundle).unwrap();
    let key = String::from_utf8(scene.desk.policy.clone()).unwrap();
    let log = key.lines().next().unwrap();
    json["policy"] = format!("{log}\nquorum none\n").into();
    why(&scene, &serde_json::to_vec(&json).unwrap());

    // Nor does a checkpoint pass that only such a policy would be content with.
    let mut bundle = scene.bundle();
    let note = Note::parse(bundle.log.checkpoint.as_bytes()).unwrap();
    let own = note.to_string();
    let (text, signatures) = own.rsplit_once("\n\n").unwrap();
    let of_the_log = signatures.lines().next().unwrap();
    bundle.log.checkpoint = format!("{text}\n\n{of_the_log}\n");
    let refused = why(&scene, &bundle.to_bytes());
    assert_eq!(
        refused,
        "the log: too few witnesses have cosigned the checkpoint"
    );
    scene.review(&scene.bundle()).unwrap();
}

#[test]
fn a_pinned_policy_is_never_exchanged_not_even_when_the_copy_is_damaged() {
    let scene = Scene::new();
    let policy = String::from_utf8(scene.desk.policy.clone()).unwrap();
    let log = policy.lines().next().unwrap();
    let lax = format!("{log}\nquorum none\n");
    let error = scene.officer().pin(lax.as_bytes()).unwrap_err().to_string();
    assert!(
        error.starts_with("another policy is pinned here"),
        "{error}"
    );
    scene.officer().pin(&scene.desk.policy).unwrap();
    // Somebody spoils the copy of the log so that the tool would begin anew.
    let checkpoint = scene.folder.path().join("officer-1/log-checkpoint");
    assert!(checkpoint.exists());
    std::fs::write(&checkpoint, b"nonsense").unwrap();
    assert!(scene.officer().pin(lax.as_bytes()).is_err());
    let stored = std::fs::read(scene.folder.path().join("officer-1/log-policy")).unwrap();
    assert!(stored == scene.desk.policy, "the policy was exchanged");
}

#[test]
fn stale_timeless_and_future_cosignatures_prove_nothing_to_an_officer() {
    let scene = Scene::new();
    // What an officer is shown when the witness claims to have cosigned at this time.
    let cosigned_at = |time_s: u64| {
        scene.time.store(time_s, SeqCst);
        let folder = tempfile::tempdir().unwrap();
        let mut desk = scene.desk.fork(folder.path());
        desk.cosign().unwrap();
        let bundle = desk.bundle(&scene.case, &scene.person, &scene.records);
        scene.time.store(NOW_S, SeqCst);
        bundle.unwrap()
    };
    for time_s in [0, NOW_S - 86_401, NOW_S + 301, NOW_S + 86_400] {
        let bundle = cosigned_at(time_s);
        let refused = why(&scene, &bundle);
        assert!(refused.starts_with("the log: "), "{time_s}: {refused}");
    }
    for time_s in [NOW_S - 86_400, NOW_S + 300] {
        let bundle = cosigned_at(time_s);
        scene.officer().review(&bundle).unwrap();
    }
}
