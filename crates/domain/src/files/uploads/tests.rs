//! What becomes of parts.

use super::body::{Name, sealed};
use super::*;
use crate::files::blobs::{Keep, MemoryBlobs, Stretch};
use sha2::{Digest, Sha256};

const ADA: UserId = UserId(1_000_001);
const BEN: UserId = UserId(1_000_002);
const NOW: UnixMs = UnixMs(1_700_000_000_000);

async fn uploads() -> (Arc<MemoryBlobs>, Uploads) {
    let blobs = Arc::new(MemoryBlobs::default());
    let uploads = Uploads::open(blobs.clone())
        .await
        .expect("nothing is there");
    (blobs, uploads)
}

fn part(file: i64, number: i32, total: Option<i32>) -> Part {
    Part {
        file,
        number,
        total,
    }
}

async fn send(uploads: &Uploads, user: UserId, file: i64, sizes: &[usize]) {
    for (number, size) in sizes.iter().enumerate() {
        let bytes = vec![number as u8; *size];
        let part = part(file, number as i32, None);
        uploads
            .save(user, part, bytes, NOW)
            .await
            .expect("it is taken");
    }
}

/// The sum that is told of a file, and its bytes.
async fn held(uploads: &Uploads, file: i64, parts: i32) -> ([u8; 32], Vec<u8>) {
    let whole = uploads.whole(ADA, file, parts).await.expect("it is whole");
    let (sum, size) = (whole.sha256, whole.size_bytes);
    let bytes = whole.hold().await.expect("it is read").bytes;
    assert_eq!(bytes.len() as u64, size);
    (sum, bytes)
}

fn sum_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn word<T>(outcome: Result<T, UploadError>) -> String {
    match outcome {
        Ok(_) => "taken".into(),
        Err(UploadError::Missing(part)) => format!("part {part} is missing"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn parts_make_a_whole_in_whatever_order_they_come() {
    let (_, uploads) = uploads().await;
    for number in [2, 0, 1] {
        let size = if number == 2 { 5 } else { 1024 };
        let bytes = vec![number as u8; size];
        uploads
            .save(ADA, part(7, number, Some(3)), bytes, NOW)
            .await
            .expect("taken");
    }
    let (sum, bytes) = held(&uploads, 7, 3).await;
    assert_eq!(bytes.len(), 2053);
    assert_eq!((bytes[0], bytes[1024], bytes[2048]), (0, 1, 2));
    assert_eq!(sum, sum_of(&bytes));
    // Nobody else has it, and nobody else's number is it.
    assert_eq!(word(uploads.whole(BEN, 7, 3).await), "part 0 is missing");
    assert_eq!(word(uploads.whole(ADA, 8, 3).await), "part 0 is missing");
    uploads.forget(ADA, 7).await.expect("it goes");
    assert_eq!(word(uploads.whole(ADA, 7, 3).await), "part 0 is missing");
}

#[tokio::test]
async fn what_cannot_be_a_part_is_refused_by_its_own_name() {
    let (blobs, uploads) = uploads().await;
    for (number, total, size, expected) in [
        (-1, None, 1024, "no such part"),
        (4000, None, 1024, "no such part"),
        (10_000, None, 1024, "no such part"),
        (3, Some(3), 1024, "no such part"),
        (0, Some(0), 1024, "not a number of parts"),
        (0, Some(-2), 1024, "not a number of parts"),
        (0, Some(4001), 1024, "not a number of parts"),
        (0, Some(i32::MAX), 1024, "not a number of parts"),
        (0, None, 0, "the part is empty"),
        (0, None, PART_MAX + 1, "the part is too large"),
        (0, Some(2), 1000, "not a size of parts"),
        (0, Some(2), 3 * 1024, "not a size of parts"),
        (1, Some(2), 1000, "taken"),
        (0, Some(2), PART_MAX, "taken"),
        (0, Some(-1), 1024, "taken"),
    ] {
        let sent = uploads
            .save(ADA, part(1, number, total), vec![1; size], NOW)
            .await;
        assert_eq!(word(sent), expected, "{number} of {total:?}, {size} bytes");
    }
    // The last one came before the size of the others was known.
    assert_eq!(lying(&blobs).await, ["0.file", "0.list", "1"]);
}

#[tokio::test]
async fn parts_that_do_not_fit_together_make_no_file() {
    let (_, uploads) = uploads().await;
    for (sizes, parts, expected) in [
        (&[1024, 1024, 9][..], 3, "taken"),
        (&[9][..], 1, "taken"),
        (&[1024, 2048, 9][..], 3, "the parts have different sizes"),
        (&[1024, 2048][..], 2, "the parts have different sizes"),
        (&[1024, 9, 9][..], 3, "the parts have different sizes"),
        (&[1000, 1000][..], 2, "not a size of parts"),
        (&[3072, 3072][..], 2, "not a size of parts"),
        (&[1024, 9][..], 3, "part 2 is missing"),
        (&[1024][..], 0, "not a number of parts"),
        (&[1024][..], -1, "not a number of parts"),
        (&[1024][..], 4001, "not a number of parts"),
    ] {
        uploads.forget(ADA, 1).await.expect("it goes");
        send(&uploads, ADA, 1, sizes).await;
        let whole = uploads.whole(ADA, 1, parts).await;
        assert_eq!(word(whole), expected, "{sizes:?} as {parts}");
    }
}

#[tokio::test]
async fn a_file_has_fifty_megabytes_and_an_account_a_few_of_them() {
    let (blobs, uploads) = uploads().await;
    let full = vec![PART_MAX; 100];
    send(&uploads, ADA, 1, &full).await;
    let more = uploads.save(ADA, part(1, 100, None), vec![1], NOW).await;
    assert_eq!(word(more), "not a number of parts");
    for file in 2..=4 {
        send(&uploads, ADA, file, &full).await;
    }
    send(&uploads, BEN, 1, &[1]).await;
    assert_eq!(lying(&blobs).await.len(), 5 * 2);
    // The fifth makes the first go, and no one else's.
    send(&uploads, ADA, 5, &[1]).await;
    assert_eq!(word(uploads.whole(ADA, 1, 100).await), "part 0 is missing");
    assert_eq!(word(uploads.whole(ADA, 5, 1).await), "taken");
    assert_eq!(word(uploads.whole(BEN, 1, 1).await), "taken");
    for file in 10..200 {
        send(&uploads, ADA, file, &[1]).await;
    }
    assert_eq!(lying(&blobs).await.len(), 65 * 2);
}

#[tokio::test]
async fn parts_survive_a_restart_and_are_forgotten_after_a_day() {
    let (blobs, before) = uploads().await;
    send(&before, ADA, -5, &[1024, 3]).await;
    let after = Uploads::open(blobs.clone()).await.expect("they are read");
    assert_eq!(word(after.whole(ADA, -5, 2).await), "taken");
    assert_eq!(before.sweep(NOW).await.expect("it works"), 0);
    let later = NOW.plus_seconds(PART_KEPT_S);
    assert_eq!(before.sweep(later).await.expect("it works"), 1);
    assert!(lying(&blobs).await.is_empty());
    assert_eq!(word(before.whole(ADA, -5, 2).await), "part 0 is missing");
}

/// Damages what lies under a name.
async fn tear(blobs: &MemoryBlobs, name: Name, from: usize) {
    let name = name.of((ADA, 1));
    let torn = blobs.get(name.clone(), None).await.expect("read");
    let mut torn = torn.expect("there");
    torn[from..].fill(0);
    let put = blobs.put(name, torn, Keep::Passing);
    put.await.expect("written");
}

#[tokio::test]
async fn a_part_that_a_power_cut_tore_is_missing() {
    let (blobs, before) = uploads().await;
    send(&before, ADA, 1, &[1024, 1024, 1024]).await;
    tear(&blobs, Name::File(0), 2 * 1024 + 7).await;
    let uploads = Uploads::open(blobs.clone()).await.expect("they are read");
    assert_eq!(word(uploads.whole(ADA, 1, 3).await), "part 2 is missing");
    // Sent again, the file is whole.
    let again = uploads.save(ADA, part(1, 2, None), vec![2; 1024], NOW);
    again.await.expect("taken");
    let (sum, bytes) = held(&uploads, 1, 3).await;
    assert_eq!((sum, bytes.len()), (sum_of(&bytes), 3072));
    // And so it is for a part that lies apart.
    let last = uploads.save(ADA, part(9, 1, Some(2)), vec![3; 1024], NOW);
    last.await.expect("taken");
    let name = Name::Apart(1).of((ADA, 9));
    let torn = vec![3; 1024 + 8];
    let put = blobs.put(name, torn, Keep::Passing);
    put.await.expect("written");
    let first = uploads.save(ADA, part(9, 0, Some(2)), vec![3; 1024], NOW);
    first.await.expect("taken");
    assert_eq!(word(uploads.whole(ADA, 9, 2).await), "part 1 is missing");
}

#[tokio::test]
async fn what_a_torn_list_does_not_name_any_more_is_missing() {
    let (blobs, before) = uploads().await;
    send(&before, ADA, 1, &[1024, 1024, 9]).await;
    tear(&blobs, Name::List(0), 20 + 2 * 16).await;
    let uploads = Uploads::open(blobs.clone()).await.expect("they are read");
    assert_eq!(word(uploads.whole(ADA, 1, 3).await), "part 2 is missing");
    let again = uploads.save(ADA, part(1, 2, None), vec![2; 9], NOW);
    again.await.expect("taken");
    let again = Uploads::open(blobs.clone()).await.expect("they are read");
    assert_eq!(held(&again, 1, 3).await.1.len(), 2057);
    // Where nothing is left of the list, nothing is left of the file.
    tear(&blobs, Name::List(0), 0).await;
    let uploads = Uploads::open(blobs.clone()).await.expect("they are read");
    assert_eq!(word(uploads.whole(ADA, 1, 3).await), "part 0 is missing");
    assert!(lying(&blobs).await.is_empty());
}

#[tokio::test]
async fn parts_of_an_earlier_version_make_a_file_with_new_ones() {
    let (blobs, _) = uploads().await;
    for (number, size) in [(0, 1024), (1, 1024), (3, 5)] {
        let name = Name::Apart(number).of((ADA, 7));
        let bytes = sealed(vec![number as u8; size]);
        let put = blobs.put(name, bytes, Keep::Passing);
        put.await.expect("written");
    }
    let uploads = Uploads::open(blobs.clone()).await.expect("they are read");
    assert_eq!(word(uploads.whole(ADA, 7, 4).await), "part 2 is missing");
    let new = uploads.save(ADA, part(7, 2, Some(4)), vec![2; 1024], NOW);
    new.await.expect("taken");
    let (sum, bytes) = held(&uploads, 7, 4).await;
    assert_eq!((sum, bytes.len()), (sum_of(&bytes), 3 * 1024 + 5));
    assert_eq!((bytes[1024], bytes[2048], bytes[3072]), (1, 2, 3));
    assert_eq!(lying(&blobs).await, ["0.file", "0.list"]);
}

#[tokio::test]
async fn a_part_that_is_sent_again_counts_and_so_does_its_sum() {
    let (_, uploads) = uploads().await;
    let send = async |number, total, byte, size| {
        let part = part(7, number, total);
        let bytes = vec![byte; size];
        uploads.save(ADA, part, bytes, NOW).await.expect("taken");
    };
    for number in 0..3 {
        send(number, None, 1, 1024).await;
    }
    send(1, None, 9, 1024).await;
    send(2, None, 9, 7).await;
    let (sum, bytes) = held(&uploads, 7, 3).await;
    assert_eq!((sum, bytes.len()), (sum_of(&bytes), 2055));
    assert_eq!((bytes[1023], bytes[1024], bytes[2054]), (1, 9, 9));
    // Fewer parts than came are a file as well.
    let (sum, bytes) = held(&uploads, 7, 2).await;
    assert_eq!((sum, bytes.len()), (sum_of(&bytes), 2048));
    // Whoever begins anew with parts of another size has sent nothing yet.
    send(0, Some(2), 3, 2048).await;
    assert_eq!(word(uploads.whole(ADA, 7, 2).await), "part 1 is missing");
    send(1, Some(2), 3, 2000).await;
    let (sum, bytes) = held(&uploads, 7, 2).await;
    assert_eq!((sum, bytes), (sum_of(&[3; 4048]), vec![3; 4048]));
}

#[tokio::test]
async fn a_file_is_kept_as_it_was_summed() {
    let (blobs, uploads) = uploads().await;
    let keep = async |id, parts| {
        let whole = uploads.whole(ADA, 1, parts).await?;
        let sum = whole.sha256;
        whole.keep(id).await?;
        Ok::<_, UploadError>(sum)
    };
    let kept = async |id| {
        let name = crate::files::file::name(id, None);
        blobs.get(name, None).await.expect("read").expect("there")
    };
    send(&uploads, ADA, 1, &[1024, 1024, 3]).await;
    let sum = keep(FileId(5), 3).await.expect("kept");
    assert_eq!(keep(FileId(6), 3).await.expect("kept again"), sum);
    // Nothing of it is taken for another file, and after a restart it is nobody's.
    assert_eq!(word(keep(FileId(7), 2).await), "part 0 is missing");
    let copy = MemoryBlobs::default();
    let stretch = Stretch {
        name: Name::File(0).of((ADA, 1)),
        offset: 0,
        bytes: vec![1; 2051],
    };
    copy.write(vec![stretch]).await.expect("written");
    let copy = Arc::new(copy);
    let after = Uploads::open(copy.clone()).await.expect("it is read");
    assert_eq!(word(after.whole(ADA, 1, 3).await), "part 0 is missing");
    assert!(lying(&copy).await.is_empty());
    // Whoever sends a part again begins anew; what is stored stays as it is.
    let part = part(1, 0, Some(2));
    let again = uploads.save(ADA, part, vec![9; 1024], NOW);
    again.await.expect("taken");
    assert_eq!(word(keep(FileId(7), 2).await), "part 1 is missing");
    for id in [5, 6] {
        let kept = kept(FileId(id)).await;
        assert_eq!((sum_of(&kept), kept.len()), (sum, 2051));
    }
    uploads.forget(ADA, 1).await.expect("it goes");
    assert!(lying(&blobs).await.is_empty());
}

/// The last words of the names in the folder.
async fn lying(blobs: &MemoryBlobs) -> Vec<String> {
    let found = blobs.list("parts").await.expect("a list");
    let last = |info: BlobInfo| info.name.rsplit('/').next().map(str::to_owned);
    found.into_iter().filter_map(last).collect()
}
