//! The identity of messages between branches on the network.

use crate::branch::{PeerBody, PeerMessage};
use crate::network::{Identity, Leg};

/// A message's leg, and the identity from which its fate is drawn.
pub fn identify(message: &PeerMessage) -> (Leg, Identity) {
    match &message.body {
        PeerBody::Run(run) => {
            (Leg::Replicate, Identity::Run { origin: run.origin, first: run.first, copy: run.copy })
        }
        PeerBody::Ack(ack) => (Leg::Ack, Identity::Ack { number: ack.number }),
        PeerBody::Ask(ask) => (Leg::Ack, Identity::Ask { number: ask.number }),
        PeerBody::Piece(piece) => (Leg::Replicate, Identity::Piece { number: piece.number }),
    }
}
