pub(in crate::live) mod child;
pub(in crate::live) mod process_table;
pub(in crate::live) mod processes;
pub(in crate::live) mod supervisor;
