//! Tests of the session as a whole: golden scripts, and its mutants one by one.

#[cfg(feature = "mutants")]
mod mutants;
mod script;
