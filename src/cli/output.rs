//! Printing: results to standard output, files at once and whole, errors to standard error.

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use tempfile::NamedTempFile;

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}: {source}; {remedy}")]
pub(super) struct FileError {
    path: String,
    problem: &'static str,
    remedy: &'static str,
    source: io::Error,
}

/// Prints a result as it is.
pub(super) fn print(text: &str) -> io::Result<()> {
    print_to(io::stdout().lock(), text)
}

/// Prints a result for people, without its colours unless it goes to a terminal.
pub(super) fn print_styled(text: &str) -> io::Result<()> {
    print_to(anstream::stdout().lock(), text)
}

/// A reader that has seen enough and closed the pipe is no error.
fn print_to(mut stdout: impl Write, text: &str) -> io::Result<()> {
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Prints a line about the run to standard error.
pub(super) fn report(text: &str) {
    anstream::eprintln!("{text}");
}

/// Prints an error with its causes.
pub(super) fn error(error: &dyn Error) {
    let red: Style = AnsiColor::Red.on_default().bold();
    let text = error.to_string();
    anstream::eprintln!("{red}error{red:#}: {text}");
}

/// Reads a file whole; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<String, FileError> {
    let text = if path == Path::new("-") {
        io::read_to_string(io::stdin().lock())
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|source| {
        let remedy = match source.kind() {
            ErrorKind::NotFound => "check the path",
            ErrorKind::InvalidData => "save it as UTF-8",
            _ => "check that it is a readable file",
        };
        FileError { path: path.display().to_string(), problem: "cannot be read", remedy, source }
    })
}

/// Whether a file can be written later, before time is spent on what it will hold.
pub(super) fn check_writable(path: &Path) -> Result<(), FileError> {
    NamedTempFile::new_in(folder_of(path)).map(drop).map_err(|source| unwritable(path, source))
}

/// Writes a file whole or not at all: under another name first, and renamed when complete.
pub(super) fn write(path: &Path, text: &str) -> Result<(), FileError> {
    let written = NamedTempFile::new_in(folder_of(path)).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|error| error.error).map(drop)
    });
    written.map_err(|source| unwritable(path, source))
}

fn folder_of(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

fn unwritable(path: &Path, source: io::Error) -> FileError {
    FileError {
        path: path.display().to_string(),
        problem: "cannot be written",
        remedy: "check that the folder exists and may be written to",
        // The kind alone: the rest names a temporary file.
        source: source.kind().into(),
    }
}
