//! What can go wrong with the desk's database.

/// Why a call on the desk's database failed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The file was written by a newer version of this program.
    #[error(
        "the desk's database has format {found} and this program knows {known}: use the newer program"
    )]
    NewerFormat {
        /// The format of the file.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The file belongs to another program.
    #[error("the file is a database, but not a desk's")]
    OtherFile,
    /// The case has moved on since it was read: read it again and decide again.
    #[error("the case was changed by someone else in the meantime")]
    Stale,
    /// There is no such row.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The act is not possible any more: what it would do was done before.
    #[error("{0} was done before")]
    Done(&'static str),
    /// A value that may not stand in clear text in the database, or is too long.
    #[error("{0} is not a plain token")]
    NotAToken(&'static str),
    /// A row of the file cannot be understood.
    #[error("the desk's database holds a {0} that cannot be understood")]
    Corrupt(&'static str),
    /// SQLite failed.
    #[error("the desk's database failed: {0}")]
    Engine(#[from] rusqlite::Error),
}
