//! Generates the gRPC code from `proto/`, without `protoc`, and records what the program is built from.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use prost::Message;

const ROOT: &str = "proto";
/// `failure.proto` is imported by none of the others: it is sent only as a detail of a status.
const FILES: [&str; 3] =
    ["readback/v1/bank.proto", "readback/v1/replication.proto", "readback/v1/failure.proto"];

/// What reads and writes messages, as generated code names it.
const CODEC: &str = "crate::live::wire::codec::ProstCodec";

/// A message that is written and read by hand, and by what: most of a request and of a reply is one.
const VECTOR: (&str, &str) = (".readback.v1.VersionVector", "crate::live::wire::version::VectorMessage");

/// All that is built; a file that is added here changes the program, one that is added elsewhere does not.
const INPUTS: [&str; 5] = [ROOT, "src", "build.rs", "Cargo.toml", "Cargo.lock"];

fn main() -> Result<(), Box<dyn Error>> {
    rerun_if_changed(INPUTS.map(PathBuf::from));
    generate()?;
    record()
}

fn generate() -> Result<(), Box<dyn Error>> {
    let descriptors = protox::compile(FILES, [ROOT])?;
    // For reflection: `live::wire::DESCRIPTORS`.
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("readback_descriptor.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .codec_path(CODEC)
        .extern_path(VECTOR.0, VECTOR.1)
        .compile_fds(descriptors)?;
    Ok(())
}

/// For `results::Code`. What is unknown is not set.
fn record() -> Result<(), Box<dyn Error>> {
    let toolchain =
        output(Command::new(env::var("RUSTC")?).arg("--version")).ok_or("rustc prints no version")?;
    println!("cargo::rustc-env=READBACK_TOOLCHAIN={toolchain}");
    println!("cargo::rustc-env=READBACK_PROFILE={}", env::var("PROFILE")?);
    if let Some((commit, is_clean)) = commit() {
        println!("cargo::rustc-env=READBACK_COMMIT={commit}");
        println!("cargo::rustc-env=READBACK_IS_CLEAN={is_clean}");
    }
    Ok(())
}

/// The commit, and whether it is what is built. A package that lies within another repository has none.
fn commit() -> Option<(String, bool)> {
    if !Path::new(".git").exists() {
        return None;
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    let mut added = vec!["status", "--porcelain", "--untracked-files=all", "--"];
    added.extend(INPUTS);
    let added = git(&added)?;
    // In a work tree of its own they lie elsewhere; a branch may have no file but a line in `packed-refs`.
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    let places = ["HEAD", "index", "packed-refs"].into_iter().chain(branch.as_deref());
    rerun_if_changed(places.filter_map(|place| git(&["rev-parse", "--git-path", place])).map(PathBuf::from));
    Some((commit, changed.is_empty() && added.is_empty()))
}

/// What git says of this folder. It takes no lock and writes nothing: an index that changed would be a reason to build
/// again.
fn git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    output(git.arg("--no-optional-locks").args(arguments).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE"))
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}

/// Cargo takes a path that does not exist for one that has changed, each time.
fn rerun_if_changed(paths: impl IntoIterator<Item = PathBuf>) {
    for path in paths.into_iter().filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
