use super::*;
use crate::messages::testing::two;
use heliograph_domain::secret_chats::KEPT_S;
use heliograph_tl::enums::{EncryptedFile, InputEncryptedFile, InputFileLocation, upload};

/// Sends parts up; answers with how the next call names them.
async fn upload(world: &World, by: &Person, bytes: &[u8]) -> InputEncryptedFile {
    let id = random_id();
    let mut parts = 0;
    for bytes in bytes.chunks(64 * 1024) {
        let part = f::upload::SaveFilePart {
            file_id: id,
            file_part: parts,
            bytes: bytes.to_vec(),
        };
        assert_eq!(world.call(by, part).await, Ok(true));
        parts += 1;
    }
    types::InputEncryptedFileUploaded {
        id,
        parts,
        md5_checksum: String::new(),
        key_fingerprint: 99,
    }
    .into()
}

fn with_file(
    world: &World,
    by: &Person,
    chat: i32,
    file: InputEncryptedFile,
) -> f::messages::SendEncryptedFile {
    f::messages::SendEncryptedFile {
        peer: named(world, by, chat),
        random_id: random_id(),
        data: bytes(1),
        file,
        ..Default::default()
    }
}

fn file_of(sent: Result<SentEncryptedMessage>) -> types::EncryptedFile {
    match sent.expect("it is sent") {
        SentEncryptedMessage::SentEncryptedFile(sent) => stored(sent.file),
        SentEncryptedMessage::SentEncryptedMessage(_) => panic!("no file"),
    }
}

fn stored(file: EncryptedFile) -> types::EncryptedFile {
    match file {
        EncryptedFile::EncryptedFile(file) => file,
        EncryptedFile::Empty => panic!("no file"),
    }
}

fn fetch(file: &types::EncryptedFile, offset: i64) -> f::upload::GetFile {
    let location: InputFileLocation = types::InputEncryptedFileLocation {
        id: file.id,
        access_hash: file.access_hash,
    }
    .into();
    f::upload::GetFile {
        precise: false,
        cdn_supported: false,
        location,
        offset,
        limit: 128 * 1024,
    }
}

async fn fetched(world: &World, by: &Person, file: &types::EncryptedFile, offset: i64) -> Vec<u8> {
    match world
        .call(by, fetch(file, offset))
        .await
        .expect("it is there")
    {
        upload::File::File(file) => file.bytes,
        upload::File::CdnRedirect(_) => panic!("there is no other network"),
    }
}

/// How many files of any kind lie in the folder.
async fn lying(world: &World, file: &types::EncryptedFile) -> bool {
    let id = heliograph_model::FileId(file.id);
    let found = world.services.files.read(id, None, 0..1).await;
    found.expect("it reads").is_some()
}

#[tokio::test]
async fn a_file_goes_up_and_down_as_it_is() {
    let (world, ada, ben) = two().await;
    let eve = world.person("Eve", "4915112345603").await;
    open(&world, &ada, &ben, 77).await;
    let bytes: Vec<u8> = (0..150_000_u32).map(|i| (i * 7 % 251) as u8).collect();
    let named_file = upload(&world, &ada, &bytes).await;
    let call = with_file(&world, &ada, 77, named_file);
    let file = file_of(world.call(&ada, call.clone()).await);
    assert_eq!((file.size, file.key_fingerprint), (150_000, 99));
    assert_eq!(
        file_of(world.call(&ada, call).await),
        file,
        "the same message again"
    );
    let told = catch_up(&world, &ben, 1, world.clock_s()).await;
    let [EncryptedMessage::EncryptedMessage(message)] = told.messages.as_slice() else {
        panic!("{} messages", told.messages.len());
    };
    assert_eq!(stored(message.file.clone()), file);
    let first = fetched(&world, &ben, &file, 0).await;
    let second = fetched(&world, &ben, &file, 128 * 1024).await;
    assert_eq!([first, second].concat(), bytes);
    assert_eq!(fetched(&world, &ada, &file, 0).await.len(), 128 * 1024);

    let refusal = Err(text::LOCATION_INVALID.into());
    assert_eq!(world.call(&eve, fetch(&file, 0)).await, refusal);
    let forged = types::EncryptedFile {
        access_hash: file.access_hash ^ 1,
        ..file.clone()
    };
    assert_eq!(world.call(&ben, fetch(&forged, 0)).await, refusal);
    // It is no document that one could send in the clear.
    let location = types::InputDocumentFileLocation {
        id: file.id,
        access_hash: file.access_hash,
        file_reference: vec![1],
        thumb_size: String::new(),
    };
    let ask = f::upload::GetFile {
        location: location.into(),
        ..fetch(&file, 0)
    };
    assert!(world.call(&ben, ask).await.is_err());
}

#[tokio::test]
async fn a_file_is_erased_a_day_after_the_other_side_has_it() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    let named_file = upload(&world, &ada, &vec![5; 100_000]).await;
    let file = file_of(
        world
            .call(&ada, with_file(&world, &ada, 77, named_file))
            .await,
    );
    fetched(&world, &ada, &file, 0).await;
    world.pass(2 * 86_400);
    work(&world).await;
    assert!(
        lying(&world, &file).await,
        "its sender has looked at it, and nobody else"
    );
    fetched(&world, &ben, &file, 0).await;
    world.pass(86_400 - 60);
    work(&world).await;
    assert!(lying(&world, &file).await);
    world.pass(60);
    work(&world).await;
    assert!(!lying(&world, &file).await);
    assert_eq!(
        world.call(&ben, fetch(&file, 0)).await,
        Err(text::LOCATION_INVALID.into())
    );
    let again = types::InputEncryptedFile {
        id: file.id,
        access_hash: file.access_hash,
    };
    let answer = world
        .call(&ada, with_file(&world, &ada, 77, again.into()))
        .await;
    assert_eq!(answer, Err(text::FILE_EMTPY.into()));
}

#[tokio::test]
async fn a_file_nobody_fetches_goes_after_its_term_and_with_its_chat() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    let named_file = upload(&world, &ada, &[5; 1_000]).await;
    let old = file_of(
        world
            .call(&ada, with_file(&world, &ada, 77, named_file))
            .await,
    );
    world.pass(KEPT_S);
    work(&world).await;
    assert!(!lying(&world, &old).await);
    let up = upload(&world, &ada, &[6; 1_000]).await;
    let call = f::messages::UploadEncryptedFile {
        peer: named(&world, &ada, 77),
        file: up,
    };
    let new = stored(world.call(&ada, call).await.expect("it is stored"));
    assert_eq!(fetched(&world, &ada, &new, 0).await, [6; 1_000]);
    world.call(&ben, discard(77)).await.expect("over");
    assert_eq!(
        world.call(&ada, fetch(&new, 0)).await,
        Err(text::LOCATION_INVALID.into())
    );
    work(&world).await;
    assert!(!lying(&world, &new).await);
}

#[tokio::test]
async fn a_file_that_was_sent_on_stays_until_both_chats_are_over() {
    let (world, ada, ben) = two().await;
    let cleo = world.person("Cleo", "4915112345604").await;
    open(&world, &ada, &ben, 77).await;
    open(&world, &ben, &cleo, 78).await;
    let named_file = upload(&world, &ada, &[5; 1_000]).await;
    let file = file_of(
        world
            .call(&ada, with_file(&world, &ada, 77, named_file))
            .await,
    );
    let again: InputEncryptedFile = types::InputEncryptedFile {
        id: file.id,
        access_hash: file.access_hash,
    }
    .into();
    assert_eq!(
        world.call(&cleo, fetch(&file, 0)).await,
        Err(text::LOCATION_INVALID.into())
    );
    let by_cleo = world
        .call(&cleo, with_file(&world, &cleo, 78, again.clone()))
        .await;
    assert_eq!(
        by_cleo,
        Err(text::FILE_EMTPY.into()),
        "she was never sent it"
    );
    let on = world.call(&ben, with_file(&world, &ben, 78, again)).await;
    assert_eq!(file_of(on).id, file.id);
    assert_eq!(fetched(&world, &cleo, &file, 0).await.len(), 1_000);
    world.call(&ben, discard(77)).await.expect("over");
    work(&world).await;
    assert_eq!(fetched(&world, &cleo, &file, 0).await.len(), 1_000);
    world.call(&ben, discard(78)).await.expect("over");
    work(&world).await;
    assert!(!lying(&world, &file).await);
}

#[tokio::test]
async fn files_that_are_not_there_are_not_sent() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    let missing = types::InputEncryptedFileUploaded {
        id: 5,
        parts: 2,
        md5_checksum: String::new(),
        key_fingerprint: 1,
    };
    let answer = world
        .call(&ada, with_file(&world, &ada, 77, missing.into()))
        .await;
    assert_eq!(refused(answer), (400, "FILE_PART_0_MISSING".into()));
    let answer = world
        .call(&ada, with_file(&world, &ada, 77, InputEncryptedFile::Empty))
        .await;
    assert_eq!(answer, Err(text::FILE_EMTPY.into()));
    let big = types::InputEncryptedFileBigUploaded {
        id: 5,
        parts: 4_001,
        key_fingerprint: 1,
    };
    let answer = world
        .call(&ada, with_file(&world, &ada, 77, big.into()))
        .await;
    assert_eq!(answer, Err(text::FILE_PARTS_INVALID.into()));
    let forged = types::InputEncryptedFile {
        id: 5,
        access_hash: 1,
    };
    let answer = world
        .call(&ada, with_file(&world, &ada, 77, forged.into()))
        .await;
    assert_eq!(answer, Err(text::FILE_EMTPY.into()));
    assert!(catch_up(&world, &ben, 1, 1).await.messages.is_empty());
    // One that was put together for a message which was then refused is not left behind.
    let named_file = upload(&world, &ada, &[5; 1_000]).await;
    let block = heliograph_domain::contacts::SetBlocked {
        owner: ben.id,
        person: ada.id,
        blocked: true,
    };
    world.services.store.write(block).await.expect("a block");
    let call = with_file(&world, &ada, 77, named_file);
    assert_eq!(refused(world.call(&ada, call.clone()).await).0, 403);
    work(&world).await;
    let block = heliograph_domain::contacts::SetBlocked {
        owner: ben.id,
        person: ada.id,
        blocked: false,
    };
    world.services.store.write(block).await.expect("no block");
    file_of(world.call(&ada, call).await);
}
