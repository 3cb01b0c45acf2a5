//! Atomic files: whole or not there. The errors of folders and files.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::difference::{Difference, KeyDifference, first_difference, first_line};
use super::release_1;

/// The version of the meaning of all keys: [`Summary::schema`](super::Summary::schema),
/// [`Manifest::schema`](super::Manifest::schema).
pub const SCHEMA: &str = "readback-summary-2";

/// Behind it is the number of a schema, which is that of the history's version, and the minor number of the releases
/// that read both.
const SCHEMA_NAME: &str = "readback-summary-";

/// Why a folder of results cannot be made, written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It holds something.
    #[error("{}: the folder is not empty; name one that is absent or empty", .0.display())]
    NotEmpty(PathBuf),
    /// It is a file.
    #[error("{}: this is no folder; name one that is absent or empty", .0.display())]
    NotAFolder(PathBuf),
    /// Too many runs began in one second.
    #[error("{}: the folder and those with a number behind it are taken; move some away", .0.display())]
    Taken(PathBuf),
    /// A name that would leave the folder, or that no file can have.
    #[error("`{0}` cannot name a file; use letters, digits and marks such as - _ = . but no slash")]
    Name(String),
    /// There is no such file.
    #[error("{}: there is no such file; {remedy}", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// How to get it.
        remedy: &'static str,
    },
    /// The system refuses to read it.
    #[error("{}: cannot be read: {source}; check that it may be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Its contents are not as this program wrote them.
    #[error("{}: {what}; {remedy}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first fault, with its place.
        what: String,
        /// How to replace it.
        remedy: &'static str,
    },
    /// It belongs elsewhere.
    #[error(
        "{}: `{}` is {}, and its place asks for {}; {remedy}",
        .path.display(), .what.key, .what.found, .what.expected
    )]
    Misplaced {
        /// The file.
        path: PathBuf,
        /// The key that shows it.
        what: KeyDifference,
        /// What to do.
        remedy: &'static str,
    },
    /// A folder among the trials that is none of the run's.
    #[error("{}: manifest.json names no such trial; move it away, or give it its name again", .0.display())]
    Stray(PathBuf),
    /// Another version of the program wrote it.
    #[error(
        "{}: the schema is `{found}`, and this program reads `{SCHEMA}`; {}",
        .path.display(), release(.found)
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: String,
    },
    /// The system refuses to write it.
    #[error("{}: cannot be written: {source}; check that its folder may be written to", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// The release that reads a schema.
fn release(schema: &str) -> String {
    match schema.strip_prefix(SCHEMA_NAME) {
        Some(number) => format!("use readback 0.{number}, or run the experiment again"),
        None => "it is no schema of this program".to_owned(),
    }
}

/// Writes a file whole or not at all: under another name first, and renamed when it is on the disk.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let written = temporary_beside(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error).map(drop)
    });
    // The kind alone: the rest names a temporary file.
    written.map_err(|source| unwritable(path, source.kind().into()))
}

/// As [`write`], in readable JSON. Keys are in the order of the type's fields.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), FolderError> {
    write(path, json(value).as_bytes())
}

pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("results are plain data with keys of text") + "\n"
}

/// As [`write_json`], of a value that follows from other files. Returns the difference from what was saved before, if
/// that is readable and has another value, or is no such value at all.
pub(super) fn replace_json<T: Serialize + DeserializeOwned>(
    path: &Path,
    value: &T,
) -> Result<Option<Difference>, FolderError> {
    let before = saved(path)?.and_then(|text| {
        let parsed = serde_json::from_slice::<T>(&text).and_then(|_| serde_json::from_slice::<Value>(&text));
        let expected = serde_json::to_value(value).expect("results are plain data with keys of text");
        match parsed {
            Ok(found) => first_difference(&found, &expected).map(|what| Difference::new(path, what)),
            Err(error) => Some(Difference::new(path, error)),
        }
    });
    write_json(path, value)?;
    Ok(before)
}

/// As [`write`], of bytes that follow from other files. Returns the difference from what was saved before.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<Option<Difference>, FolderError> {
    let before = saved(path)?.filter(|saved| saved != bytes).map(|saved| {
        let texts = (str::from_utf8(&saved), str::from_utf8(bytes));
        let line = if let (Ok(found), Ok(expected)) = texts { first_line(found, expected) } else { None };
        Difference::new(path, line.unwrap_or_else(|| "its bytes were others".to_owned()))
    });
    write(path, bytes)?;
    Ok(before)
}

/// A file as it was saved; `None` if there is none.
fn saved(path: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FolderError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Refuses a file whose key does not have the value that its place asks for.
pub(super) fn check_place(
    path: &Path,
    key: &str,
    found: &str,
    expected: &str,
    remedy: &'static str,
) -> Result<(), FolderError> {
    if found == expected {
        return Ok(());
    }
    let [found, expected] = [found, expected].map(|text| format!("`{text}`"));
    let what = KeyDifference { key: key.to_owned(), found, expected };
    Err(FolderError::Misplaced { path: path.to_owned(), what, remedy })
}

/// Reads a whole file. The remedy says how to get a missing one.
pub(super) fn read(path: &Path, remedy: &'static str) -> Result<Vec<u8>, FolderError> {
    fs::read(path).map_err(|source| unreadable(path, source, remedy))
}

pub(super) fn read_text(path: &Path, remedy: &'static str) -> Result<String, FolderError> {
    String::from_utf8(read(path, remedy)?).map_err(|_| damaged(path, "it is not UTF-8", remedy))
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path, remedy: &'static str) -> Result<T, FolderError> {
    let text = read_text(path, remedy)?;
    serde_json::from_str(&text).map_err(|error| damaged(path, error, remedy))
}

/// Reads a file that names its schema: today's, or that of release 0.1. Another schema is an error of its own, and not
/// an unknown key.
pub(super) fn read_json_of_schema<T: DeserializeOwned>(
    path: &Path,
    remedy: &'static str,
) -> Result<T, FolderError> {
    #[derive(serde::Deserialize)]
    struct Named {
        schema: String,
    }
    let Named { schema } = read_json(path, remedy)?;
    if schema == release_1::SCHEMA {
        let upgraded = release_1::upgrade(read_json(path, remedy)?);
        return serde_json::from_value(upgraded).map_err(|error| damaged(path, error, remedy));
    }
    if schema != SCHEMA {
        return Err(FolderError::Schema { path: path.to_owned(), found: schema });
    }
    read_json(path, remedy)
}

pub(super) fn open(path: &Path, remedy: &'static str) -> Result<File, FolderError> {
    File::open(path).map_err(|source| unreadable(path, source, remedy))
}

pub(super) fn make_folder(path: &Path) -> Result<(), FolderError> {
    fs::create_dir_all(path).map_err(|source| unwritable(path, source))
}

/// A name that is one file or folder, whatever it is joined to: names come from experiments and manifests.
pub(super) fn checked_name(name: &str) -> Result<&str, FolderError> {
    let strange = |c: char| c.is_control() || c == '/' || c == '\\';
    let fits = !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && !name.contains(strange);
    fits.then_some(name).ok_or_else(|| FolderError::Name(name.to_owned()))
}

pub(super) fn damaged(path: &Path, what: impl ToString, remedy: &'static str) -> FolderError {
    FolderError::Damaged { path: path.to_owned(), what: what.to_string(), remedy }
}

pub(super) fn unwritable(path: &Path, source: io::Error) -> FolderError {
    FolderError::Unwritable { path: path.to_owned(), source }
}

fn unreadable(path: &Path, source: io::Error, remedy: &'static str) -> FolderError {
    match source.kind() {
        ErrorKind::NotFound => FolderError::Missing { path: path.to_owned(), remedy },
        _ => FolderError::Unreadable { path: path.to_owned(), source },
    }
}

/// A temporary file as readable as any file of this user; the default would be the owner alone.
#[cfg(unix)]
fn temporary_beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;

    let permissions = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(permissions).tempfile_in(folder_of(path))
}

#[cfg(not(unix))]
fn temporary_beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().expect("a file of results is in a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_file() {
        let long = "x".repeat(201);
        let rows = [
            ("quickstart", true),
            ("wait.delay_ms=0.5 r1", true),
            ("", false),
            (".", false),
            ("..", false),
            (".hidden", false),
            ("a/b", false),
            ("a\\b", false),
            ("a\nb", false),
            (&long, false),
        ];
        for (name, fits) in rows {
            assert_eq!(checked_name(name).is_ok(), fits, "{name:?}");
        }
    }

    #[test]
    fn a_file_that_is_written_again_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_error_of_a_file_that_cannot_be_written_has_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("summary.json");
        let expected = "cannot be written: entity not found; check that its folder may be written to";
        assert_eq!(write(&path, b"").unwrap_err().to_string(), format!("{}: {expected}", path.display()));
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_they_may_read_of_any_file() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        let [plain, whole] = ["plain", "whole"].map(|name| folder.path().join(name));
        File::create(&plain).unwrap();
        write(&whole, b"").unwrap();
        assert_eq!(mode(&plain), mode(&whole));
    }
}
