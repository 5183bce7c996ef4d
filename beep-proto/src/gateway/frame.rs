//! How frames are read: what is not known is skipped, so that either side may learn new words first.
//!
//! What serde derives takes an unknown `op` only where there is no `d`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{ClientFrame, ServerFrame};
use crate::json;

/// Reads a frame: by `op`, what `d` holds; then those without `d`; then what any other `op` is.
macro_rules! read {
    ($frame:ident { $($op:literal => $variant:ident),+ } { $($bare:literal => $without:ident),+ } $other:expr) => {
        impl<'de> Deserialize<'de> for $frame {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                /// Reads the `d` of this `op`.
                struct Of<'a>(&'a str);
                impl Of<'_> {
                    fn read(self, d: &RawValue) -> Result<$frame, serde_json::Error> {
                        json::read_with(self, d.get())
                    }
                }
                impl<'de> DeserializeSeed<'de> for Of<'_> {
                    type Value = $frame;
                    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<$frame, D::Error> {
                        match self.0 {
                            $($op => Deserialize::deserialize(d).map($frame::$variant),)+
                            $($bare => IgnoredAny::deserialize(d).map(|_| $frame::$without),)+
                            op => IgnoredAny::deserialize(d).and_then(|_| {
                                let other: Option<$frame> = $other;
                                other.ok_or_else(|| D::Error::unknown_variant(op, &[$($op,)+ $($bare),+]))
                            }),
                        }
                    }
                }

                struct Members;
                impl<'de> Visitor<'de> for Members {
                    type Value = $frame;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a frame with `op` and `d`")
                    }
                    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<$frame, A::Error> {
                        let mut op: Option<Cow<'de, str>> = None;
                        let mut early: Option<Box<RawValue>> = None; // a `d` that came before its `op`
                        let mut frame = None;
                        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
                            match (name.as_ref(), &op) {
                                ("op", None) => op = Some(members.next_value()?),
                                ("op", Some(_)) => return Err(A::Error::duplicate_field("op")),
                                ("d", Some(op)) => frame = Some(members.next_value_seed(Of(op))?),
                                ("d", None) => early = Some(members.next_value()?),
                                _ => drop(members.next_value::<IgnoredAny>()?),
                            }
                        }
                        let op = op.ok_or_else(|| A::Error::missing_field("op"))?;
                        match (frame, early) {
                            (Some(frame), _) => Ok(frame),
                            (None, Some(d)) => Of(&op).read(&d).map_err(A::Error::custom),
                            (None, None) => Of(&op).read(RawValue::NULL).map_err(|_| A::Error::missing_field("d")),
                        }
                    }
                }
                deserializer.deserialize_map(Members)
            }
        }
    };
}

read! {
    ClientFrame { "hello" => Hello, "refresh" => Refresh, "focus" => Focus } { "ping" => Ping, "pong" => Pong }
    None
}

read! {
    ServerFrame {
        "ready" => Ready,
        "resumed" => Resumed,
        "caught_up" => CaughtUp,
        "resync_required" => ResyncRequired,
        "event" => Event,
        "error" => Error
    } { "ping" => Ping, "pong" => Pong }
    Some(ServerFrame::Unknown)
}
