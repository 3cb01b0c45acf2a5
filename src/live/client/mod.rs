pub(in crate::live) mod bank_client;
pub(in crate::live) mod blocking;
pub(in crate::live) mod customer;
