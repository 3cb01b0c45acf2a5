//! Messages to bytes and back, faster than by tonic's own codec.
//!
//! prost reads and writes a message byte by byte through [`Buf`] and [`BufMut`]. Over tonic's buffers each of those
//! steps is a call with checks of its own; over a slice and a vector it is a few instructions. A message with three
//! vector entries has some thirty of them. So a message is read from the one piece in which it has arrived, and
//! written where it is copied from at once. And tonic gives each message 8 KiB to begin with, which is more than an
//! allocator hands out quickly; most of ours have a hundred bytes or two, and the others grow.

use std::marker::PhantomData;

use prost::Message;
use prost::bytes::{Buf, BufMut};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Bytes that a message has room for at first.
const ROOM: usize = 512;

/// Bytes of a stream's messages that go out together at most, tonic's own number.
const TOGETHER_MAX: usize = 32 << 10;

/// The codec of the generated code: `build.rs` names it. Public, so that a floor can be measured with it.
pub struct ProstCodec<T, U>(PhantomData<fn() -> (T, U)>);

pub struct ToBytes<T>(PhantomData<fn() -> T>);

pub struct FromBytes<U>(PhantomData<fn() -> U>);

impl<T, U> Default for ProstCodec<T, U> {
    fn default() -> ProstCodec<T, U> {
        ProstCodec(PhantomData)
    }
}

impl<T, U> Codec for ProstCodec<T, U>
where
    T: Message + 'static,
    U: Message + Default + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ToBytes<T>;
    type Decoder = FromBytes<U>;

    fn encoder(&mut self) -> ToBytes<T> {
        ToBytes(PhantomData)
    }

    fn decoder(&mut self) -> FromBytes<U> {
        FromBytes(PhantomData)
    }
}

impl<T: Message> Encoder for ToBytes<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let mut room = [0; ROOM];
        let mut left = room.as_mut_slice();
        match message.encode(&mut left) {
            Ok(()) => {
                let length = ROOM - left.len();
                buffer.put_slice(&room[..length]);
            }
            // There is not enough room.
            Err(_) => buffer.put_slice(&message.encode_to_vec()),
        }
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffer_settings()
    }
}

impl<U: Message + Default> Decoder for FromBytes<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let length = buffer.remaining();
        let message = if buffer.chunk().len() == length {
            let message = U::decode(buffer.chunk());
            buffer.advance(length);
            message
        } else {
            U::decode(buffer)
        };
        message.map(Some).map_err(|error| Status::internal(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffer_settings()
    }
}

fn buffer_settings() -> BufferSettings {
    BufferSettings::new(ROOM, TOGETHER_MAX)
}
