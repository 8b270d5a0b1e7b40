//! The data folder and the keys in it.
//!
//! `docs/trust.md` says what each key protects, and what happens when it is lost.

use crate::system;
use heliograph_mtproto::{KeyError, ServerKey};
use heliograph_vault::seal::SealKey;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why the data folder cannot be used.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another server uses the folder.
    #[error("{path}: another heliograph uses this data folder; stop that one first", path = .0.display())]
    InUse(PathBuf),
    /// Others than the owner may read it.
    #[error("{path}: has mode {mode:o}; keys must be closed to group and others (chmod go-rwx)", path = .path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The contents are not what the file should hold.
    #[error("{path}: is damaged or another kind of file; restore it from a backup of the keys folder", path = .0.display())]
    Damaged(PathBuf),
    /// There is data already, so there was a key.
    #[error(
        "{path}: is missing, but there is a database; with a new key nobody could go on using it. \
         Restore the file from a backup of the keys folder",
        path = .0.display()
    )]
    Lost(PathBuf),
    /// The RSA key could not be made or read.
    #[error("{path}: {source}", path = .path.display())]
    ServerKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyError,
    },
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> SecretsError {
    move |source| SecretsError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Where things lie in a data folder.
#[derive(Clone, Debug)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// Names a data folder; nothing is opened.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        DataFolder(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The public index. It can be made anew from the database at any time.
    pub fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    /// The database of accounts, chats and messages.
    pub fn database(&self) -> PathBuf {
        self.0.join("heliograph.db")
    }

    /// Versions of the classifier that were made here.
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    /// Lists of pictures that are not to be published, as hashes.
    pub fn hashes(&self) -> PathBuf {
        self.0.join("hashes")
    }

    /// The folder of pictures and files.
    pub fn media(&self) -> PathBuf {
        self.0.join("media")
    }

    /// What lies beside the databases and folders and belongs to the installation.
    pub fn small_files(&self) -> [PathBuf; 4] {
        [
            "msg-id",
            "keeper.check",
            "server.pub.pem",
            "heliograph.toml",
        ]
        .map(|name| self.0.join(name))
    }

    /// The folder of keys.
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The key under which authorization keys are sealed.
    pub fn seal_key(&self) -> PathBuf {
        self.keys().join("seal.key")
    }

    /// The operator's word that the keys of this database are lost, and with them all sign-ins.
    pub fn forget_sign_ins(&self) -> PathBuf {
        self.0.join("forget-sign-ins")
    }

    /// The keeper's folder, which no other process reads.
    pub fn keeper(&self) -> PathBuf {
        self.keys().join("keeper")
    }

    /// The desk's database.
    pub fn desk_database(&self) -> PathBuf {
        self.0.join("desk.db")
    }

    /// The public log: the files that are served to everyone.
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The key that signs the log.
    pub fn log_key(&self) -> PathBuf {
        self.keys().join("log.key")
    }

    /// The secret from which moderators' keys are made.
    pub fn moderators_key(&self) -> PathBuf {
        self.keys().join("moderators.key")
    }

    /// The local custodian's folder, which no other process reads.
    pub fn custodian(&self) -> PathBuf {
        self.keys().join("custodian")
    }

    /// The server's public key, for everyone.
    pub fn public_key(&self) -> PathBuf {
        self.0.join("server.pub.pem")
    }

    /// The folder of what lives no longer than the process: sockets.
    pub fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    /// The socket that takes the operator's commands.
    pub fn control_socket(&self) -> PathBuf {
        self.run().join("control.sock")
    }

    /// What tells whether the keeper's key is still the same.
    pub fn keeper_check(&self) -> PathBuf {
        self.0.join("keeper.check")
    }

    /// The message id below which none is given out.
    pub fn msg_id_floor(&self) -> PathBuf {
        self.0.join("msg-id")
    }

    /// Where a running server writes its ready line.
    pub fn ready(&self) -> PathBuf {
        self.run().join("ready.json")
    }

    /// Makes the folder where it is missing and takes it for this process alone.
    ///
    /// Its mode is 0700 when it is made; one that is there stays as it is, but `keys/` in it must be
    /// closed to others.
    pub fn lock(&self) -> Result<Locked, SecretsError> {
        make_folder(&self.0)?;
        make_folder(&self.run())?;
        let handle = File::open(&self.0).map_err(io_error(&self.0))?;
        match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Locked { _handle: handle }),
            Err(Errno::WOULDBLOCK) => Err(SecretsError::InUse(self.0.clone())),
            Err(errno) => Err(io_error(&self.0)(errno.into())),
        }
    }
}

/// The data folder is this process's, until this is dropped or the process ends.
pub struct Locked {
    _handle: File,
}

/// The keys of an installation, but for the keeper's. No `Debug`.
pub struct Secrets {
    /// The RSA key by which clients know the server.
    pub server_key: ServerKey,
    /// Seals auth keys in the database.
    pub seal: SealKey,
    /// Seals cloud passwords in the database: the same key, and other associated data.
    pub password_seal: SealKey,
    /// Access hashes are derived from it.
    pub access_hash: Zeroizing<[u8; 32]>,
    /// Server salts are derived from it.
    pub salts: Zeroizing<[u8; 32]>,
    /// The public key as PKCS#1 PEM.
    pub public_pem: String,
}

impl Secrets {
    /// Reads the keys; at the first start it makes them (up to a second, for the RSA key).
    pub fn open(folder: &DataFolder) -> Result<Self, SecretsError> {
        let keys = folder.keys();
        make_folder(&keys)?;
        refuse_exposed(&keys)?;
        // Keys belong to the data: a missing one is made only where there is nothing to lose.
        let first_start = !folder.database().exists();

        let server_key = open_server_key(&keys.join("server.pem"), first_start)?;
        let seal = open_key(&folder.seal_key(), first_start)?;
        let access_hash = open_key(&keys.join("access-hash.key"), first_start)?;
        let salts = open_key(&keys.join("salts.key"), first_start)?;

        let path = folder.public_key();
        let public_pem = server_key
            .public_pem()
            .map_err(|source| SecretsError::ServerKey {
                path: path.clone(),
                source,
            })?;
        if fs::read(&path).ok().as_deref() != Some(public_pem.as_bytes()) {
            replace(&path, 0o644, public_pem.as_bytes())?;
        }
        Ok(Secrets {
            server_key,
            seal: SealKey::new(*seal),
            password_seal: SealKey::new(*seal),
            access_hash,
            salts,
            public_pem,
        })
    }
}

fn open_server_key(path: &Path, first_start: bool) -> Result<ServerKey, SecretsError> {
    let unusable = |source| SecretsError::ServerKey {
        path: path.to_owned(),
        source,
    };
    if let Some(pem) = read(path)? {
        return ServerKey::from_pem(&pem).map_err(unusable);
    }
    if !first_start {
        return Err(SecretsError::Lost(path.to_owned()));
    }
    let key = ServerKey::generate().map_err(unusable)?;
    replace(path, 0o600, &key.private_pem().map_err(unusable)?)?;
    Ok(key)
}

/// A key of 32 bytes in a file of its own.
pub(crate) fn open_key(
    path: &Path,
    first_start: bool,
) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
    if let Some(bytes) = read(path)? {
        let key = <[u8; 32]>::try_from(bytes.as_slice());
        let key = key.map_err(|_| SecretsError::Damaged(path.to_owned()))?;
        return Ok(Zeroizing::new(key));
    }
    if !first_start {
        return Err(SecretsError::Lost(path.to_owned()));
    }
    let key = system::key_from_system().map_err(io_error(path))?;
    replace(path, 0o600, key.as_slice())?;
    Ok(key)
}

fn make_folder(path: &Path) -> Result<(), SecretsError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(io_error(path))
}

fn refuse_exposed(path: &Path) -> Result<(), SecretsError> {
    let mode = fs::metadata(path).map_err(io_error(path))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretsError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
    match fs::read(path) {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            refuse_exposed(path)?;
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path)(error)),
    }
}

/// Replaces a file so that after a crash either the old or the new contents are there whole.
pub fn replace(path: &Path, mode: u32, contents: &[u8]) -> Result<(), SecretsError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let write = || {
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&draft)?;
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        // The folder's entry must last as well.
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(io_error(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    fn folder() -> (TempDir, DataFolder) {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::new(folder.path().join("data"));
        let lock = data.lock().expect("a free folder");
        drop(lock);
        (folder, data)
    }

    fn open(data: &DataFolder) -> Secrets {
        match Secrets::open(data) {
            Ok(secrets) => secrets,
            Err(error) => panic!("{error}"),
        }
    }

    fn refusal(data: &DataFolder) -> String {
        match Secrets::open(data) {
            Ok(_) => panic!("the keys were taken"),
            Err(error) => error.to_string(),
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").mode() & 0o777
    }

    #[test]
    fn the_keys_of_the_first_start_are_those_of_the_second() {
        let (_folder, data) = folder();
        let first = open(&data);
        let second = open(&data);
        assert_eq!(
            first.server_key.fingerprint(),
            second.server_key.fingerprint()
        );
        assert_eq!(first.seal.id(), second.seal.id());
        assert_eq!(*first.access_hash, *second.access_hash);
        assert_eq!(*first.salts, *second.salts);
        assert_ne!(*first.access_hash, *first.salts);
        let public = fs::read_to_string(data.public_key()).expect("a public key");
        assert!(public.starts_with("-----BEGIN RSA PUBLIC KEY-----\n"));
        assert_eq!(public, first.public_pem);
    }

    #[test]
    fn only_the_owner_can_read_the_keys() {
        let (_folder, data) = folder();
        open(&data);
        assert_eq!(mode(data.path()), 0o700);
        assert_eq!(mode(&data.keys()), 0o700);
        for entry in fs::read_dir(data.keys()).expect("a folder") {
            let path = entry.expect("an entry").path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }

    #[test]
    fn keys_that_others_can_read_are_refused() {
        let (_folder, data) = folder();
        open(&data);
        let path = data.keys().join("seal.key");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("it is ours");
        assert!(refusal(&data).contains("chmod go-rwx"));
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("it is ours");
        open(&data);
        fs::set_permissions(data.keys(), PermissionsExt::from_mode(0o750)).expect("it is ours");
        assert!(refusal(&data).contains("mode 750"));
    }

    #[test]
    fn a_key_cut_short_is_refused() {
        let (_folder, data) = folder();
        open(&data);
        fs::write(data.keys().join("salts.key"), [1; 31]).expect("it is ours");
        assert!(refusal(&data).contains("damaged"));
    }

    #[test]
    fn a_key_is_not_made_anew_where_there_is_a_database() {
        for name in ["server.pem", "seal.key", "access-hash.key", "salts.key"] {
            let (_folder, data) = folder();
            open(&data);
            fs::write(data.database(), b"").expect("it is ours");
            open(&data);
            fs::remove_file(data.keys().join(name)).expect("it is there");
            assert!(refusal(&data).contains("Restore"), "{name}");
        }
    }

    #[test]
    fn two_servers_do_not_share_a_data_folder() {
        let (_folder, data) = folder();
        let first = data.lock().expect("a free folder");
        assert!(matches!(data.lock(), Err(SecretsError::InUse(_))));
        drop(first);
        data.lock().expect("it is free again");
    }

    #[test]
    fn a_crash_between_writing_and_renaming_leaves_the_old_file() {
        let (_folder, data) = folder();
        let path = data.path().join("file");
        replace(&path, 0o600, b"old").expect("it is ours");
        fs::write(data.path().join("file.new"), b"half").expect("it is ours");
        assert_eq!(fs::read(&path).expect("a file"), b"old");
        replace(&path, 0o600, b"new").expect("what a crash left is in nobody's way");
        assert_eq!(fs::read(&path).expect("a file"), b"new");
    }
}
