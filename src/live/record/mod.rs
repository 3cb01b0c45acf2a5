pub(in crate::live) mod event_buffer;
pub(in crate::live) mod ipc;
pub(in crate::live) mod recorder;
