//! The program that made a run.

use serde::{Deserialize, Serialize};

/// The identity of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The version of the package.
    pub version: String,
    /// The commit that was built, in full; `null` if it was not built from a repository.
    pub commit: Option<String>,
    /// Whether the work tree had no changes when it was built: every file as in the commit, and no file added. `null`
    /// if it was not built from a repository.
    pub is_clean: Option<bool>,
    /// `rustc --version`.
    pub toolchain: String,
    /// `release` or `debug`.
    pub profile: String,
}

impl Code {
    /// This program, as its build script saw it.
    pub fn current() -> Code {
        Code {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("READBACK_COMMIT").map(str::to_owned),
            is_clean: option_env!("READBACK_IS_CLEAN").map(|is_clean| is_clean == "true"),
            toolchain: env!("READBACK_TOOLCHAIN").to_owned(),
            profile: env!("READBACK_PROFILE").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_knows_what_it_was_built_from() {
        let Code { commit, is_clean, toolchain, profile, .. } = Code::current();
        assert_eq!(commit.is_some(), is_clean.is_some());
        if let Some(commit) = commit {
            assert!(commit.len() >= 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{commit}");
        }
        assert!(toolchain.starts_with("rustc 1."), "{toolchain}");
        assert!(["release", "debug"].contains(&profile.as_str()), "{profile}");
    }
}
