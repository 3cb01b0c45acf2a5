//! Generates the gRPC code from `proto/`, without `protoc`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use prost::Message;

const ROOT: &str = "proto";
/// `failure.proto` is imported by none of the others: it is sent only as a detail of a status.
const FILES: [&str; 3] =
    ["readback/v1/bank.proto", "readback/v1/replication.proto", "readback/v1/failure.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let descriptors = protox::compile(FILES, [ROOT])?;
    // For reflection: `live::wire::DESCRIPTORS`.
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("readback_descriptor.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
