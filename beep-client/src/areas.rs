//! A method for every operation, grouped by area, made from the table of operations.
//!
//! `client.messages()` gives [`messages::Calls`], and so on. `events.list` has no method, since [`Client::events`]
//! gives the live stream; [`Client::call`] can still call it.

use beep_proto::operation::{self, Operation};

use crate::client::Client;
use crate::error::Error;

macro_rules! areas {
    ($($area:ident { $($method:ident: $operation:ident),+ $(,)? })+) => { $(
        #[doc = concat!("The operations of [`", stringify!($area), "`](beep_proto::operation::", stringify!($area), ").")]
        pub mod $area {
            use super::{Client, Error, Operation, operation};

            #[doc = concat!("The operations of [`", stringify!($area), "`](beep_proto::operation::", stringify!($area), ").")]
            #[derive(Clone, Debug)]
            pub struct Calls(pub(super) Client);

            impl Calls {
                $(
                    #[doc = concat!(
                        "Asks for [`", stringify!($area), "::", stringify!($operation),
                        "`](beep_proto::operation::", stringify!($area), "::", stringify!($operation), ").",
                    )]
                    ///
                    /// # Errors
                    /// As [`Client::call`].
                    pub fn $method(
                        &self,
                        operation: operation::$area::$operation,
                    ) -> impl Future<Output = Result<<operation::$area::$operation as Operation>::Answer, Error>> + use<>
                    {
                        self.0.call(operation)
                    }
                )+
            }
        }

        impl Client {
            #[doc = concat!("The operations of [`", stringify!($area), "`](beep_proto::operation::", stringify!($area), ").")]
            pub fn $area(&self) -> $area::Calls {
                $area::Calls(self.clone())
            }
        }
    )+ };
}

beep_proto::for_each_call!(areas);
