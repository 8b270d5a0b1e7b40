//! Preserved records of an account that is gone: the person's secret went with it.

use super::*;
use heliograph_transparency::case::records_root;

const UNCHECKED: &str = "the account is gone, and you have not checked whose records";

/// A later order, after the records of the first were preserved and the account was deleted.
struct Later {
    scene: Scene,
    bundle: Bundle,
}

impl Later {
    /// The first officer has checked the records before they were preserved, the others have not.
    fn new(change: impl FnOnce(&mut Order)) -> Self {
        let mut scene = Scene::new();
        scene.review(&scene.bundle()).unwrap();
        let hashes: Vec<_> = scene.records.iter().map(|record| record.hash().0).collect();
        let body = Preserve {
            request: scene.case.index,
            records: records_root(&hashes),
            n: 2,
            until: scene.desk.today().plus(60),
        };
        let act = scene.staff.act(&scene.desk, body, 2).unwrap();
        let preserve = scene.desk.append(&act).unwrap();
        let mut order = Order::practice(Kinds::Both, scene.desk.today());
        order.follows = Some(scene.case.index);
        change(&mut order);
        let records = scene.records.clone();
        let mut bundle = scene.bundle_for(&order, &records);
        (bundle.person, bundle.preserved) = (None, Some(preserve));
        Self { scene, bundle }
    }

    fn seen_by(&self, officer: usize, bundle: &Bundle) -> Result<review::Review, String> {
        let officer = &self.scene.staff.officers[officer];
        let seen = officer.review(&bundle.to_bytes());
        seen.map_err(|error| error.to_string())
    }
}

#[test]
fn an_officer_who_checked_the_records_before_they_were_preserved_can_approve() {
    let later = Later::new(|_| ());
    let review = later.seen_by(0, &later.bundle).unwrap();
    assert_eq!(review.count(), 2);
    assert!(review.page().contains("of account 7"), "{}", review.page());
    assert!(review.warnings()[0].starts_with("the account is gone: "));
    let scene = &later.scene;
    let response = scene.officer().approve(&review, &scene.staff.lock);
    assert_eq!(response.unwrap().partials.len(), 2);
}

#[test]
fn without_the_persons_secret_the_desk_is_not_believed() {
    let later = Later::new(|_| ());
    let why = later.seen_by(1, &later.bundle).err().unwrap();
    assert!(why.starts_with(UNCHECKED), "{why}");
    // Other records than the preserved ones, and records that nothing preserves.
    let mut others = later.bundle.clone();
    let bytes = |record: &SealedRecord| Base64(record.to_bytes());
    others.records = later.scene.others.iter().map(bytes).collect();
    later.seen_by(0, &others).err().unwrap();
    let mut mixed = later.bundle.clone();
    mixed.records[1] = bytes(&later.scene.others[1]);
    let why = later.seen_by(0, &mixed).err().unwrap();
    assert_eq!(why, "record 2 belongs to another person");
    let mut unkept = later.bundle.clone();
    unkept.preserved = None;
    let why = later.seen_by(0, &unkept).err().unwrap();
    assert_eq!(why, "there are records, and nobody whose they are");

    let other = Later::new(|order| order.subject = "account 8".into());
    let why = other.seen_by(0, &other.bundle).err().unwrap();
    let of_another = "the order names another account than the records are claimed to be of";
    assert_eq!(why, of_another);
}

#[test]
fn whoever_signs_a_preservation_is_told_whether_they_checked_the_records() {
    let scene = Scene::new();
    let hashes: Vec<_> = scene.records.iter().map(|record| record.hash().0).collect();
    let body = Preserve {
        request: scene.case.index,
        records: records_root(&hashes),
        n: 2,
        until: scene.desk.today().plus(60),
    };
    let text = Entry::new(scene.desk.today(), body).to_bytes().unwrap();
    let update = scene.desk.update(0).unwrap();
    scene.officer().follow(&update).unwrap();
    let meaning = || scene.officer().read_act(&text).unwrap().meaning;
    assert!(meaning().contains("YOU HAVE NOT CHECKED WHOSE THEY ARE"));
    scene.review(&scene.bundle()).unwrap();
    assert!(meaning().ends_with("You have checked that they are of account 7."));
}
