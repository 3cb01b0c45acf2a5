//! The live substrate: branches and customers that talk gRPC in real time.
//!
//! | file | what |
//! |---|---|
//! | `wire` | the messages, and their conversion to and from the words of `model` and `branch` |
//! | `status` | errors as gRPC statuses with typed details, and back |

pub mod status;
pub mod wire;
